//! A store under load.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use viewlink::{Error, Outcome, Result, Store};

use crate::history::{PROJECT, Writer};
use crate::setup::Setup;
use crate::task::{Message, causes};

/// The pause before a failed step is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Makes changes from several threads, and reports each. It does not end on its own.
///
/// # Errors
///
/// If the reader of the reports is gone.
pub fn load(root: &Path, setup: &Setup, seed: u64, changes: &[usize]) -> io::Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let writers = changes.iter().enumerate();
    let mut writers: Vec<Writer> =
        writers.map(|(number, changes)| Writer::after(number, *changes)).collect();
    loop {
        match setup.open(root) {
            Ok(store) => {
                Message::Opened.tell()?;
                use_store(&store, &mut writers, &mut random)?;
                // Otherwise it is dropped.
                if random.bool() {
                    tell_failure("close", store.close())?;
                }
            }
            Err(error) => tell_failure("open", Err(error))?,
        }
    }
}

/// Writes to a store for some time, and recovers it when it stops.
fn use_store(store: &Store, writers: &mut [Writer], random: &mut fastrand::Rng) -> io::Result<()> {
    for _ in 0..random.usize(1..4) {
        if let Err(error) = find(store, writers) {
            return tell_failure("read", Err(error));
        }
        let is_stopped = write(store, writers, random.usize(5..120))?;
        if random.u8(0..4) == 0 {
            tell_failure("checkpoint", store.checkpoint())?;
        }
        if is_stopped {
            match store.recover() {
                Ok(()) => Message::Opened.tell()?,
                Err(error) => return tell_failure("recover", Err(error)),
            }
        }
    }
    Ok(())
}

/// Advances the writers to the state of the store: it may have one more change than a writer knows of.
fn find(store: &Store, writers: &mut [Writer]) -> Result<()> {
    let snapshot = store.snapshot()?;
    for writer in writers {
        let mut found = writer.clone();
        // A missing change shows in the check, and in the next failure.
        if found.find(&snapshot, writer.changes() + 1)? {
            *writer = found;
        }
    }
    Ok(())
}

/// Lets each writer make some changes; returns whether the store stopped one.
fn write(store: &Store, writers: &mut [Writer], changes: usize) -> io::Result<bool> {
    thread::scope(|scope| {
        let threads: Vec<_> = writers
            .iter_mut()
            .map(|writer| scope.spawn(move || write_some(store, writer, changes)))
            .collect();
        let mut is_stopped = false;
        for thread in threads {
            let joined = thread.join();
            is_stopped |= joined.unwrap_or_else(|_| Err(io::Error::other("a writer panicked")))?;
        }
        Ok(is_stopped)
    })
}

fn write_some(store: &Store, writer: &mut Writer, changes: usize) -> io::Result<bool> {
    for _ in 0..changes {
        match make(store, writer) {
            Ok(revision) => {
                let (writer, change) = (writer.number(), writer.changes());
                let revision = revision.unwrap_or(0);
                Message::Acknowledged { writer, change, revision }.tell()?;
            }
            Err(error) => {
                let (writer, change) = (writer.number(), writer.changes());
                let not_applied = error.outcome() == Outcome::NotApplied;
                Message::Refused { writer, change, not_applied, error: causes(&error) }.tell()?;
                if !not_applied || matches!(error, Error::WritesStopped { .. }) {
                    return Ok(true);
                }
                thread::sleep(PAUSE);
                continue;
            }
        }
        writer.advance();
    }
    Ok(false)
}

fn make(store: &Store, writer: &Writer) -> Result<Option<u64>> {
    let project = store.project(PROJECT)?;
    if writer.changes() == 0 {
        writer.begin(&project)?;
    }
    writer.make(&project)
}

fn tell_failure(what: &str, done: Result<()>) -> io::Result<()> {
    if let Err(error) = done {
        Message::failed(what, &error).tell()?;
        thread::sleep(PAUSE);
    }
    Ok(())
}
