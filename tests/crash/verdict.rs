//! The state of a store after a crash.

use std::fmt;

use viewlink::{Snapshot, Store};

use crate::content;
use crate::history::{History, State};
use crate::setup::Setup;

/// Why a store is wrong.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It cannot be opened, so everything is lost.
    Refused(String),
    /// An acknowledged change is missing, or cannot be read.
    Lost(String),
    /// There is content that never existed.
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

/// The findings about a correct store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Right {
    pub(crate) revision: u64,
    /// The number of changes that have their original position.
    pub(crate) positions: u64,
}

/// Compares the whole content of a store with the expected one, by snapshots in both directions and by a feed.
///
/// Acknowledged changes up to `at_least` must be there. Each later one must be complete or absent.
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

/// A revision in the middle of the kept ones, and the oldest one, have their old content.
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

/// The newest changes are all there, as many as the options keep, and each is the requested one.
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

/// A feed returns the changes of the journal, ends at the revision of the snapshot, and has the old positions.
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
