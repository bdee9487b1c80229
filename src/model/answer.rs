//! The result of deciding a command.

use super::change::ChangedLinks;
use super::change_id::ChangeId;
use super::change_record::{ChangeRecord, RemovedCounts};
use super::key_outcome::KeyOutcome;
use super::link_result::LinkResult;
use super::project_info::ProjectInfo;
use super::reverted::RevertResult;
use super::type_counts::TypeCounts;
use super::view::View;

/// The result of deciding a command: the answer to its caller, and the change if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) answer: Answer,
    pub(crate) change: Option<ChangeRecord>,
}

/// The answer to the caller of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The view as it is after the command.
    View(View),
    ViewDeleted {
        /// How many links of each type were removed with the view.
        unlinked: TypeCounts,
        followed: Vec<ChangedLinks>,
    },
    /// The result of each batch.
    Links(Vec<LinkResult>),
    Put {
        /// The result of each resource.
        outcomes: Vec<KeyOutcome>,
        followed: Vec<ChangedLinks>,
    },
    Removed(RemovedCounts),
    /// The project as it is after the command.
    Project(ProjectInfo),
    ProjectDeleted {
        views: u64,
        unlinked: TypeCounts,
    },
    /// The result of reverting a change.
    Reverted(RevertResult),
    /// The outcome of the links that a standing filter holds, or held, for each resource in key order. It includes the
    /// effects on other filters.
    Filter(LinkResult),
}

impl Answer {
    /// The answer when the change is made: a view contains its id.
    pub(crate) fn made_by(self, change: ChangeId) -> Self {
        match self {
            Self::View(view) => Self::View(View { change, ..view }),
            other => other,
        }
    }

    /// The decision that nothing changes.
    pub(crate) const fn unchanged(self) -> Decision {
        Decision { answer: self, change: None }
    }
}
