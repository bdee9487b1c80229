//! What a caller asks for, as plain data.

use serde::{Deserialize, Serialize};

use super::change_id::ChangeId;
use super::change_meta::ChangeMeta;
use super::change_record::{ChangeRecord, ViewDetail};
use super::error::{Error, Result};
use super::key::{EnvironmentId, ProjectKey, ViewKey};
use super::limit::Limits;
use super::link_command::{LinkCommand, LinkOp};
use super::link_policy::LinkPolicy;
use super::project_settings::ProjectPatch;
use super::resource::{Resource, ResourceType};
use super::resource_filter::ResourceFilter;
use super::unfollow::Unfollow;
use super::validated_put::ValidatedPut;
use super::view::{ViewFields, ViewPatch};

/// A request for one change of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Command {
    pub(crate) project: ProjectKey,
    pub(crate) precondition: Precondition,
    pub(crate) meta: ChangeMeta,
    /// Up to how many names a removal keeps what undoing it needs.
    pub(crate) removal_detail: usize,
    /// How many keys, and links that standing filters make and remove, there may be.
    pub(crate) link_limit: usize,
    pub(crate) operation: Operation,
}

/// What must hold for a command to be carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Precondition {
    /// The revision at which the store must stand.
    pub(crate) store_at: Option<u64>,
    /// The revision at which the view of the command must stand.
    pub(crate) view_at: Option<u64>,
    /// The last change of the view of the command.
    pub(crate) view_changed_by: Option<ChangeId>,
}

impl Precondition {
    /// Whether it is about a view.
    pub(crate) const fn is_of_view(&self) -> bool {
        self.view_at.is_some() || self.view_changed_by.is_some()
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Operation {
    CreateView {
        view: ViewKey,
        fields: ViewFields,
        /// If the view exists: return it (true), or fail (false).
        ensure: bool,
    },
    UpdateView {
        view: ViewKey,
        patch: ViewPatch,
        limits: Limits,
    },
    DeleteView {
        view: ViewKey,
    },
    /// Links and unlinks over several views and types, in order.
    ChangeLinks {
        commands: Vec<LinkCommand>,
        /// How many keys and further resources there may be in all of them.
        limit: usize,
    },
    PutResources(ValidatedPut),
    /// Registers new resources, and links them to views, each of which is named once.
    Register {
        put: ValidatedPut,
        views: Vec<ViewKey>,
        /// How many links there may be.
        limit: usize,
    },
    RemoveResource(Resource),
    RemoveEnvironment(EnvironmentId),
    DeleteProject,
    PutProject {
        patch: ProjectPatch,
        /// Whether a project that is not there begins (true), or is an error (false).
        begins: bool,
        limits: Limits,
    },
    /// Takes a change back that was made before.
    Revert {
        change: Box<ChangeRecord>,
        policy: LinkPolicy,
    },
    /// Makes the fields and links of a view what they were.
    RevertView {
        view: Box<ViewDetail>,
        policy: LinkPolicy,
    },
    RenameView {
        view: ViewKey,
        to: ViewKey,
    },
    CopyView {
        view: ViewKey,
        to: ViewKey,
        /// What is said of the copy otherwise.
        patch: ViewPatch,
        limits: Limits,
        /// How many links there may be.
        limit: usize,
    },
    /// Moves links to another view: each command is of the view that has them.
    MoveLinks {
        commands: Vec<LinkCommand>,
        to: ViewKey,
        /// How many keys and further resources there may be in all of them.
        limit: usize,
    },
    /// Lets a view follow a filter, in place of the one that it follows.
    Follow {
        view: ViewKey,
        resource_type: ResourceType,
        filter: ResourceFilter,
    },
    /// Lets a view follow no filter any more.
    Unfollow {
        view: ViewKey,
        resource_type: ResourceType,
        unfollow: Unfollow,
    },
}

impl Command {
    /// Refuses a command that is about no single view, whose revision was to be compared.
    ///
    /// # Errors
    ///
    /// [`Error::NoSingleView`].
    pub(crate) fn check_view(&self) -> Result<()> {
        let single = match &self.operation {
            Operation::UpdateView { .. }
            | Operation::DeleteView { .. }
            | Operation::RevertView { .. }
            | Operation::RenameView { .. }
            | Operation::CopyView { .. }
            | Operation::Follow { .. }
            | Operation::Unfollow { .. } => true,
            Operation::ChangeLinks { commands, .. } => commands.len() == 1,
            _ => false,
        };
        if single || !self.precondition.is_of_view() { Ok(()) } else { Err(Error::NoSingleView) }
    }

    /// Whether it may share a group: it only asks whether keys are linked to views, which those before it in
    /// the group may have changed.
    pub(crate) fn shares_group(&self) -> bool {
        let by_key = |command: &LinkCommand| {
            command.op != LinkOp::Replace
                && command.filter.is_none()
                && !command.choices.keep_last_view
                && !command.batch.has_ids()
        };
        match &self.operation {
            Operation::ChangeLinks { commands, .. } => {
                self.precondition == Precondition::default() && commands.iter().all(by_key)
            }
            _ => false,
        }
    }
}
