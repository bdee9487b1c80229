//! What a batch is to do with its keys.

use super::outcome::{Action, FailureReason, KeyOutcome};
use super::screen::Screened;
use crate::filter::ResourceFilter;
use crate::options::LinkPolicy;

/// What a batch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To link the keys to the view.
    Link,
    /// To unlink them from it.
    Unlink,
    /// To link them and to unlink the others of their type.
    Replace,
}

impl Aim {
    pub(crate) const fn action(self) -> Action {
        match self {
            Self::Link => Action::Link,
            Self::Unlink => Action::Unlink,
            Self::Replace => Action::Replace,
        }
    }
}

/// What a caller chose that is not so by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// What a batch asks for, its keys screened.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) aim: Aim,
    pub(crate) screened: Screened,
    pub(crate) filter: Option<ResourceFilter>,
    pub(crate) choices: Choices,
    pub(crate) policy: LinkPolicy,
    /// How many keys and further resources there may be, less than 2^32.
    pub(crate) limit: usize,
}

impl Job {
    /// The outcome of a valid key: what is done, or that it is so already.
    pub(crate) const fn outcome(&self, changed: bool) -> KeyOutcome {
        let Choices { ignore_missing, refuse_existing, .. } = self.choices;
        match (self.aim, changed) {
            (Aim::Link | Aim::Replace, true) => KeyOutcome::Linked,
            (Aim::Link, false) if refuse_existing => {
                KeyOutcome::Failed(FailureReason::AlreadyLinked)
            }
            (Aim::Link | Aim::Replace, false) => KeyOutcome::AlreadyLinked,
            (Aim::Unlink, true) => KeyOutcome::Unlinked,
            (Aim::Unlink, false) if ignore_missing => KeyOutcome::NotLinked,
            (Aim::Unlink, false) => KeyOutcome::Failed(FailureReason::NotLinked),
        }
    }
}
