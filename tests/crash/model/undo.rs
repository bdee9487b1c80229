//! Undoing the effect of the last change on the links of a view.

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Resource, ResourceType};

use super::{Model, Project};
use crate::request::Request;
use crate::view::{Link, links_line};

/// A change of links of one view and type.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) project: &'static str,
    view: &'static str,
    pub(super) of: ResourceType,
    before: BTreeMap<Resource, Link>,
    by_filter: BTreeSet<Resource>,
}

impl Changed {
    /// The effect of a change with this line of the journal, if it changed only the links of one view in one part.
    pub(super) fn of(
        request: &Request,
        of: ResourceType,
        before: &Project,
        did: &str,
    ) -> Option<Self> {
        let is_one = did.matches(" linked ").count() == 1;
        let mut views = before.views.iter();
        let (view, found) = views.find(|(view, _)| did.split(' ').next() == Some(view))?;
        let (project, before) = (request.project, found.links.clone());
        let by_filter = found.by_filter.clone();
        is_one.then_some(Self { project, view, of, before, by_filter })
    }
}

impl Model {
    /// Undoes the effect of the last change on the links of a view.
    pub(super) fn undo(&mut self, last: Changed) -> Option<String> {
        let Changed { project, view: key, of, before, by_filter } = last;
        let view = self.projects.get_mut(project)?.views.get_mut(key)?;
        let now = std::mem::replace(&mut view.links, before);
        view.by_filter = by_filter;
        view.revision = self.revision + 1;
        let without = |one: &BTreeMap<Resource, Link>, other: &BTreeMap<Resource, Link>| {
            let gone = one.keys().filter(|resource| !other.contains_key(resource));
            gone.map(ToString::to_string).collect::<Vec<_>>()
        };
        let (gone, back) = (without(&now, &view.links), without(&view.links, &now));
        let unlinked = (!gone.is_empty()).then(|| links_line(of, &[], &gone));
        let linked = (!back.is_empty()).then(|| links_line(of, &back, &[]));
        let parts = [unlinked, linked].into_iter().flatten();
        Some(parts.map(|line| format!("{key} {line}")).collect::<Vec<_>>().join(", "))
    }
}
