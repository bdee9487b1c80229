//! Asks the source on a thread of its own, so that the screen answers keys while a store is read.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::screen::{Answer, Question};
use super::source::Source;
use crate::error::{Error, Result};

/// How long after one look the next one comes.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread, by what goes in and what comes out.
pub(super) struct Worker {
    pub(super) questions: Sender<Question>,
    pub(super) answers: Receiver<Answer>,
}

impl Worker {
    /// Starts it. It ends with the answer under way when it is dropped.
    pub(super) fn start(source: Box<dyn Source>) -> Result<Self> {
        let ((questions, asked), (told, answers)) = (channel(), channel());
        let work = move || work(source, &asked, &told);
        thread::Builder::new()
            .name("source".into())
            .spawn(work)
            .map_err(|source| Error::Read { what: "a store on a thread".to_owned(), source })?;
        Ok(Self { questions, answers })
    }
}

fn work(mut source: Box<dyn Source>, asked: &Receiver<Question>, told: &Sender<Answer>) {
    let words = |error: Error| error.chain();
    loop {
        let answer = match asked.recv_timeout(INTERVAL) {
            Ok(Question::Resources(of)) => {
                let result = source.resources(&of).map_err(words);
                Answer::Resources(of, result)
            }
            Ok(Question::Find(text)) => {
                let result = source.find(&text).map_err(words);
                Answer::Found(text, result)
            }
            Err(RecvTimeoutError::Timeout) => Answer::Look(source.look().map_err(words)),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if told.send(answer).is_err() {
            return;
        }
    }
}
