//! Checking a store while it is in use: the state, the checkpoint and the journal, and whether they fit each other.

use std::sync::Arc;

use super::live::Open;
use super::recovery::Replay;
use super::{Engine, checkpoint_file};
use crate::checkpoint::{self, Checkpoint};
use crate::journal::{Kept, Reader};
use crate::model::ChangeRecord;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::time::Timestamp;
use crate::parallel::Threads;
use crate::state::{Digest, State, Violation};
use crate::verify::{Counts, Findings, Verification};

/// The numbers of the invariants about files; the state has the numbers of its own invariants.
const CHECKPOINT: u8 = 7;
const JOURNAL: u8 = 8;
const REPLAY: u8 = 9;

impl Engine {
    /// Checks all invariants on a snapshot. This delays no change.
    ///
    /// Cost: O(n log n) in time with the size of the state and of the journal; in memory one or two times the state.
    pub(crate) fn verify(&self) -> Result<Verification> {
        // This comes first, so that the journal from the checkpoint on is kept.
        let kept = Kept::new(self.with_open(|open| Ok(Arc::clone(&open.segments)))?);
        let file = checkpoint_file::open(self.directory.disk())?;
        let (open, _guard) = self.snapshot()?;
        let digest = open.state.digest_on(Threads::all_cores())?;
        let mut found = Findings::default();
        let mut counts = counts_of(&open.state);
        counts.oldest_kept = kept.oldest().min(counts.revision.saturating_add(1));
        check_state(&open.state, &mut found);
        let loaded = checkpoint::load(file, self.directory.path(), Threads::all_cores(), None);
        if let Some(loaded) = found.damage(CHECKPOINT, loaded.map_err(no_checkpoint))? {
            if loaded.identity != open.identity {
                found.add(CHECKPOINT, checkpoint_file::NAME, "it belongs to another store");
            }
            let Checkpoint { hash, mark, state, .. } = loaded;
            let replay = Replay { state, hash, mark, bytes: 0 };
            check_replay((&open, &digest), replay, "the checkpoint", &mut found)?;
        }
        let readable = check_journal(&open, &counts, &mut found)?;
        if readable && counts.oldest_kept == 1 {
            let (state, hash, mark) = Default::default();
            let replay = Replay { state, hash, mark, bytes: 0 };
            check_replay((&open, &digest), replay, "nothing", &mut found)?;
            counts.replayed = true;
        }
        Ok(found.into_verification(counts))
    }
}

fn counts_of(state: &State) -> Counts {
    let mut counts = Counts { revision: state.head().revision, ..Counts::default() };
    for project in state.parts() {
        counts.projects += 1;
        counts.resources += project.registered_counts();
        for view in project.views() {
            counts.views += 1;
            counts.links += view.counts();
        }
    }
    counts
}

/// Checks the invariants of the state.
fn check_state(state: &State, found: &mut Findings) {
    for checked in [state.check(), state.check_followed()] {
        if let Err(Violation { invariant, place, detail }) = checked {
            found.add(invariant, place, detail);
        }
    }
}

/// Checks that the journal has every change from the oldest one that is kept up to the state; returns whether all
/// could be read.
fn check_journal(open: &Open, counts: &Counts, found: &mut Findings) -> Result<bool> {
    let mut time = Timestamp::default();
    let reader = Reader::new(Arc::clone(&open.segments), counts.oldest_kept, counts.revision)?;
    for change in reader {
        let change = change.and_then(|(_, payload)| ChangeRecord::decode(&payload));
        let Some(ChangeRecord { stamp, .. }) = found.damage(JOURNAL, change)? else {
            return Ok(false);
        };
        if stamp.time < time {
            let place = format!("change {}", stamp.revision);
            found.add(JOURNAL, place, "it is older than the one before it");
        }
        time = stamp.time;
    }
    Ok(true)
}

/// Replays the journal onto an older state and compares the result with the state that readers see, given by its
/// digest.
fn check_replay(
    (open, digest): (&Open, &Digest),
    mut replay: Replay,
    from: &str,
    found: &mut Findings,
) -> Result<()> {
    let end = open.state.head().revision;
    if replay.state.head().revision > end {
        // The snapshot was taken after the file was opened.
        found.add(CHECKPOINT, checkpoint_file::NAME, "it is ahead of the state");
        return Ok(());
    }
    let place = format!("the changes from {from} on");
    let replayed =
        replay.run(&open.segments, end, &|_| Ok(())).map_err(|error| not_kept(&place, error));
    if found.damage(REPLAY, replayed)?.is_none() {
        return Ok(());
    }
    if replay.hash != open.hash {
        found.add(REPLAY, place, "their chain hash is not that of the state");
    } else if replay.mark != open.mark {
        found.add(REPLAY, place, "their mark is not that of the state");
    } else if replay.state.digest_on(Threads::all_cores())? != *digest {
        found.add(REPLAY, place, "they do not lead to the state");
    }
    Ok(())
}

/// If there is no valid checkpoint, the store is damaged.
fn no_checkpoint(error: Error) -> Error {
    let damaged = |detail| Error::damaged(StoreFile::State, checkpoint_file::NAME, detail);
    match error {
        Error::NotAStore { reason, .. } => damaged(reason),
        Error::NewerFormat { .. } => damaged(error.to_string()),
        other => other,
    }
}

/// If changes are missing that the journal should keep, the store is damaged.
fn not_kept(place: &str, error: Error) -> Error {
    match error {
        Error::JournalTrimmed { .. } => {
            Error::damaged(StoreFile::Journal, place, "the journal does not keep them")
        }
        other => other,
    }
}
