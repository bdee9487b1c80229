//! A batch as a command.

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::key::{MAX_KEY_LEN, ViewKey};
use super::key_outcome::{Action, FailureReason, KeyOutcome};
use super::link_policy::LinkPolicy;
use super::resource_filter::ResourceFilter;
use super::validated_batch::ValidatedBatch;

/// The action of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LinkOp {
    /// To link the keys to the view.
    Link,
    /// To unlink them from it.
    Unlink,
    /// To link them and to unlink the others of their type.
    Replace,
    /// To unlink them from it and to link them to another view.
    Move,
}

impl LinkOp {
    pub(crate) const fn action(self) -> Action {
        match self {
            Self::Link => Action::Link,
            Self::Unlink => Action::Unlink,
            Self::Replace => Action::Replace,
            Self::Move => Action::Move,
        }
    }

    /// Whether it works on the resources that are linked to the view, rather than on those to be linked.
    pub(crate) const fn selects_linked(self) -> bool {
        matches!(self, Self::Unlink | Self::Move)
    }
}

/// Choices of a caller that are off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choices {
    /// A missing link is not a failure of an unlink.
    pub(crate) ignore_missing: bool,
    /// An existing link is a failure of a link.
    pub(crate) refuse_existing: bool,
    /// The report names only the keys that failed.
    pub(crate) failures_only: bool,
    /// A resource stays in the last view it is in.
    pub(crate) keep_last_view: bool,
}

/// The request of a batch, its keys validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkCommand {
    pub(crate) view: ViewKey,
    pub(crate) op: LinkOp,
    pub(crate) batch: ValidatedBatch,
    pub(crate) filter: Option<ResourceFilter>,
    pub(crate) choices: Choices,
    pub(crate) policy: LinkPolicy,
    /// The greatest number of keys and further resources, less than 2^32.
    pub(crate) limit: usize,
}

impl LinkCommand {
    /// A command with the keys of a batch validated; its comment and actor are those of the change.
    ///
    /// `environment_limit` is the greatest length of an environment id to be linked; `limit` is the value of the field
    /// [`limit`](Self::limit).
    pub(crate) fn new(
        view: ViewKey,
        op: LinkOp,
        batch: Batch,
        policy: LinkPolicy,
        environment_limit: usize,
        limit: usize,
    ) -> Self {
        // A key that was linked under another limit can still be unlinked.
        let environment_limit = if op.selects_linked() { MAX_KEY_LEN } else { environment_limit };
        let Batch { keys, filter, choices, meta: _ } = batch;
        let batch = ValidatedBatch::new(keys, environment_limit);
        Self { view, op, batch, filter, choices, policy, limit }
    }

    /// The outcome of a valid key: changed, or already so.
    pub(crate) const fn outcome(&self, changed: bool) -> KeyOutcome {
        let Choices { ignore_missing, refuse_existing, .. } = self.choices;
        match (self.op, changed) {
            (LinkOp::Link | LinkOp::Replace, true) => KeyOutcome::Linked,
            (LinkOp::Link, false) if refuse_existing => {
                KeyOutcome::Failed(FailureReason::AlreadyLinked)
            }
            (LinkOp::Link | LinkOp::Replace, false) => KeyOutcome::AlreadyLinked,
            (LinkOp::Unlink, true) => KeyOutcome::Unlinked,
            (LinkOp::Move, true) => KeyOutcome::Moved,
            (LinkOp::Unlink | LinkOp::Move, false) if ignore_missing => KeyOutcome::NotLinked,
            (LinkOp::Unlink | LinkOp::Move, false) => KeyOutcome::Failed(FailureReason::NotLinked),
        }
    }
}
