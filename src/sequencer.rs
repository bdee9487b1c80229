//! An order of changes that several stores share: for packages that replicate a store over a log.
//!
//! A single store orders its changes itself. With a [`Sequencer`] ([`Options::sequencer`]) it is a copy of a state
//! that other stores change, too. An external component orders the changes of all copies, and every copy makes the
//! same changes. The package `viewlink-cluster` does that over a replicated log; only such packages need this module.
//!
//! - Before a group of changes is made, the store [proposes](Sequencer::propose) it with the [place](At) at which it
//!   was decided. It takes effect if and only if no other group took effect in between, because the changes are valid
//!   only there. If other groups came first, the store applies their changes and decides the same calls again.
//! - A call that would change nothing, or is refused, is proposed as well, as a group without changes. So the answer
//!   of every call is true at some moment during the call, whatever other copies do.
//! - Changes of other copies are [fetched](Sequencer::next) by every proposal and by [`Store::follow`]. They are
//!   checked against the state, and stored in the journal with the [`Mark`], which says how far the order was
//!   followed.
//! - Reads, snapshots, dry runs, checkpoints, copies, figures and [`verify`](crate::Store::verify) never wait for the
//!   order. Dry runs are decided on the state that readers see.
//!
//! [`Options::sequencer`]: crate::Options::sequencer
//! [`Store::follow`]: crate::Store::follow

use std::error::Error as StdError;
use std::fmt::Debug;
use std::time::Instant;

use crate::model::error::Result;
pub use crate::model::mark::{MAX_MARK_LEN, Mark};
use crate::model::outcome::Outcome;
use crate::model::position::Position;

/// Orders the changes of several stores.
///
/// A store calls it from one thread at a time, and never while it holds a lock that its readers wait for. It must not
/// call the store.
pub trait Sequencer: Debug + Send + Sync {
    /// The group after `at` in the order, if it has arrived; `None` otherwise. This does not wait.
    ///
    /// Usually `at` is the place after the group that was returned last. It may also be the place before that group;
    /// then the same group is returned again. It may be any earlier place, at any time; then the order is read again
    /// from its mark on.
    ///
    /// # Errors
    ///
    /// The reason why the next group cannot be returned. The store does not change, and calls again.
    fn next(&self, at: At) -> Result<Option<LoggedGroup>>;

    /// Proposes changes that were decided at `at`, and waits for the result.
    fn propose(&self, at: At, proposal: Proposal<'_>) -> Proposed;
}

/// The place of a store in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The changes it has.
    pub position: Position,
    /// The mark of their last group; empty if there was none.
    pub mark: Mark,
}

/// A group of changes that has its place in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedGroup {
    /// The position at which it was decided.
    pub base: Position,
    /// The changes as they were proposed; not empty.
    pub changes: Vec<Vec<u8>>,
    /// Its mark; not empty.
    pub mark: Mark,
}

/// A group of changes that is proposed for a place in the order.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// The changes as the journal stores them. If there are none, the proposal only asks whether the place is still
    /// the newest one.
    pub changes: &'a [Vec<u8>],
    /// How often proposals of the same calls were void before.
    pub voids: u32,
    /// Since when the callers wait.
    pub since: Instant,
}

/// The result of a [proposal](Sequencer::propose).
#[derive(Debug)]
#[must_use]
pub enum Proposed {
    /// It has its place, directly after the place where it was decided, and every copy makes these changes.
    Took {
        /// Its mark; not empty, except if there were no changes.
        mark: Mark,
    },
    /// Other groups came first; [`next`](Sequencer::next) returns them. This group never takes effect.
    Void,
    /// It did not get its place, or this is unknown. The store stays writable, and [`next`](Sequencer::next) may
    /// return the group later.
    Failed {
        /// [`NotApplied`](Outcome::NotApplied) or [`Unknown`](Outcome::Unknown).
        outcome: Outcome,
        /// What failed.
        source: Box<dyn StdError + Send + Sync>,
    },
}
