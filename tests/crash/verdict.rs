//! What became of a store in a crash.

use std::fmt;

use viewlink::{Snapshot, Store};

use crate::content;
use crate::history::{History, State};
use crate::setup::Setup;

/// Why a store is not what it should be.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It cannot be opened, so that all of it is lost.
    Refused(String),
    /// Something acknowledged is not there, or cannot be read.
    Lost(String),
    /// Something is there that never was so.
    Torn(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(how) => write!(f, "refused: {how}"),
            Self::Lost(how) => write!(f, "lost: {how}"),
            Self::Torn(how) => write!(f, "torn: {how}"),
        }
    }
}

/// What was found of a store that is right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Right {
    pub(crate) revision: u64,
    /// How many changes have the position that they had when they were made.
    pub(crate) positions: u64,
}

/// Compares all that a store shows with what it should show, by snapshots in both directions and by a feed.
///
/// What had been acknowledged up to `at_least` must be there, and the rest be whole or absent.
pub(crate) fn judge(
    store: &Store,
    history: &History,
    at_least: u64,
    setup: Setup,
) -> Result<Right, Verdict> {
    let snapshot = store.snapshot().map_err(unreadable)?;
    let revision = snapshot.revision();
    if revision < at_least {
        return Err(Verdict::Lost(format!("revision {revision}, {at_least} was acknowledged")));
    }
    let Some(expected) = history.at(revision) else {
        return Err(Verdict::Torn(format!("revision {revision} was never asked for")));
    };
    let found = content::lines(&snapshot).map_err(unreadable)?;
    if found != expected.lines {
        return Err(Verdict::Torn(first_difference(&found, &expected.lines)));
    }
    let kept = content::journal(&snapshot).map_err(unreadable)?;
    check_journal(&kept, history, revision, setup)?;
    check_past(store, history, (revision, kept.len() as u64))?;
    let positions = check_feed(store, &kept, history, &snapshot)?;
    let verification = store.verify().map_err(unreadable)?;
    if !verification.is_clean() {
        return Err(Verdict::Torn(verification.to_string()));
    }
    Ok(Right { revision, positions })
}

fn unreadable(error: viewlink::Error) -> Verdict {
    Verdict::Lost(format!("cannot be read: {error:?}"))
}

/// A revision in the middle of those that are kept, and the oldest one, are seen as they were.
fn check_past(store: &Store, history: &History, (newest, kept): (u64, u64)) -> Result<(), Verdict> {
    let oldest = newest + 1 - kept;
    for revision in [newest - kept / 2, oldest.min(newest)] {
        let Some(expected) = history.at(revision) else { continue };
        let then = store.snapshot_at(revision).map_err(unreadable)?;
        let found = content::lines(&then).map_err(unreadable)?;
        if found != expected.lines {
            return Err(Verdict::Torn(first_difference(&found, &expected.lines)));
        }
    }
    Ok(())
}

/// The newest changes are all there, as many as the options keep, and each is what was asked for.
fn check_journal(
    kept: &[String],
    history: &History,
    revision: u64,
    setup: Setup,
) -> Result<(), Verdict> {
    let wanted = setup.keep.unwrap_or(u64::MAX).min(revision);
    if (kept.len() as u64) < wanted {
        return Err(Verdict::Lost(format!("{} changes of {wanted} are kept", kept.len())));
    }
    let oldest = revision + 1 - kept.len() as u64;
    for (line, number) in kept.iter().zip(oldest..) {
        let expected = history.at(number).map_or("none", |state| &state.change);
        if line != expected {
            return Err(Verdict::Torn(format!("{line:?} and not {expected:?}")));
        }
    }
    Ok(())
}

/// A feed gives what the journal keeps and ends where the snapshot stands, and each position is that of before.
fn check_feed(
    store: &Store,
    kept: &[String],
    history: &History,
    snapshot: &Snapshot,
) -> Result<u64, Verdict> {
    let after = snapshot.revision() - kept.len() as u64;
    let (changes, end) = content::feed(store, after).map_err(unreadable)?;
    let lines: Vec<String> = changes.iter().map(content::change_line).collect();
    if lines != kept {
        return Err(Verdict::Torn(format!("a feed differs: {}", first_difference(&lines, kept))));
    }
    if end != snapshot.position() {
        return Err(Verdict::Torn(format!("a feed ends at {end}, not {}", snapshot.position())));
    }
    let places = changes.iter().map(|change| change.position).chain([end]);
    let mut compared = 0;
    for place in places {
        let before = history.at(place.revision()).and_then(State::position);
        if before.is_some_and(|before| before != place) {
            return Err(Verdict::Torn(format!("it stands at {place} and stood at {before:?}")));
        }
        compared += u64::from(before.is_some());
    }
    Ok(compared)
}

fn first_difference(found: &[String], expected: &[String]) -> String {
    let (there, missing) = (missing_in(found, expected), missing_in(expected, found));
    format!("{there:?} and not {missing:?}")
}

fn missing_in<'a>(lines: &'a [String], others: &[String]) -> Option<&'a String> {
    lines.iter().find(|line| !others.contains(line))
}
