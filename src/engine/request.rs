//! A call that requests a change, as it waits for its turn.

use std::sync::Arc;

use super::group_commit::Grouped;
use crate::model::change_id::ChangeId;
use crate::model::error::{Error, Outcome, Result};
use crate::model::position::Position;
use crate::model::{Answer, Command};

/// A call that requests a change.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) command: Command,
    /// The number of keys in it.
    pub(crate) keys: u64,
    /// The position at which the store must be.
    pub(crate) position: Option<Position>,
    /// Whether the change is only decided and not made.
    pub(crate) dry_run: bool,
}

/// The result for a caller: the answer, and the change if one was made.
pub(crate) type Answered = Result<(Answer, Option<ChangeId>)>;

impl Grouped for Arc<Request> {
    /// A call counts one, in addition to its keys.
    fn weight(&self) -> u64 {
        self.keys.saturating_add(1)
    }

    fn is_alone(&self) -> bool {
        let shares = self.position.is_none() && self.command.shares_group();
        !self.dry_run && !shares
    }
}

/// The error of a call whose leader panicked.
pub(super) fn abandoned() -> Error {
    let source = "a panic in the thread that made the change".into();
    Error::State { outcome: Outcome::Unknown, source }
}
