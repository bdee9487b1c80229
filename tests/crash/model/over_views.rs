//! Copying and renaming views, and moving links between them.

use std::collections::BTreeMap;

use viewlink::{Resource, ResourceType};

use super::{Link, Model, Project, View, fields_line};
use crate::request::Keys;

impl Model {
    pub(super) fn copy(
        &mut self,
        project: &'static str,
        [from, to]: [&'static str; 2],
        time: u64,
    ) -> Option<String> {
        let (revision, id) = (self.revision + 1, self.next_view);
        let views = &mut self.projects.get_mut(project)?.views;
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
        let leaving = asked.into_iter().filter(|key| of.links.contains_key(key) && from != to);
        let leaving: Vec<Resource> = leaving.collect();
        let is_new = |key: &&Resource| !target.links.contains_key(key);
        let arriving = leaving.iter().filter(is_new).cloned().collect();
        let linked = self.link(to, keys.resource_type, arriving, time, revision);
        let unlinked = self.unlink(from, keys.resource_type, leaving, revision);
        let lines: Vec<String> = [linked, unlinked].into_iter().flatten().collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    pub(super) fn rename(
        &mut self,
        [from, to]: [&'static str; 2],
        time: u64,
        revision: u64,
    ) -> Option<String> {
        if self.views.contains_key(to) {
            return None;
        }
        let mut view = self.views.remove(from)?;
        (view.updated, view.revision) = (time, revision);
        view.version += 1;
        self.views.insert(to, view);
        Some(format!("{from} renamed to {to}"))
    }
}
