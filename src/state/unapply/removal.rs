//! Undoing removals of whole items.

use std::sync::Arc;

use super::Unapply;
use super::links::LinksToRestore;
use crate::model::change_record::{
    ProjectDetail, RemovalDetail, UnlinkedFrom, Unregistered, ViewDetail,
};
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;
use crate::model::{ByType, StandingFilter};
use crate::state::misfit::{Fit, Misfit, present};
use crate::state::project::ProjectState;
use crate::state::standing::Standing;
use crate::state::view::ViewState;

impl Unapply {
    /// Restores a deleted project with all its data.
    pub(super) fn restore_project(&mut self, key: &ProjectKey, detail: &ProjectDetail) -> Fit {
        let ProjectDetail { id, settings, views, registered } = detail;
        if self.state.projects.get(key).is_some() || *id >= self.state.head.next_project {
            return Err(Misfit("the project exists, or its id was never assigned"));
        }
        let mut project = ProjectState::new(*id);
        project.settings = Arc::new(settings.clone());
        for view in views {
            project.restore_view(view, &mut self.to_restore)?;
        }
        for (resource_type, name, row) in registered {
            project.register(*resource_type, name, row.clone());
        }
        self.state.projects.insert_cow(key.clone(), Arc::new(project));
        Ok(())
    }
}

impl ProjectState {
    /// Restores a deleted view with its links.
    pub(super) fn restore_view(
        &mut self,
        detail: &ViewDetail,
        to_restore: &mut LinksToRestore,
    ) -> Fit {
        let ViewDetail { view, links } = detail;
        if self.views.slot(&view.key).is_some() || !self.views.has_room() {
            return Err(Misfit("the view exists, or there are too many views"));
        }
        self.views.add(ViewState::load(view.clone(), ByType::default()));
        let slot = present(self.views.slot(&view.key), "there is no such view")?;
        for StandingFilter { resource_type, filter } in &view.filters {
            let standing = Standing::new(Arc::new(filter.clone()), &[]);
            self.set_filter(slot, *resource_type, Some(standing))?;
        }
        for (resource_type, links) in links {
            to_restore.add((self.id, slot, *resource_type), links, false)?;
        }
        Ok(())
    }

    /// Restores a resource that was removed from the registry.
    pub(super) fn reregister(&mut self, resource: &Unregistered) -> Fit {
        let Unregistered { resource_type, name, before } = resource;
        if self.registry.get(*resource_type, name).is_some() {
            return Err(Misfit("a resource is registered"));
        }
        self.register(*resource_type, name, before.clone());
        Ok(())
    }

    /// Restores segments that were removed with their environment.
    pub(super) fn restore_segments(
        &mut self,
        detail: &RemovalDetail,
        to_restore: &mut LinksToRestore,
    ) -> Fit {
        self.restore_resources(ResourceType::Segment, detail, to_restore)
    }

    /// Restores resources that were removed from the registry and from every view.
    pub(super) fn restore_resources(
        &mut self,
        resource_type: ResourceType,
        detail: &RemovalDetail,
        to_restore: &mut LinksToRestore,
    ) -> Fit {
        for (name, row) in &detail.registered {
            if self.registry.get(resource_type, name).is_some() {
                return Err(Misfit("a resource is registered"));
            }
            self.register(resource_type, name, row.clone());
        }
        for UnlinkedFrom { view, last_change, links } in &detail.links {
            let slot = present(self.views.slot(view), "there is no such view")?;
            to_restore.add((self.id, slot, resource_type), links, false)?;
            self.restore_last_change(slot, *last_change)?;
        }
        Ok(())
    }
}
