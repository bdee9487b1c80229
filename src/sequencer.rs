//! An order of changes that several stores share: for packages that replicate a store over a log.
//!
//! A store by itself gives its changes their order. With a [`Sequencer`] ([`Options::sequencer`]) it is a copy of a
//! state that others change, too: something outside orders the changes of all copies, and every copy makes the same
//! ones. The package `viewlink-cluster` does that over a replicated log; nobody else needs this module.
//!
//! - Each group of changes that a store decides is [proposed](Sequencer::propose) with the [place](At) it was decided
//!   at, before it is made. It takes effect if and only if no other one took effect since: the changes hold there only.
//!   If others came first, the store makes their changes and decides the same calls again.
//! - A call that would change nothing, or is refused, is proposed as well, as a group without changes. So what every
//!   caller hears is true at one moment between call and answer, whatever other copies do.
//! - What other copies did is [pulled](Sequencer::next), by every proposal and by [`Store::follow`], checked against the
//!   state, and kept in the journal with the [`Mark`] of how far the order was followed.
//! - Reads, snapshots, dry runs, checkpoints, copies, figures and [`verify`](crate::Store::verify) never wait for the
//!   order. Dry runs are decided against what readers see.
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

/// Gives the changes of several stores one order.
///
/// A store calls it from one thread at a time, never while it holds a lock that its readers wait for. It must not call
/// the store.
pub trait Sequencer: Debug + Send + Sync {
    /// The group that comes after `at` in the order, if it has arrived; `None` if nothing has. Does not wait for any.
    ///
    /// `at` is the place after the group that was given last; or the place before it, and then the same group is given again;
    /// or any earlier place, at any time: then the order is read again from its mark on.
    ///
    /// # Errors
    ///
    /// Why what comes next cannot be given; the store stays as it is, and asks again.
    fn next(&self, at: At) -> Result<Option<LoggedGroup>>;

    /// Proposes changes that were decided at `at`, and waits for the result.
    fn propose(&self, at: At, proposal: Proposal<'_>) -> Proposed;
}

/// Where a store stands in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The changes it has.
    pub position: Position,
    /// The mark of their last group; empty if there was none.
    pub mark: Mark,
}

/// A group of changes that took its place in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedGroup {
    /// The position at which it was decided.
    pub base: Position,
    /// The changes as they were proposed; not empty.
    pub changes: Vec<Vec<u8>>,
    /// Its mark; not empty.
    pub mark: Mark,
}

/// A group of changes that asks for its place in the order.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// The changes as the journal keeps them. If there are none, the only question is whether the place is still the
    /// newest one.
    pub changes: &'a [Vec<u8>],
    /// How often the same calls were void before.
    pub voids: u32,
    /// Since when their callers wait.
    pub since: Instant,
}

/// The result of a [proposal](Sequencer::propose).
#[derive(Debug)]
#[must_use]
pub enum Proposed {
    /// It has its place, right after where it was decided, and every copy makes these changes.
    Took {
        /// Its mark; not empty, but where there were no changes.
        mark: Mark,
    },
    /// Others came first, whose changes [`next`](Sequencer::next) gives; it never takes effect.
    Void,
    /// It did not get its place, or that is not known. The store stays writable, and what was proposed may come with
    /// [`next`](Sequencer::next).
    Failed {
        /// [`NotApplied`](Outcome::NotApplied) or [`Unknown`](Outcome::Unknown).
        outcome: Outcome,
        /// What failed.
        source: Box<dyn StdError + Send + Sync>,
    },
}
