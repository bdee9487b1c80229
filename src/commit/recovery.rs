//! From what a crash left to an open store.
//!
//! The state starts where the last checkpoint, or the database's own closing, left it, and takes
//! the rest from the journal. Nothing is written to a file before all of it is known to be
//! readable, and nothing is shown before all of it is durable.

use std::iter::Peekable;
use std::sync::{Arc, Mutex, PoisonError};

use super::directory::state_file;
use super::replay::replay;
use super::writer::Writer;
use super::{Open, SharedDisk};
use crate::error::{Error, Result};
use crate::journal::{Journal, Reader, Segments, survey};
use crate::options::{Options, RecoveryProgress};
use crate::storage::{Head, State, StateOptions, contain, met_in_files};

/// How many changes are taken from the journal in one transaction.
const CHANGES_AT_ONCE: usize = 1_000;

/// Opens the files of a store and brings the state up to date.
///
/// Cost: O(changes since the last checkpoint).
pub(super) fn open(disk: &SharedDisk, options: &Options) -> Result<(Open, Writer)> {
    let state = open_state(disk, options)?;
    let segments = Arc::new(Segments::open(Arc::clone(disk), state.store_id())?);
    let opened_at = state.opened_at();
    let found = survey(&segments, opened_at.revision)?;
    let head = bring_up_to_date(&state, &segments, found.head, options)?;
    let journal = Journal::start(Arc::clone(&segments), &found, head.time, options.segment_size)?;
    state.admit()?;
    let open = Open { state, segments };
    let mut writer = Writer::new(journal, head.time);
    if head.revision > opened_at.revision {
        let done = writer.checkpoint(&open, options);
        // A segment that cannot be removed hinders nothing.
        if writer.check().is_err() {
            done.map_err(met_in_files)?;
        }
    }
    Ok((open, writer))
}

fn open_state(disk: &SharedDisk, options: &Options) -> Result<State> {
    let callback = Arc::clone(&options.on_recovery);
    let panicked = Arc::new(Mutex::new(None));
    let failure = Arc::clone(&panicked);
    // A panic of the callback is not to pass for one of the database over a damaged file.
    let repairing = move |fraction| {
        let told = contain(|| {
            callback(RecoveryProgress::Repairing { fraction });
            Ok(())
        });
        if let Err(error) = told {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    };
    let state = State::open(state_file(disk)?, StateOptions::from(options), repairing)?;
    let failure = panicked.lock().unwrap_or_else(PoisonError::into_inner).take();
    failure.map_or(Ok(state), Err)
}

/// Replays the journal from the state's revision to `end`; tells where the state stands then.
fn bring_up_to_date(
    state: &State,
    segments: &Arc<Segments>,
    end: u64,
    options: &Options,
) -> Result<Head> {
    let start = state.opened_at();
    let mut changes = Reader::new(Arc::clone(segments), start.revision + 1, end)?.peekable();
    let mut head = start;
    while changes.peek().is_some() {
        head = contain(|| replay_some(state, &mut changes)).map_err(met_in_files)?;
        let (done, total) = (head.revision - start.revision, end - start.revision);
        contain(|| {
            (options.on_recovery)(RecoveryProgress::Replaying { done, total });
            Ok(())
        })?;
    }
    if head.revision == end {
        Ok(head)
    } else {
        Err(Error::damaged("journal", format!("the state is at {}, past its end", head.revision)))
    }
}

/// Replays the next changes in one transaction; tells where the state stands then.
fn replay_some(state: &State, changes: &mut Peekable<Reader>) -> Result<Head> {
    let transaction = state.begin()?;
    let mut tables = transaction.tables()?;
    for change in changes.take(CHANGES_AT_ONCE) {
        let (revision, payload) = change?;
        replay(&mut tables, revision, &payload)?;
    }
    let head = tables.head();
    tables.finish()?;
    transaction.commit()?;
    Ok(head)
}
