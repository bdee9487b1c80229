//! Checking a store at rest: the tables, the journal, and one against the other.

use std::sync::Arc;

use super::Open;
use super::replay::replay;
use crate::disk::{Disk, MemoryDisk};
use crate::journal::{Reader, Segments};
use crate::model::Change;
use crate::model::error::{Error, Result};
use crate::model::time::Timestamp;
use crate::storage::{ReadTables, State, StateOptions, contain, met_in_files};
use crate::verify::{Counts, Findings, Verification};

/// Memory for pages of the state that the journal is replayed into.
const REPLAY_CACHE: usize = 64 << 20;

/// Checks invariants 1 to 5 and 9.
///
/// Cost: O(n · log n) in time with n rows, links and changes kept; in memory that of
/// [`ReadTables::check`], and O(n) where the journal reaches back to the first change and is replayed.
///
/// `journal_head` is the newest change of the journal; `at_rest` says that the state should be
/// there, too, which after a failure it need not.
pub(super) fn verify(open: &Open, journal_head: u64, at_rest: bool) -> Result<Verification> {
    let mut found = Findings::default();
    let mut counts = Counts::default();
    let checked = contain(|| {
        let tables = open.state.read()?;
        counts.revision = tables.head().revision;
        counts.oldest_kept = open.segments.oldest().unwrap_or(counts.revision + 1);
        if journal_head < counts.revision || (at_rest && journal_head > counts.revision) {
            let detail = format!("it ends at {journal_head}, the state at {}", counts.revision);
            found.add(4, "journal", detail);
        }
        let needed = tables.head().unfolded_from().min(counts.revision + 1);
        if counts.oldest_kept > needed {
            let detail = format!("change {needed}, which is not folded, is gone");
            found.add(4, "journal", detail);
        }
        tables.check(&mut counts, &mut found)?;
        check_journal(open, &tables, &mut counts, &mut found)
    });
    // What ends the checks early is a finding as well, unless the disk cannot be read.
    found.damage(1, checked.map_err(met_in_files))?;
    Ok(found.into_verification(counts))
}

/// Checks that the journal has every revision up to the state's, and leads to the state.
fn check_journal(
    open: &Open,
    tables: &ReadTables,
    counts: &mut Counts,
    found: &mut Findings,
) -> Result<()> {
    let mut time = Timestamp::default();
    let mut readable = true;
    for change in changes(&open.segments, counts)? {
        let change = change.and_then(|(revision, payload)| Change::from_record(revision, &payload));
        match found.damage(4, change)? {
            Some(change) => {
                if change.time < time {
                    let place = format!("change {}", change.revision);
                    found.add(4, place, "it is older than the one before it");
                }
                time = change.time;
            }
            None => readable = false,
        }
    }
    if readable && counts.oldest_kept == 1 {
        check_replay(open, tables, counts, found)?;
        counts.replayed = true;
    }
    Ok(())
}

/// Replays the whole journal into memory and compares (invariant 5).
fn check_replay(
    open: &Open,
    tables: &ReadTables,
    counts: &Counts,
    found: &mut Findings,
) -> Result<()> {
    let memory = MemoryDisk::default();
    let memory_failed = |source| Error::io("replay the journal in memory", source);
    let options = StateOptions::new(REPLAY_CACHE);
    State::create(
        memory.create("state").map_err(memory_failed)?,
        open.segments.store_id(),
        options,
    )?;
    let state = State::open(memory.open("state").map_err(memory_failed)?, options, |_| {})?;
    state.admit()?;
    let transaction = state.begin()?;
    let mut replayed = transaction.tables()?;
    for change in changes(&open.segments, counts)? {
        let (revision, payload) = change?;
        if found.damage(5, replay(&mut replayed, revision, &payload))?.is_none() {
            return Ok(());
        }
    }
    replayed.fold_all()?;
    let finished = replayed.finish()?;
    transaction.commit(finished)?;
    tables.check_same(&*state.read()?, found)
}

fn changes(segments: &Arc<Segments>, counts: &Counts) -> Result<Reader> {
    Reader::new(Arc::clone(segments), counts.oldest_kept, counts.revision)
}
