//! What a caller requests, as plain data.

use std::collections::BTreeMap;

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
    /// The maximum number of removed names that a change keeps for restoring them.
    pub(crate) removal_detail: usize,
    /// The maximum number of keys, together with the links that standing filters make and remove.
    pub(crate) link_limit: usize,
    pub(crate) operation: Operation,
}

/// What must be true for a command to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Precondition {
    /// The revision that the store must have.
    pub(crate) store_at: Option<u64>,
    /// The revision that the view of the command must have.
    pub(crate) view_at: Option<u64>,
    /// The last change of the view of the command.
    pub(crate) view_changed_by: Option<ChangeId>,
}

impl Precondition {
    /// Whether it compares a view.
    pub(crate) const fn is_of_view(&self) -> bool {
        self.view_at.is_some() || self.view_changed_by.is_some()
    }
}

/// The requested operation.
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
        /// The greatest number of keys and further resources in all of them together.
        limit: usize,
    },
    PutResources(ValidatedPut),
    /// Registers new resources, and links them to views; each view is named once.
    Register {
        put: ValidatedPut,
        views: Vec<ViewKey>,
        /// The greatest number of links.
        limit: usize,
    },
    RemoveResource(Resource),
    RemoveEnvironment(EnvironmentId),
    DeleteProject,
    PutProject {
        patch: ProjectPatch,
        /// Whether a missing project is created (true), or is an error (false).
        begins: bool,
        limits: Limits,
    },
    /// Reverts an earlier change.
    Revert {
        change: Box<ChangeRecord>,
        /// The views of the change that still have their keys, with their ids. If a key is missing here, its view was
        /// deleted or renamed, and another view may have the key now.
        same_views: BTreeMap<ViewKey, u32>,
        policy: LinkPolicy,
    },
    /// Sets the fields and links of a view to earlier ones.
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
        /// The changed fields of the copy.
        patch: ViewPatch,
        limits: Limits,
        /// The greatest number of links.
        limit: usize,
    },
    /// Moves links to another view: each command names the view that has them.
    MoveLinks {
        commands: Vec<LinkCommand>,
        to: ViewKey,
        /// The greatest number of keys and further resources in all of them together.
        limit: usize,
    },
    /// Sets or replaces the filter that a view follows.
    Follow {
        view: ViewKey,
        resource_type: ResourceType,
        filter: ResourceFilter,
    },
    /// Ends the filter that a view follows.
    Unfollow {
        view: ViewKey,
        resource_type: ResourceType,
        unfollow: Unfollow,
    },
}

impl Command {
    /// Refuses a command that compares the revision of a view but is not about exactly one view.
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

    /// Whether it may share a group: only if it names its keys, since commands before it in the group may have changed
    /// which keys are linked.
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
