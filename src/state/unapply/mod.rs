//! Undoing changes, from the newest one on: the inverse of [`apply`](super::apply).
//!
//! A change contains the previous values, so undoing it gives exactly the state before it, including ids, versions,
//! times, link order and the next ids. Only data that is private to a process (places, ids of names, slots and
//! sequences) may differ.

mod links;
mod removal;

use links::LinksToRestore;

use std::sync::Arc;

use super::State;
use super::misfit::{Fit, Misfit, present};
use super::project::ProjectState;
use super::view::ViewState;
use crate::model::change_record::{LastChange, PutResource, ViewBefore};
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::project_settings::ProjectSettings;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Effect, Stamp, ViewRecord};

/// A state whose changes are undone, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Unapply {
    state: State,
    /// Links to be restored, all together at the end.
    to_restore: LinksToRestore,
}

/// The change that is being undone.
#[derive(Clone, Copy, Debug)]
struct Undone {
    stamp: Stamp,
}

impl Unapply {
    pub(crate) fn new(state: State) -> Self {
        Self { state, to_restore: LinksToRestore::default() }
    }

    /// Undoes the newest change.
    ///
    /// Cost: O(n log links) with the n names of the change.
    ///
    /// # Errors
    ///
    /// [`Error::DetailNotKept`] if its record has only counts because it removed too much; [`Error::Damaged`] if it is
    /// not the newest change of this state. After an error the state must not be used.
    pub(crate) fn undo(&mut self, change: &ChangeRecord) -> Result<()> {
        let revision = change.stamp.revision;
        if change.effects.iter().any(Effect::has_counts_alone) {
            return Err(Error::DetailNotKept { revision });
        }
        self.undo_effects(change).map_err(|misfit| misfit.of_change(revision))
    }

    /// The state after the change with this stamp, which must be the newest one that was not undone.
    ///
    /// Cost: O(links of the views whose links are restored).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the newest change is another one, or if links cannot be restored.
    pub(crate) fn finish(mut self, stamp: Stamp) -> Result<State> {
        let to_restore = std::mem::take(&mut self.to_restore);
        let finished = match self.state.head.revision == stamp.revision {
            true => to_restore.restore_all(&mut self.state),
            false => Err(Misfit("it is not the newest remaining change")),
        };
        finished.map_err(|misfit| misfit.of_change(stamp.revision))?;
        self.state.head.time = stamp.time;
        Ok(self.state)
    }

    fn undo_effects(&mut self, change: &ChangeRecord) -> Fit {
        let ChangeRecord { stamp, project: key, effects, begins_project, .. } = change;
        let head = self.state.head;
        if stamp.revision != head.revision || stamp.time > head.time {
            return Err(Misfit("it is not the newest change"));
        }
        let undone = Undone { stamp: *stamp };
        effects.iter().rev().try_for_each(|effect| self.undo_effect(key, effect, undone))?;
        if *begins_project {
            self.end_project(key)?;
        }
        self.state.head.revision = stamp.revision.saturating_sub(1);
        self.state.head.time = stamp.time;
        Ok(())
    }

    fn undo_effect(&mut self, key: &ProjectKey, effect: &Effect, undone: Undone) -> Fit {
        match effect {
            Effect::DeleteProject { detail, .. } => {
                self.restore_project(key, present(detail.as_ref(), "it has only counts")?)
            }
            Effect::CreateView { view, .. } => self.undo_create_view(key, view),
            effect => {
                let project = self.state.project_mut(key)?;
                unapply_to_project(project, &mut self.to_restore, effect, undone)
            }
        }
    }

    /// Removes a project that began with the change.
    fn end_project(&mut self, key: &ProjectKey) -> Fit {
        let project = present(self.state.projects.remove_cow(key), "there is no such project")?;
        if project.views.len() > 0 || project.registry.counts().total() > 0 {
            return Err(Misfit("the project has more than at its beginning"));
        }
        self.state.head.next_project = project.id;
        Ok(())
    }

    /// Removes a view that the change created.
    fn undo_create_view(&mut self, project: &ProjectKey, key: &ViewKey) -> Fit {
        let project = self.state.project_mut(project)?;
        let (slot, view) = present(project.views.remove(key), "there is no such view")?;
        let has_links = view.counts().total() > 0 || self.to_restore.has_any(project.id, slot);
        if has_links || !view.filters().is_empty() {
            return Err(Misfit("the view was created with links or filters"));
        }
        project.views.release(slot);
        self.state.head.next_view = view.about().id;
        Ok(())
    }
}

/// Undoes an effect in a project that exists before and after it.
fn unapply_to_project(
    project: &mut ProjectState,
    to_restore: &mut LinksToRestore,
    effect: &Effect,
    undone: Undone,
) -> Fit {
    match effect {
        Effect::UpdateView { view, before, .. } => project.restore_fields(view, before),
        Effect::DeleteView { detail, .. } => {
            project.restore_view(present(detail.as_ref(), "it has only counts")?, to_restore)
        }
        Effect::ChangeLinks(parts) => {
            parts.iter().rev().try_for_each(|part| project.undo_links(part, to_restore))
        }
        Effect::ChangeFilter(change) => project.restore_filter(change, to_restore),
        Effect::PutResources(puts) => {
            puts.iter().rev().try_for_each(|put| project.undo_put(put, undone))
        }
        Effect::RemoveResource { resource_type, detail, .. } => {
            let detail = present(detail.as_ref(), "it has only counts")?;
            project.restore_resources(*resource_type, detail, to_restore)
        }
        Effect::RemoveEnvironment { detail, .. } => {
            let detail = present(detail.as_ref(), "it has only counts")?;
            project.restore_segments(detail, to_restore)
        }
        Effect::Unregister(resources) => {
            resources.iter().rev().try_for_each(|resource| project.reregister(resource))
        }
        Effect::RenameView { view, to, last_change, updated_at } => {
            project.restore_key(view, to, (*last_change, *updated_at))
        }
        Effect::PutProject { before, settings } => {
            project.restore_settings(before.as_ref(), settings)
        }
        Effect::CreateView { .. } | Effect::DeleteProject { .. } => {
            debug_assert!(false, "these effects change ids of the state");
            Err(Misfit("it does not belong to an existing project"))
        }
    }
}

impl ProjectState {
    /// Restores the settings of the project.
    fn restore_settings(
        &mut self,
        before: Option<&ProjectSettings>,
        settings: &ProjectSettings,
    ) -> Fit {
        if *self.settings != *settings {
            return Err(Misfit("the project has other settings"));
        }
        self.settings = Arc::new(before.cloned().unwrap_or_default());
        Ok(())
    }

    /// Restores the key of a view; `before` is its previous last change, and the time when its fields had changed.
    fn restore_key(
        &mut self,
        key: &ViewKey,
        now: &ViewKey,
        before: (LastChange, Timestamp),
    ) -> Fit {
        if self.views.slot(key).is_some() || !self.views.has_room() {
            return Err(Misfit("the view exists, or there are too many views"));
        }
        let view = present(self.views.rename(now, key), "there is no such view")?;
        view.count_down(before, |record| record.key = key.clone())
    }

    /// Restores the fields of a view.
    fn restore_fields(&mut self, view: &ViewKey, before: &ViewBefore) -> Fit {
        let ViewBefore { fields, last_change, updated_at } = before;
        let slot = present(self.views.slot(view), "there is no such view")?;
        let view = present(self.views.get_mut(slot), "there is no such view")?;
        view.count_down((*last_change, *updated_at), |record| record.fields = fields.clone())
    }

    /// Restores the fields of a registered resource.
    fn undo_put(&mut self, put: &PutResource, undone: Undone) -> Fit {
        let PutResource { resource_type, name, before, fields } = put;
        let is_put = self
            .registry
            .get(*resource_type, name)
            .is_some_and(|row| row.fields == *fields && row.revision == undone.stamp.revision);
        if !is_put {
            return Err(Misfit("a resource has other fields"));
        }
        match before {
            Some(before) => self.register(*resource_type, name, before.clone()),
            None => drop(self.unregister(*resource_type, name)),
        }
        Ok(())
    }
}

impl ViewState {
    /// Restores the fields of the view and decreases its version; its links stay. `before` is its previous last
    /// change, and the time when its fields had changed.
    fn count_down(
        &mut self,
        before: (LastChange, Timestamp),
        edit: impl FnOnce(&mut ViewRecord),
    ) -> Fit {
        let mut record = self.to_record();
        edit(&mut record);
        let (last_change, updated_at) = before;
        record.version = present(record.version.checked_sub(1), "the view has no version before")?;
        record.change = last_change.unwrap_or(record.change);
        record.updated_at = updated_at;
        let (links, standing) = (std::mem::take(&mut self.links), self.standing.take());
        *self = Self::load(record, links);
        self.standing = standing;
        Ok(())
    }
}
