//! From what a crash left to an open store.
//!
//! The state starts where the last checkpoint, or the database's own closing, left it, and takes
//! the rest from the journal. Nothing is written to a file before all of it is known to be
//! readable, and nothing is shown before all of it is durable.
//!
//! A store that is only read takes the same way and stops before the first write: the state's stay
//! in memory, and no journal is started.

use std::iter::Peekable;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::directory::{Directory, state_file};
use super::replay::{recall, replay};
use super::writer::Writer;
use super::{Open, SharedDisk};
use crate::change::ChangeRecord;
use crate::journal::{Journal, Reader, Segments, survey};
use crate::model::error::{Error, Result, StoreFile};
use crate::model::time::Timestamp;
use crate::options::{Options, RecoveryProgress};
use crate::storage::{Head, State, StateOptions, Tail, contain, met_in_files};
use crate::trace::{self, Recovered};

/// How many keys are changed in one transaction of a replay, but for the last change in it.
const KEYS_AT_ONCE: u64 = 1_000;

/// How many times as many changes of backlinks are folded with them, when enough of them wait.
const FOLDED_FASTER: usize = 4;

/// Opens the files of a store and brings the state up to date.
///
/// Cost: O(changes since the last checkpoint, and since the first whose backlinks wait).
pub(super) fn open(directory: &Directory, options: &Options) -> Result<(Open, Writer)> {
    let (begun, _span) = (Instant::now(), trace::recovery());
    let disk = directory.disk();
    let state = open_state(disk, options).map_err(|error| directory.or_taken(error))?;
    let segments = Arc::new(Segments::open(Arc::clone(disk), state.store_id())?);
    let opened_at = state.opened_at();
    let found = survey(&segments, opened_at.revision)?;
    recall_tail(&state, &segments)?;
    let start_journal = || {
        if options.read_only {
            return Ok(None);
        }
        let base_time = time_of(&segments, found.proven, opened_at)?;
        let segments = Arc::clone(&segments);
        let journal = Journal::start(segments, &found, base_time, options.segment_size)?;
        state.admit()?;
        Ok(Some(journal))
    };
    let (head, journal) = bring_up_to_date(&state, &segments, found.head, options, start_journal)?;
    let open = Open { state, segments };
    let mut writer = Writer::new(journal, head.time);
    writer.gauges.set_checkpoint_revision(opened_at.revision);
    let is_ahead = head.revision > opened_at.revision || open.state.was_upgraded();
    if is_ahead && !options.read_only {
        let done = writer.checkpoint(&open, options);
        // A segment that cannot be removed hinders nothing.
        if writer.check().is_err() {
            done.map_err(met_in_files)?;
        }
    }
    trace::recovered(&Recovered {
        state_revision: opened_at.revision,
        revision: head.revision,
        rewritten: if options.read_only { 0 } else { found.rewritten() },
        cut_bytes: found.cut_bytes,
        duration: begun.elapsed(),
    });
    Ok((open, writer))
}

/// Gives the state the changes of backlinks that are not in its posting lists.
fn recall_tail(state: &State, segments: &Arc<Segments>) -> Result<()> {
    let head = state.opened_at();
    let mut tail = Tail::default();
    let missing = |error| match error {
        Error::JournalTrimmed { requested, .. } => {
            let detail = format!("segments are missing: the state needs change {requested}");
            Error::damaged(StoreFile::Journal, "journal", detail)
        }
        other => other,
    };
    let from = head.unfolded_from();
    for change in Reader::new(Arc::clone(segments), from, head.revision).map_err(missing)? {
        let (revision, payload) = change.map_err(missing)?;
        recall(&mut tail, revision, &payload)?;
    }
    state.set_tail(tail);
    Ok(())
}

/// The time of a change that the journal or the state knows.
fn time_of(segments: &Arc<Segments>, revision: u64, state: Head) -> Result<Timestamp> {
    if revision <= state.revision {
        return Ok(state.time);
    }
    match Reader::new(Arc::clone(segments), revision, revision)?.next() {
        Some(change) => Ok(ChangeRecord::decode(revision, &change?.1)?.time),
        None => Ok(state.time),
    }
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
///
/// The journal is started when all is replayed, so that a change that cannot be leaves the files
/// as they were. Where the writes held back until then take more memory than the cache may, it is
/// started before: only then may they reach the file, since the database makes them durable when
/// it is dropped, and the state must not be ahead of the journal (invariant 4).
fn bring_up_to_date(
    state: &State,
    segments: &Arc<Segments>,
    end: u64,
    options: &Options,
    start_journal: impl Fn() -> Result<Option<Journal>>,
) -> Result<(Head, Option<Journal>)> {
    let start = state.opened_at();
    let mut changes = Reader::new(Arc::clone(segments), start.revision + 1, end)?.peekable();
    let mut head = start;
    let mut journal = None;
    while changes.peek().is_some() {
        if journal.is_none() && state.held_bytes() > options.cache_size {
            journal = start_journal()?;
        }
        head = contain(|| replay_some(state, &mut changes, options)).map_err(met_in_files)?;
        let (done, total) = (head.revision - start.revision, end - start.revision);
        contain(|| {
            (options.on_recovery)(RecoveryProgress::Replaying { done, total });
            Ok(())
        })?;
    }
    if head.revision != end {
        let detail = format!("the state is at {}, past its end", head.revision);
        return Err(Error::damaged(StoreFile::Journal, "journal", detail));
    }
    let journal = if journal.is_none() { start_journal()? } else { journal };
    Ok((head, journal))
}

/// Replays the next changes in one transaction; tells where the state stands then.
fn replay_some(state: &State, changes: &mut Peekable<Reader>, options: &Options) -> Result<Head> {
    let transaction = state.begin()?;
    let mut tables = transaction.tables()?;
    let mut keys = 0;
    while keys < KEYS_AT_ONCE
        && let Some(change) = changes.next()
    {
        let (revision, payload) = change?;
        keys += replay(&mut tables, revision, &payload)?;
    }
    if options.read_only {
        // Blocks would stay in memory as the tail does, and no later opening would have them.
    } else if options.tail_changes == 0 {
        tables.fold_all()?;
    } else if tables.is_fold_due(options.tail_changes) {
        tables.fold(usize::try_from(keys).unwrap_or(usize::MAX).saturating_mul(FOLDED_FASTER))?;
    }
    let head = tables.head();
    let finished = tables.finish()?;
    transaction.commit(finished)?;
    Ok(head)
}
