//! Copying and renaming views, and moving links between them.

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Resource, ResourceType};

use super::{Model, Project};
use crate::request::Keys;
use crate::view::{Link, View, fields_line};

impl Model {
    pub(super) fn copy(
        &mut self,
        project: &'static str,
        [from, to]: [&'static str; 2],
        time: u64,
    ) -> Option<String> {
        let (revision, id) = (self.revision + 1, self.next_view);
        let project = self.projects.get_mut(project)?;
        if project.is_named(to) {
            return None;
        }
        let views = &mut project.views;
        let View { links, fields, .. } = views.get(from).filter(|_| !views.contains_key(to))?;
        let mut copied: Vec<(Link, Resource)> =
            links.iter().map(|(resource, link)| (*link, resource.clone())).collect();
        copied.sort();
        let created = format!("{to} created with {}", fields_line(*fields));
        let mut copy = View {
            id,
            fields: *fields,
            version: 1,
            revision,
            created: time,
            updated: time,
            links: BTreeMap::new(),
            follows: BTreeMap::new(),
            by_filter: BTreeSet::new(),
        };
        let lines = ResourceType::ALL.into_iter().filter_map(|of| {
            let of_type = copied.iter().filter(|(_, resource)| resource.resource_type() == of);
            let asked = of_type.map(|(_, resource)| resource.clone()).collect();
            Some(format!("{to} {}", copy.link(of, asked, time, revision)?))
        });
        let lines: Vec<String> = lines.collect();
        views.insert(to, copy);
        self.next_view += 1;
        Some(if lines.is_empty() { created } else { created + "; then " + &lines.join(", ") })
    }
}

impl Project {
    pub(super) fn move_links(
        &mut self,
        [from, to]: [&'static str; 2],
        keys: &Keys,
        time: u64,
        revision: u64,
    ) -> Option<String> {
        let (of, target) = (self.views.get(from)?, self.views.get(to)?);
        let asked: Vec<Resource> = keys.resources().collect();
        let found = self.held_by_filter(from);
        let moves = |key: &Resource| of.links.contains_key(key) && !found.contains(key);
        let leaving = asked.into_iter().filter(|key| moves(key) && from != to);
        let leaving: Vec<Resource> = leaving.collect();
        let is_new =
            |key: &&Resource| !target.links.contains_key(key) || target.by_filter.contains(key);
        let (of, arriving) = (keys.resource_type, leaving.iter().filter(is_new).cloned().collect());
        let linked = self.views.get_mut(to)?.link(of, arriving, time, revision);
        let nothing = BTreeSet::new();
        let unlinked = self.views.get_mut(from)?.unlink(of, leaving, &nothing, revision);
        let lines = [(to, linked), (from, unlinked)].into_iter();
        let lines = lines.filter_map(|(view, line)| Some(format!("{view} {}", line?)));
        let mut lines: Vec<String> = lines.collect();
        lines.extend(self.settle(time, revision));
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    pub(super) fn rename(
        &mut self,
        [from, to]: [&'static str; 2],
        time: u64,
        revision: u64,
    ) -> Option<String> {
        let is_named = self.is_named(from) || self.is_named(to);
        if self.views.contains_key(to) || is_named {
            return None;
        }
        let mut view = self.views.remove(from)?;
        (view.updated, view.revision) = (time, revision);
        view.version += 1;
        self.views.insert(to, view);
        Some(format!("{from} renamed to {to}"))
    }
}
