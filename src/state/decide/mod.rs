//! Deciding a command: computing its answer and its change. It reads the state and changes nothing.
//!
//! A dry run is a decision that is dropped. A command that fails leaves no trace.

mod copying;
mod derivation;
mod follow;
mod link_edit;
mod link_hold;
mod link_move;
mod link_place;
mod link_plan;
mod links;
mod links_to_restore;
mod pending;
mod project;
mod registration;
mod removal;
mod resources;
mod revert;
mod revert_view;
mod settling;
mod steps;
mod touched;
mod views;

use std::sync::Arc;

use super::State;
use super::project::ProjectState;
use super::view::ViewState;
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::ViewKey;
use crate::model::{ChangeRecord, Command, Decision, Effect, Operation, Precondition, Stamp};

pub(crate) use pending::Pending;

use copying::CopyOptions;

impl Command {
    /// Decides the command on a state, together with the changes of its group that are not applied yet.
    ///
    /// `stamp` is the revision and time of the change, if there is a change. It comes from [`Pending::next_stamp`].
    ///
    /// Cost: O(n log n) with n keys; a filter, a replacement or a removal costs in addition the data that it reads.
    ///
    /// # Errors
    ///
    /// Those of the call of the command; then nothing is changed.
    pub(crate) fn decide(
        &self,
        state: &State,
        pending: &Pending,
        stamp: Stamp,
    ) -> Result<Decision> {
        debug_assert!(pending.is_empty() || self.shares_group(), "it is alone in its group");
        self.check_view()?;
        check("the store", self.precondition.store_at, state.head.revision)?;
        self.decide_operation(&Context { state, command: self, stamp }, pending)
    }

    /// Decides the operation, after the preconditions on the store were checked.
    fn decide_operation(&self, context: &Context<'_>, pending: &Pending) -> Result<Decision> {
        match &self.operation {
            Operation::CreateView { view, fields, ensure } => {
                views::create(context, view, fields, *ensure)
            }
            Operation::UpdateView { view, patch, limits } => {
                views::update(context, view, patch, limits)
            }
            Operation::DeleteView { view } => views::delete(context, view),
            Operation::ChangeLinks { commands, limit } => {
                links::decide(context, pending, commands, *limit)
            }
            Operation::PutResources(put) => resources::put(context, put),
            Operation::Register { put, views, limit } => {
                registration::register(context, pending, put, views, *limit)
            }
            Operation::RemoveResource(resource) => removal::resource(context, resource),
            Operation::RemoveEnvironment(environment) => removal::environment(context, environment),
            Operation::DeleteProject => removal::project(context),
            Operation::PutProject { patch, begins, limits } => {
                project::put(context, patch, *begins, limits)
            }
            Operation::Revert { change, same_views, policy } => {
                revert::change(context, change, same_views, *policy)
            }
            Operation::RevertView { view, policy } => revert_view::view(context, view, *policy),
            Operation::RenameView { view, to } => views::rename(context, view, to),
            Operation::CopyView { view, to, patch, limits, limit } => {
                copying::copy(context, view, to, &CopyOptions { patch, limits }, *limit)
            }
            Operation::MoveLinks { commands, to, limit } => {
                links::move_links(context, commands, to, *limit)
            }
            Operation::Follow { view, resource_type, filter } => {
                follow::follow(context, view, *resource_type, filter)
            }
            Operation::Unfollow { view, resource_type, unfollow } => {
                follow::unfollow(context, view, *resource_type, *unfollow)
            }
        }
    }
}

/// The input of a decision.
#[derive(Clone, Copy)]
struct Context<'a> {
    state: &'a State,
    command: &'a Command,
    stamp: Stamp,
}

impl<'a> Context<'a> {
    /// The project, if it exists.
    fn existing_project(&self) -> Option<&'a ProjectState> {
        self.state.projects.get(&self.command.project).map(Arc::as_ref)
    }

    /// The project, which must exist.
    fn project(&self) -> Result<&'a ProjectState> {
        self.held_project().map(Arc::as_ref)
    }

    /// The same as a reference that can be cloned.
    fn held_project(&self) -> Result<&'a Arc<ProjectState>> {
        let unknown = || Error::UnknownProject { project: self.command.project.clone() };
        self.state.projects.get(&self.command.project).ok_or_else(unknown)
    }

    /// A view, which must exist and have the required revision.
    fn view(&self, key: &ViewKey) -> Result<(&'a ProjectState, u32, &'a ViewState)> {
        let project = self.project()?;
        let (slot, view) = project.views.find(key).ok_or_else(|| self.unknown_view(key))?;
        let Precondition { view_at, view_changed_by, .. } = self.command.precondition;
        if view_at.is_some() {
            check(&format!("view {key}"), view_at, view.change.revision)?;
        }
        if let Some(expected) = view_changed_by
            && expected != view.change
        {
            let (view, actual) = (key.clone(), view.change);
            return Err(Error::ViewDiffers { view, expected, actual });
        }
        Ok((project, slot, view))
    }

    /// The id of the change that is being decided; its hash is filled in when it is encoded.
    fn change_id(&self) -> ChangeId {
        ChangeId::new(self.stamp.revision, ChainHash::default())
    }

    fn unknown_view(&self, view: &ViewKey) -> Error {
        Error::UnknownView { project: self.command.project.clone(), view: view.clone() }
    }

    /// A change with one effect.
    fn change(&self, effect: Effect) -> ChangeRecord {
        self.change_in_steps(vec![effect])
    }

    /// A change with several effects in order; there is at least one.
    fn change_in_steps(&self, effects: Vec<Effect>) -> ChangeRecord {
        debug_assert!(!effects.is_empty(), "a change has an effect");
        let Command { project, meta, .. } = self.command;
        ChangeRecord {
            stamp: self.stamp,
            meta: meta.clone(),
            project: project.clone(),
            begins_project: self.existing_project().is_none(),
            effects,
        }
    }
}

fn check(what: &str, expected: Option<u64>, actual: u64) -> Result<()> {
    match expected {
        Some(expected) if expected != actual => {
            Err(Error::RevisionDiffers { what: what.to_owned(), expected, actual })
        }
        _ => Ok(()),
    }
}

/// The next id to be assigned; the maximum is never assigned.
fn next_id(next: u32, what: &'static str) -> Result<u32> {
    let limit = next as usize;
    match next.checked_add(1) {
        Some(_) => Ok(next),
        None => Err(Error::TooLong { what, length: limit, unit: "entries", limit }),
    }
}

/// The error of a state that contradicts itself.
fn contradiction(detail: &str) -> Error {
    debug_assert!(false, "{detail}");
    Error::damaged(StoreFile::State, "memory image", detail)
}
