//! Asks the source in its own thread, so that the screen handles keys while a store is read.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::screen::{Answer, Question};
use super::source::Source;
use crate::error::{Error, Result};

/// The interval between two reads.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread, with its questions and answers.
pub(super) struct Worker {
    pub(super) questions: Sender<Question>,
    pub(super) answers: Receiver<Answer>,
}

impl Worker {
    /// Starts the thread. When this value is dropped, the thread ends after its current answer.
    pub(super) fn start(source: Box<dyn Source>) -> Result<Self> {
        let ((questions, asked), (answer_sender, answers)) = (channel(), channel());
        let work = move || work(source, &asked, &answer_sender);
        thread::Builder::new()
            .name("source".into())
            .spawn(work)
            .map_err(|source| Error::Read { what: "a store on a thread".to_owned(), source })?;
        Ok(Self { questions, answers })
    }
}

fn work(mut source: Box<dyn Source>, asked: &Receiver<Question>, answers: &Sender<Answer>) {
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
        if answers.send(answer).is_err() {
            return;
        }
    }
}
