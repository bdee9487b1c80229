//! What a batch is to do with its keys.

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::key::{MAX_KEY_LEN, ViewKey};
use super::key_outcome::{Action, FailureReason, KeyOutcome};
use super::link_policy::LinkPolicy;
use super::resource_filter::ResourceFilter;
use super::validated_batch::ValidatedBatch;

/// What a batch is for.
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

    /// Whether it is about what is linked to the view, and not about what is to be.
    pub(crate) const fn takes_out(self) -> bool {
        matches!(self, Self::Unlink | Self::Move)
    }
}

/// What a caller chose that is not so by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choices {
    /// A link that is missing is no failure of an unlink.
    pub(crate) ignore_missing: bool,
    /// A link that is there is a failure of a link.
    pub(crate) refuse_existing: bool,
    /// The report names the keys that failed and no others.
    pub(crate) failures_only: bool,
    /// A resource stays in the last view it is in.
    pub(crate) keep_last_view: bool,
}

/// What a batch asks for, its keys validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkCommand {
    pub(crate) view: ViewKey,
    pub(crate) op: LinkOp,
    pub(crate) batch: ValidatedBatch,
    pub(crate) filter: Option<ResourceFilter>,
    pub(crate) choices: Choices,
    pub(crate) policy: LinkPolicy,
    /// How many keys and further resources there may be, less than 2^32.
    pub(crate) limit: usize,
}

impl LinkCommand {
    /// A command with the keys of a batch validated; its comment and actor are those of the change.
    ///
    /// `environment_limit` is the greatest length of an environment id to be linked; `limit` that of
    /// [`limit`](Self::limit).
    pub(crate) fn new(
        view: ViewKey,
        op: LinkOp,
        batch: Batch,
        policy: LinkPolicy,
        environment_limit: usize,
        limit: usize,
    ) -> Self {
        // What was linked under another limit can still be unlinked.
        let environment_limit = if op.takes_out() { MAX_KEY_LEN } else { environment_limit };
        let Batch { keys, filter, choices, meta: _ } = batch;
        let batch = ValidatedBatch::new(keys, environment_limit);
        Self { view, op, batch, filter, choices, policy, limit }
    }

    /// The outcome of a valid key: what is done, or that it is so already.
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
