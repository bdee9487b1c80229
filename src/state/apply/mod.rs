//! Applying a change: the only way a state changes.

mod filter;
mod links;
mod removal;
mod sweep;

use std::sync::Arc;

use sweep::SWEPT_AT_ONCE;

use super::State;
use super::misfit::{Fit, Misfit, present};
use super::project::ProjectState;
use super::view::{About, ViewState};
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::change_record::{LastChange, PutResource, Registration, RestoredView};
use crate::model::error::Result;
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::project_settings::ProjectSettings;
use crate::model::time::Timestamp;
use crate::model::view::ViewFields;
use crate::model::{ChangeRecord, Effect, Stamp};

/// The change that is being applied.
#[derive(Clone, Copy, Debug)]
struct Made {
    stamp: Stamp,
    id: ChangeId,
}

impl Made {
    /// Checks that `of_view`, the last change of a view, is the one that the record of this change states. It states
    /// `None` if an earlier part of this change already changed the view.
    fn check_last_change(self, of_view: ChangeId, stated: LastChange) -> Fit {
        let before = (of_view != self.id).then_some(of_view);
        if before == stated { Ok(()) } else { Err(Misfit("the view had another last change")) }
    }
}

impl State {
    /// Applies the change after the newest one; `hash` is the chain hash after it.
    ///
    /// Cost: O(n log links) with the n names of the change. The deletion of a view is O(1): its postings are removed
    /// later, a few by each following change.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the change is not the next one of this state. A part of it may have been applied then, so
    /// the state must not be used any more.
    pub(crate) fn apply_chained(&mut self, change: &ChangeRecord, hash: ChainHash) -> Result<()> {
        let applied = self.apply_effects(change, hash);
        applied.map_err(|misfit| misfit.of_change(change.stamp.revision))
    }

    /// The same without a chain of hashes.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn apply(&mut self, change: &ChangeRecord) -> Result<()> {
        self.apply_chained(change, ChainHash::default())
    }

    /// Applies a step of a change that is being decided.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) if it does not fit.
    pub(super) fn apply_step(
        &mut self,
        project: &ProjectKey,
        step: &Effect,
        stamp: Stamp,
    ) -> Result<()> {
        let made = Made { stamp, id: ChangeId::new(stamp.revision, ChainHash::default()) };
        let applied = self.apply_effect(project, step, made);
        applied.map_err(|misfit| misfit.of_change(stamp.revision))
    }

    fn apply_effects(&mut self, change: &ChangeRecord, hash: ChainHash) -> Fit {
        let ChangeRecord { stamp, project: key, effects, .. } = change;
        let made = Made { stamp: *stamp, id: ChangeId::new(stamp.revision, hash) };
        if stamp.revision != self.head.revision.saturating_add(1) || stamp.time < self.head.time {
            return Err(Misfit(
                "its revision is not the next one, or its time is before that of the last change",
            ));
        }
        if change.begins_project == self.projects.get(key).is_some() {
            return Err(Misfit(
                "its project begins with it but exists, or does not begin with it and does not exist",
            ));
        }
        effects.iter().try_for_each(|effect| self.apply_effect(key, effect, made))?;
        self.head.revision = stamp.revision;
        self.head.time = stamp.time;
        if let Some(project) = self.projects.get(key)
            && !project.dead.is_empty()
        {
            let work = match effects.as_slice() {
                [Effect::DeleteView { .. }] => change.work().min(SWEPT_AT_ONCE),
                _ => change.work(),
            };
            self.project_mut(key)?.sweep(work);
        }
        Ok(())
    }

    fn apply_effect(&mut self, key: &ProjectKey, effect: &Effect, made: Made) -> Fit {
        match effect {
            Effect::CreateView { view, fields, restored } => {
                self.create_view(key, view, fields, *restored, made)
            }
            Effect::PutResources(puts) => self.put_resources(key, puts, made.stamp),
            Effect::DeleteProject { views, unlinked, .. } => {
                self.delete_project(key, *views, *unlinked)
            }
            Effect::PutProject { before, settings } => {
                self.put_project(key, before.as_ref(), settings)
            }
            effect => apply_to_project(self.project_mut(key)?, effect, made),
        }
    }

    /// A project, to be changed.
    pub(super) fn project_mut(&mut self, key: &ProjectKey) -> Fit<&mut ProjectState> {
        let project = self.projects.get_mut_cow(key);
        present(project.map(Arc::make_mut), "there is no such project")
    }

    /// The project; it is created if it does not exist.
    fn project_or_new(&mut self, key: &ProjectKey) -> Fit<&mut ProjectState> {
        if self.projects.get(key).is_none() {
            let id = self.head.next_project;
            self.head.next_project = present(id.checked_add(1), "all ids of projects are used")?;
            self.projects.insert_cow(key.clone(), Arc::new(ProjectState::new(id)));
        }
        self.project_mut(key)
    }

    fn put_project(
        &mut self,
        key: &ProjectKey,
        before: Option<&ProjectSettings>,
        settings: &ProjectSettings,
    ) -> Fit {
        if self.projects.get(key).map(|project| &*project.settings) != before {
            return Err(Misfit("the project had other settings"));
        }
        self.project_or_new(key)?.settings = Arc::new(settings.clone());
        Ok(())
    }

    fn create_view(
        &mut self,
        project: &ProjectKey,
        key: &ViewKey,
        fields: &ViewFields,
        restored: Option<RestoredView>,
        made: Made,
    ) -> Fit {
        let id = self.head.next_view;
        self.head.next_view = present(id.checked_add(1), "all ids of views are used")?;
        let project = self.project_or_new(project)?;
        if project.views.slot(key).is_some() {
            return Err(Misfit("the view already exists"));
        }
        if !project.views.has_room() {
            return Err(Misfit("the project has too many views"));
        }
        let (key, fields, time) = (key.clone(), fields.clone(), made.stamp.time);
        let new = RestoredView { version: 1, created_at: time, updated_at: time };
        let RestoredView { version, created_at, updated_at } = restored.unwrap_or(new);
        if created_at > updated_at || updated_at > time {
            return Err(Misfit("a restored view is later than the change"));
        }
        // Each change increases a version by one, so a valid version is far below the maximum.
        if version == 0 || version > u64::MAX / 2 {
            return Err(Misfit("a restored view has an impossible version"));
        }
        let about = About { id, key, fields, version, created_at, updated_at };
        project.views.add(ViewState::new(about, made.id));
        Ok(())
    }

    fn put_resources(&mut self, project: &ProjectKey, puts: &[PutResource], stamp: Stamp) -> Fit {
        let project = self.project_or_new(project)?;
        for PutResource { resource_type, name, before, fields } in puts {
            let registry = &project.registry;
            if registry.get(*resource_type, name) != before.as_ref() {
                return Err(Misfit("a resource had other fields"));
            }
            let owner = fields.id.as_ref().and_then(|id| registry.segment(id.as_str()));
            if owner.is_some_and(|owner| owner != name) {
                return Err(Misfit("an id belongs to another segment"));
            }
            let registration = Registration { fields: fields.clone(), revision: stamp.revision };
            project.register(*resource_type, name, registration);
        }
        Ok(())
    }
}

/// Applies an effect to an existing project that is not deleted by it.
fn apply_to_project(project: &mut ProjectState, effect: &Effect, made: Made) -> Fit {
    match effect {
        Effect::UpdateView { view, before, fields } => {
            let slot = present(project.views.slot(view), "there is no such view")?;
            let view = present(project.views.get_mut(slot), "there is no such view")?;
            if view.about().fields != before.fields || view.about().updated_at != before.updated_at
            {
                return Err(Misfit("the view had other fields"));
            }
            made.check_last_change(view.change, before.last_change)?;
            view.update(fields.clone(), made.id, made.stamp.time);
            Ok(())
        }
        Effect::RenameView { view, to, last_change, updated_at } => {
            project.rename_view(view, to, (*last_change, *updated_at), made)
        }
        Effect::DeleteView { view, unlinked, .. } => project.delete_view(view, *unlinked),
        Effect::ChangeLinks(parts) => project.change_links(parts, made),
        Effect::ChangeFilter(change) => project.change_filter(change, made),
        Effect::RemoveResource { resource_type, name, removed, .. } => {
            project.remove_resources(*resource_type, &[name.as_str()], *removed, made)
        }
        Effect::RemoveEnvironment { environment, removed, .. } => {
            project.remove_environment(environment, *removed, made)
        }
        Effect::Unregister(resources) => project.unregister_all(resources),
        Effect::CreateView { .. }
        | Effect::PutResources(_)
        | Effect::PutProject { .. }
        | Effect::DeleteProject { .. } => {
            debug_assert!(false, "these effects may begin or end a project");
            Err(Misfit("it does not belong to an existing project"))
        }
    }
}

impl ProjectState {
    /// Gives a view another key; `before` is its previous last change, and the time when its fields had changed.
    fn rename_view(
        &mut self,
        view: &ViewKey,
        to: &ViewKey,
        before: (LastChange, Timestamp),
        made: Made,
    ) -> Fit {
        if self.views.slot(to).is_some() {
            return Err(Misfit("the view already exists"));
        }
        if !self.views.has_room() {
            return Err(Misfit("the project has too many views"));
        }
        let (last_change, updated_at) = before;
        let view = present(self.views.rename(view, to), "there is no such view")?;
        made.check_last_change(view.change, last_change)?;
        if view.about().updated_at != updated_at {
            return Err(Misfit("the view had other fields"));
        }
        view.rename(to.clone(), made.id, made.stamp.time);
        Ok(())
    }
}
