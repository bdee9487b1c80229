//! A live display of a store in the terminal.
//!
//! | module | purpose |
//! | --- | --- |
//! | `picture` | the data of the display |
//! | `source` | reading the data: `store_source` from a directory, `host_source` with `http` and `figures` from a host |
//! | `screen` | the selection, and the effects of keys |
//! | `draw` | the appearance |
//! | `worker`, `terminal`, `signals` | the thread that reads, the terminal, and signals that end the display |

mod draw;
mod figures;
mod host_source;
mod http;
mod picture;
mod screen;
mod signals;
mod source;
mod store_source;
mod terminal;
mod worker;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use clap::Args;
use ratatui::crossterm::event::{self, Event, KeyEventKind};

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;
use draw::{Theme, draw};
use screen::{Answer, Screen, Step};
use signals::Signals;
use terminal::Taken;
use worker::Worker;

pub(crate) use http::HostError;

const HELP: &str = "\
Examples:
  viewlink top views.viewlink
  viewlink top http://127.0.0.1:8080 --api-key-file key.txt
  VIEWLINK_API_KEY=$(cat key.txt) viewlink top http://127.0.0.1:8080

While a host has the store open, give the URL of the host. Press ? for the keys, q to quit. Nothing is changed.
NO_COLOR=1 turns colours off.";

/// Watch a store in the terminal: projects, views by size, new changes
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct TopArguments {
    /// The directory of a store, or the URL of the host that has it open, such as `http://127.0.0.1:8080`
    #[arg(value_name = "STORE|URL")]
    named: String,

    /// A file with an API key of the host. If it is a keys file of the host, the first key is used. Without this option
    /// the key is read from the environment variable `VIEWLINK_API_KEY`
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

/// How long to wait for a key before checking for answers.
const TICK: Duration = Duration::from_millis(50);

pub(crate) fn run(arguments: &TopArguments, output: &Output) -> Result<Exit> {
    if output.is_json() {
        return Err(Error::Usage(
            "`viewlink top` prints no JSON: use `viewlink stats --json` and `viewlink log --json`",
        ));
    }
    terminal::check()?;
    let mut source = source::open(&arguments.named, arguments.api_key_file.as_deref())?;
    let spinner = progress::spinner("reading", output.is_quiet());
    // The source is opened before the terminal is changed, so that an error is printed like any other.
    let first = source.look();
    spinner.finish_and_clear();
    let mut screen = Screen::new(arguments.named.clone());
    screen.take(Answer::Look(Ok(first?)));
    let worker = Worker::start(source)?;
    let signals = Signals::receive()?;
    let mut taken = Taken::take()?;
    show(&mut taken, &mut screen, &worker, &signals)?;
    drop(taken);
    signals.end()?;
    Ok(Exit::Done)
}

/// Shows the display until the user quits, or a signal ends it.
fn show(taken: &mut Taken, screen: &mut Screen, worker: &Worker, signals: &Signals) -> Result<()> {
    let (theme, mut changed) = (Theme::of_environment(), true);
    while !signals.any() {
        if changed {
            let drawn = taken.terminal().draw(|frame| draw(frame, screen, theme));
            drawn.map_err(Error::Terminal)?;
        }
        changed = take_answers(screen, worker)?;
        if event::poll(TICK).map_err(Error::Terminal)? {
            changed = true;
            match event::read().map_err(Error::Terminal)? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match screen.press(key) {
                    Step::Stay => {}
                    Step::Ask(question) => ask(worker, question)?,
                    Step::Quit => return Ok(()),
                },
                _ => {}
            }
        }
    }
    Ok(())
}

/// Processes the answers of the source; returns whether there were any.
fn take_answers(screen: &mut Screen, worker: &Worker) -> Result<bool> {
    let mut changed = false;
    loop {
        match worker.answers.try_recv() {
            Ok(answer) => {
                changed = true;
                if let Some(question) = screen.take(answer) {
                    ask(worker, question)?;
                }
            }
            Err(TryRecvError::Empty) => return Ok(changed),
            Err(TryRecvError::Disconnected) => return Err(Error::ReaderLost),
        }
    }
}

fn ask(worker: &Worker, question: screen::Question) -> Result<()> {
    worker.questions.send(question).map_err(|_| Error::ReaderLost)
}
