//! Undoing changes, from the newest one on: the inverse of [`apply`](super::apply).
//!
//! A change contains the previous values, so undoing it gives exactly the state before it, including ids, versions,
//! times, link order and the next ids. Only data that is private to a process (places, ids of names, slots and
//! sequences) may differ.

mod links;
mod removal;

use links::ReturnedLinks;

use std::sync::Arc;

use super::State;
use super::misfit::{Fit, Misfit, there};
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
    /// Links to be restored, all at once at the end.
    returned: ReturnedLinks,
}

/// The change that is being undone.
#[derive(Clone, Copy, Debug)]
struct Unmade {
    stamp: Stamp,
}

impl Unapply {
    pub(crate) fn new(state: State) -> Self {
        Self { state, returned: ReturnedLinks::default() }
    }

    /// Undoes the newest change.
    ///
    /// Cost: O(n log links) with the n names of the change.
    ///
    /// # Errors
    ///
    /// [`Error::DetailNotKept`] if its record has only counts because it removed too much; [`Error::Damaged`] if it is
    /// not the newest change of this state. After an error the state must not be used.
    pub(crate) fn take_back(&mut self, change: &ChangeRecord) -> Result<()> {
        let revision = change.stamp.revision;
        if change.effects.iter().any(Effect::has_counts_alone) {
            return Err(Error::DetailNotKept { revision });
        }
        self.take_back_effects(change).map_err(|misfit| misfit.of_change(revision))
    }

    /// The state after the change with this stamp, which must be the newest one that was not undone.
    ///
    /// Cost: O(links of the views whose links are restored).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the newest change is another one, or if links cannot be restored.
    pub(crate) fn finish(mut self, stamp: Stamp) -> Result<State> {
        let returned = std::mem::take(&mut self.returned);
        let finished = match self.state.head.revision == stamp.revision {
            true => returned.put_back(&mut self.state),
            false => Err(Misfit("it is not the newest remaining change")),
        };
        finished.map_err(|misfit| misfit.of_change(stamp.revision))?;
        self.state.head.time = stamp.time;
        Ok(self.state)
    }

    fn take_back_effects(&mut self, change: &ChangeRecord) -> Fit {
        let ChangeRecord { stamp, project: key, effects, begins_project, .. } = change;
        let head = self.state.head;
        if stamp.revision != head.revision || stamp.time > head.time {
            return Err(Misfit("it is not the newest change"));
        }
        let unmade = Unmade { stamp: *stamp };
        effects.iter().rev().try_for_each(|effect| self.take_back_effect(key, effect, unmade))?;
        if *begins_project {
            self.end_project(key)?;
        }
        self.state.head.revision = stamp.revision.saturating_sub(1);
        self.state.head.time = stamp.time;
        Ok(())
    }

    fn take_back_effect(&mut self, key: &ProjectKey, effect: &Effect, unmade: Unmade) -> Fit {
        match effect {
            Effect::DeleteProject { detail, .. } => {
                self.return_project(key, there(detail.as_ref(), "it has only counts")?)
            }
            Effect::CreateView { view, .. } => self.uncreate_view(key, view),
            effect => {
                let project = self.state.project_mut(key)?;
                unapply_to_project(project, &mut self.returned, effect, unmade)
            }
        }
    }

    /// Removes a project that began with the change.
    fn end_project(&mut self, key: &ProjectKey) -> Fit {
        let project = there(self.state.projects.remove_cow(key), "there is no such project")?;
        if project.views.len() > 0 || project.registry.counts().total() > 0 {
            return Err(Misfit("the project has more than at its beginning"));
        }
        self.state.head.next_project = project.id;
        Ok(())
    }

    /// Removes a view that the change created.
    fn uncreate_view(&mut self, project: &ProjectKey, key: &ViewKey) -> Fit {
        let project = self.state.project_mut(project)?;
        let (slot, view) = there(project.views.remove(key), "there is no such view")?;
        let has_links = view.counts().total() > 0 || self.returned.has_any(project.id, slot);
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
    returned: &mut ReturnedLinks,
    effect: &Effect,
    unmade: Unmade,
) -> Fit {
    match effect {
        Effect::UpdateView { view, before, .. } => project.return_fields(view, before),
        Effect::DeleteView { detail, .. } => {
            project.return_view(there(detail.as_ref(), "it has only counts")?, returned)
        }
        Effect::ChangeLinks(parts) => {
            parts.iter().rev().try_for_each(|part| project.unchange_links(part, returned))
        }
        Effect::ChangeFilter(change) => project.return_filter(change, returned),
        Effect::PutResources(puts) => {
            puts.iter().rev().try_for_each(|put| project.unput(put, unmade))
        }
        Effect::RemoveResource { resource_type, detail, .. } => {
            let detail = there(detail.as_ref(), "it has only counts")?;
            project.return_resources(*resource_type, detail, returned)
        }
        Effect::RemoveEnvironment { detail, .. } => {
            let detail = there(detail.as_ref(), "it has only counts")?;
            project.return_segments(detail, returned)
        }
        Effect::Unregister(resources) => {
            resources.iter().rev().try_for_each(|resource| project.reregister(resource))
        }
        Effect::RenameView { view, to, last_change, updated_at } => {
            project.return_key(view, to, (*last_change, *updated_at))
        }
        Effect::PutProject { before, settings } => {
            project.return_settings(before.as_ref(), settings)
        }
        Effect::CreateView { .. } | Effect::DeleteProject { .. } => {
            debug_assert!(false, "these effects change ids of the state");
            Err(Misfit("it does not belong to an existing project"))
        }
    }
}

impl ProjectState {
    /// Restores the settings of the project.
    fn return_settings(
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
    fn return_key(&mut self, key: &ViewKey, now: &ViewKey, before: (LastChange, Timestamp)) -> Fit {
        if self.views.slot(key).is_some() || !self.views.has_room() {
            return Err(Misfit("the view exists, or there are too many views"));
        }
        let view = there(self.views.rename(now, key), "there is no such view")?;
        view.count_down(before, |record| record.key = key.clone())
    }

    /// Restores the fields of a view.
    fn return_fields(&mut self, view: &ViewKey, before: &ViewBefore) -> Fit {
        let ViewBefore { fields, last_change, updated_at } = before;
        let slot = there(self.views.slot(view), "there is no such view")?;
        let view = there(self.views.get_mut(slot), "there is no such view")?;
        view.count_down((*last_change, *updated_at), |record| record.fields = fields.clone())
    }

    /// Restores the fields of a registered resource.
    fn unput(&mut self, put: &PutResource, unmade: Unmade) -> Fit {
        let PutResource { resource_type, name, before, fields } = put;
        let is_put = self
            .registry
            .get(*resource_type, name)
            .is_some_and(|row| row.fields == *fields && row.revision == unmade.stamp.revision);
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
        record.version = there(record.version.checked_sub(1), "the view has no version before")?;
        record.change = last_change.unwrap_or(record.change);
        record.updated_at = updated_at;
        let (links, standing) = (std::mem::take(&mut self.links), self.standing.take());
        *self = Self::load(record, links);
        self.standing = standing;
        Ok(())
    }
}
