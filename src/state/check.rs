//! The invariants of every state, by number:
//!
//! 1. Links are in key order and in link order, and both orders have the same links.
//! 2. The posting of a resource has the slots of exactly the views that it is linked to, and slots of deleted views.
//! 3. A name exists exactly as long as its posting is not empty.
//! 4. No link is newer than its view, and no view is newer than the state.
//! 5. Terms and ids lead to exactly the resources that have them.
//! 6. Each slot has one view, or it is dead or free.
//!
//! The invariant of a state to which only decided changes led:
//!
//! 10. A view that follows a filter has exactly the links that keys hold and the resources that match the filter.
//!     Terms and names of views lead to exactly the filters that views follow.

use std::collections::{BTreeMap, BTreeSet};

use super::State;
use super::project::ProjectState;
use super::selection::Selection;
use super::standing::{Standing, StandingIndex};
use super::view::ViewState;
use crate::model::StandingFilter;
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) invariant: u8,
    pub(crate) place: String,
    pub(crate) detail: String,
}

impl State {
    /// Checks all invariants; the error is the first violation.
    ///
    /// Cost: O(n log n) with the size of the state.
    pub(crate) fn check(&self) -> Result<(), Violation> {
        for (key, project) in &self.projects {
            let at = |(invariant, detail)| located(key, invariant, detail);
            project.check().map_err(at)?;
            let newer = |view: &super::view::ViewState| view.change.revision > self.head.revision;
            if project.views.iter(None).any(|(_, view)| newer(view)) {
                return Err(located(key, 4, "a view is newer than the state".to_owned()));
            }
        }
        Ok(())
    }
}

impl State {
    /// Checks that views have the resources that match their filters; the error is the first violation.
    ///
    /// Cost: O(n log n) with the resources that the filters test.
    pub(crate) fn check_followed(&self) -> Result<(), Violation> {
        for (key, project) in &self.projects {
            for (_, view) in project.views.iter(None) {
                project.check_followed(view).map_err(|detail| located(key, 10, detail))?;
            }
        }
        Ok(())
    }
}

fn located(project: &ProjectKey, invariant: u8, detail: String) -> Violation {
    Violation { invariant, place: format!("project {project}"), detail }
}

impl ProjectState {
    fn check(&self) -> Result<(), (u8, String)> {
        self.registry.check().map_err(|detail| (5, detail))?;
        self.views.check(self.dead.iter().map(|dead| dead.slot)).map_err(|detail| (6, detail))?;
        self.check_standing().map_err(|detail| (10, detail))?;
        ResourceType::ALL.into_iter().try_for_each(|resource_type| self.check_links(resource_type))
    }

    fn check_links(&self, resource_type: ResourceType) -> Result<(), (u8, String)> {
        let resources = self.of(resource_type);
        let mut transposed = BTreeMap::<u32, BTreeSet<u32>>::new();
        for (slot, view) in self.views.iter(None) {
            let Some(links) = view.links(resource_type) else { continue };
            links.check(&resources.names).map_err(|detail| (1, detail))?;
            for (link, record) in links.by_time(None, 0) {
                transposed.entry(resources.names.id(link.place)).or_default().insert(slot);
                if record.revision > view.change.revision {
                    return Err((4, "a link is newer than its view".to_owned()));
                }
            }
        }
        let registered = resources.names.iter().filter(|name| {
            self.registry.get(resource_type, resources.names.text(name.place)).is_some()
        });
        let registered: BTreeSet<u32> = registered.map(|name| name.id).collect();
        if !resources.registered.iter().eq(registered) {
            return Err((5, "the marks of registered resources are wrong".to_owned()));
        }
        let dead: BTreeSet<u32> = self.dead.iter().map(|dead| dead.slot).collect();
        for name in resources.names.iter() {
            let text = resources.names.text(name.place);
            let posting: BTreeSet<u32> = resources.postings.iter(name.id).collect();
            if posting.is_empty() {
                return Err((3, format!("{text} is linked to nothing")));
            }
            let live: BTreeSet<u32> = posting.difference(&dead).copied().collect();
            if live != transposed.remove(&name.id).unwrap_or_default() {
                return Err((2, format!("the posting of {text} does not match the views")));
            }
        }
        if transposed.is_empty() { Ok(()) } else { Err((3, "a link has no name".to_owned())) }
    }

    /// Checks that the index leads to the filters, and that the links that keys hold exist.
    fn check_standing(&self) -> Result<(), String> {
        let mut index = StandingIndex::default();
        for (slot, view) in self.views.iter(None) {
            for StandingFilter { resource_type, filter } in view.filters() {
                index.add(slot, resource_type, &filter);
                let standing = view.standing(resource_type).into_iter();
                let postings = &self.of(resource_type).postings;
                if !standing.flat_map(Standing::keys).all(|id| postings.contains(id, slot)) {
                    return Err("keys hold a link that does not exist".to_owned());
                }
            }
        }
        if index.entries().eq(self.standing.entries()) {
            Ok(())
        } else {
            Err("the index of filters does not match the filters of the views".to_owned())
        }
    }

    /// Checks that a view has exactly the links that keys hold and the resources that match its filters.
    fn check_followed(&self, view: &ViewState) -> Result<(), String> {
        for StandingFilter { resource_type, filter } in view.filters() {
            let (Some(standing), names) =
                (view.standing(resource_type), &self.of(resource_type).names)
            else {
                continue;
            };
            let found = Selection::standing(self, resource_type, &filter).registered();
            let mut expected: BTreeSet<&str> = found.into_iter().map(|(name, _)| name).collect();
            let links = view.links(resource_type).into_iter();
            let linked: Vec<_> = links.flat_map(|links| links.by_key(names, None, 0)).collect();
            let by_keys = linked.iter().filter(|link| standing.keys_hold(names.id(link.place)));
            expected.extend(by_keys.map(|link| names.text(link.place)));
            if !linked.iter().map(|link| names.text(link.place)).eq(expected) {
                return Err(format!(
                    "view {}: it is not linked to exactly the {resource_type}s that keys hold or its filter finds",
                    view.about().key
                ));
            }
        }
        Ok(())
    }
}
