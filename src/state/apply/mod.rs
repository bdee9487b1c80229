//! Applying a change: the only way a state changes.

mod filter;
mod links;
mod removal;
mod sweep;

use std::sync::Arc;

use sweep::SWEPT_AT_ONCE;

use super::State;
use super::project::ProjectState;
use super::view::{About, ViewState};
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::change_record::{PutResource, Registration};
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::project_settings::ProjectSettings;
use crate::model::view::ViewFields;
use crate::model::{ChangeRecord, Effect, Stamp};

/// How a change does not fit the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Misfit(&'static str);

/// The change that is being applied.
#[derive(Clone, Copy, Debug)]
struct Made {
    stamp: Stamp,
    id: ChangeId,
}

type Fit = std::result::Result<(), Misfit>;

/// What must be there, or how the change does not fit.
fn there<T>(found: Option<T>, misfit: &'static str) -> std::result::Result<T, Misfit> {
    found.ok_or(Misfit(misfit))
}

impl State {
    /// Applies the change that comes after the newest one; `hash` is the chain hash after it.
    ///
    /// Cost: O(n log links) with the n names of the change; for a deletion of a view O(1): what it
    /// leaves is swept by it and the changes after it, a little with each.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the change is not the next one of this state. A part of it may be applied
    /// then: the state is not to be used any more.
    pub(crate) fn apply_chained(&mut self, change: &ChangeRecord, hash: ChainHash) -> Result<()> {
        self.apply_effects(change, hash).map_err(|Misfit(detail)| {
            let part = format!("change {}", change.stamp.revision);
            Error::damaged(StoreFile::Journal, part, format!("it does not fit the state: {detail}"))
        })
    }

    /// The same where there is no chain of hashes.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn apply(&mut self, change: &ChangeRecord) -> Result<()> {
        self.apply_chained(change, ChainHash::default())
    }

    fn apply_effects(&mut self, change: &ChangeRecord, hash: ChainHash) -> Fit {
        let ChangeRecord { stamp, project: key, effects, .. } = change;
        let made = Made { stamp: *stamp, id: ChangeId::new(stamp.revision, hash) };
        if stamp.revision != self.head.revision.saturating_add(1) || stamp.time < self.head.time {
            return Err(Misfit(
                "its revision is not the next one, or its time is before that of the last change",
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
            Effect::CreateView { view, fields } => self.create_view(key, view, fields, made),
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

    fn project_mut(&mut self, key: &ProjectKey) -> std::result::Result<&mut ProjectState, Misfit> {
        let project = self.projects.get_mut_cow(key);
        there(project.map(Arc::make_mut), "there is no such project")
    }

    /// The project, which begins if it is not there.
    fn project_or_new(
        &mut self,
        key: &ProjectKey,
    ) -> std::result::Result<&mut ProjectState, Misfit> {
        if self.projects.get(key).is_none() {
            let id = self.head.next_project;
            self.head.next_project = there(id.checked_add(1), "all ids of projects were given")?;
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
        made: Made,
    ) -> Fit {
        let id = self.head.next_view;
        self.head.next_view = there(id.checked_add(1), "all ids of views were given")?;
        let project = self.project_or_new(project)?;
        if project.views.slot(key).is_some() {
            return Err(Misfit("the view is there"));
        }
        if !project.views.has_room() {
            return Err(Misfit("the project has too many views"));
        }
        let (key, fields, time) = (key.clone(), fields.clone(), made.stamp.time);
        let about = About { id, key, fields, version: 1, created_at: time, updated_at: time };
        project.views.add(ViewState::new(about, made.id));
        Ok(())
    }

    fn put_resources(&mut self, project: &ProjectKey, puts: &[PutResource], stamp: Stamp) -> Fit {
        let registry = &mut self.project_or_new(project)?.registry;
        for PutResource { resource_type, name, before, fields } in puts {
            if registry.get(*resource_type, name) != before.as_ref() {
                return Err(Misfit("a resource had other fields"));
            }
            let owner = fields.id.as_ref().and_then(|id| registry.segment(id.as_str()));
            if owner.is_some_and(|owner| owner != name) {
                return Err(Misfit("an id leads to another segment"));
            }
            let registration = Registration { fields: fields.clone(), revision: stamp.revision };
            registry.put(*resource_type, name, registration);
        }
        Ok(())
    }
}

/// Applies an effect to a project that is there, and stays.
fn apply_to_project(project: &mut ProjectState, effect: &Effect, made: Made) -> Fit {
    match effect {
        Effect::UpdateView { view, before, fields } => {
            let slot = there(project.views.slot(view), "there is no such view")?;
            let view = there(project.views.get_mut(slot), "there is no such view")?;
            if view.about().fields != *before {
                return Err(Misfit("the view had other fields"));
            }
            view.update(fields.clone(), made.id, made.stamp.time);
            Ok(())
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
        Effect::CreateView { .. }
        | Effect::PutResources(_)
        | Effect::PutProject { .. }
        | Effect::DeleteProject { .. } => {
            debug_assert!(false, "these may begin or end a project");
            Err(Misfit("it is not about a project that is there"))
        }
    }
}
