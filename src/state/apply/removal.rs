//! Removing many links at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Made;
use crate::model::change_record::{RemovedCounts, Unregistered};
use crate::model::key::{EnvironmentId, ProjectKey, ViewKey};
use crate::model::resource::ResourceType;
use crate::model::type_counts::TypeCounts;
use crate::state::State;
use crate::state::misfit::{Fit, Misfit, present};
use crate::state::names::Name;
use crate::state::project::{DeadView, ProjectState};

impl State {
    pub(super) fn delete_project(
        &mut self,
        key: &ProjectKey,
        views: u64,
        unlinked: TypeCounts,
    ) -> Fit {
        let project = present(self.projects.remove_cow(key), "there is no such project")?;
        let mut links = TypeCounts::default();
        project.views.iter(None).for_each(|(_, view)| links += view.counts());
        if project.views.len() == views && links == unlinked {
            Ok(())
        } else {
            Err(Misfit("the project had other views or links"))
        }
    }
}

impl ProjectState {
    /// Deletes a view. Its slot stays in postings until they are swept.
    pub(super) fn delete_view(&mut self, key: &ViewKey, unlinked: TypeCounts) -> Fit {
        self.forget_filters(present(self.views.slot(key), "there is no such view")?);
        let (slot, view) = present(self.views.remove(key), "there is no such view")?;
        if view.counts() != unlinked {
            return Err(Misfit("the view had other links"));
        }
        if unlinked.total() == 0 {
            self.views.release(slot);
        } else {
            let dead: &mut VecDeque<_> = Arc::make_mut(&mut self.dead);
            dead.push_back(DeadView { slot, view, swept: 0 });
        }
        Ok(())
    }

    /// Removes resources from the registry, and keeps their links.
    pub(super) fn unregister_all(&mut self, resources: &[Unregistered]) -> Fit {
        for Unregistered { resource_type, name, before } in resources {
            if self.registry.get(*resource_type, name) != Some(before) {
                return Err(Misfit("a resource had other fields"));
            }
            self.unregister(*resource_type, name);
        }
        Ok(())
    }

    pub(super) fn remove_environment(
        &mut self,
        environment: &EnvironmentId,
        removed: RemovedCounts,
        made: Made,
    ) -> Fit {
        let names = self.segments_of(environment);
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        self.remove_resources(ResourceType::Segment, &names, removed, made)
    }

    /// Removes resources from the registry and from every view. Their names are in key order.
    pub(super) fn remove_resources(
        &mut self,
        resource_type: ResourceType,
        names: &[&str],
        expected: RemovedCounts,
        made: Made,
    ) -> Fit {
        let mut removed = RemovedCounts::default();
        let mut by_view = BTreeMap::<u32, Vec<Name>>::new();
        for text in names {
            removed.registered += u64::from(self.unregister(resource_type, text));
            let resources = self.of(resource_type);
            let Some(name) = resources.names.find(text) else { continue };
            let before = removed.links;
            // Slots of deleted views are removed by the sweep, and so is a name that has only such slots.
            for slot in resources.postings.iter(name.id) {
                if self.views.get(slot).is_some() {
                    by_view.entry(slot).or_default().push(name);
                    removed.links += 1;
                }
            }
            removed.linked += u64::from(removed.links > before);
        }
        for (slot, names) in by_view {
            self.unlink_names(slot, resource_type, &names)?;
            present(self.views.get_mut(slot), "there is no such view")?.change = made.id;
        }
        if removed == expected {
            Ok(())
        } else {
            Err(Misfit("the removed resources or links do not match"))
        }
    }
}
