//! A view of the model, and its links.

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Resource, ResourceType};

use crate::follow::{Rule, follow_line};
use crate::request::{Fields, Keys};

#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) id: u32,
    /// The number from which its fields are made.
    pub(crate) fields: u64,
    pub(crate) version: u64,
    pub(crate) revision: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) links: BTreeMap<Resource, Link>,
    /// The filters that it follows.
    pub(crate) follows: BTreeMap<ResourceType, Rule>,
    /// The links that no key holds.
    pub(crate) by_filter: BTreeSet<Resource>,
}

/// In the order of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) time: u64,
    pub(crate) revision: u64,
    pub(crate) place: usize,
}

impl View {
    pub(crate) fn link(
        &mut self,
        of: ResourceType,
        asked: Vec<Resource>,
        time: u64,
        revision: u64,
    ) -> Option<String> {
        let (linked, held) = self.add(asked, time, revision);
        self.changed(of, &linked, &[], held, revision)
    }

    /// Links resources that are not linked yet; returns these, and whether keys now hold a link that only a filter held
    /// before.
    fn add(&mut self, asked: Vec<Resource>, time: u64, revision: u64) -> (Vec<String>, bool) {
        let (mut linked, mut held) = (Vec::new(), false);
        for (place, resource) in asked.into_iter().enumerate() {
            if !self.links.contains_key(&resource) {
                self.links.insert(resource.clone(), Link { time, revision, place });
                linked.push(resource.to_string());
            }
            held |= self.by_filter.remove(&resource);
        }
        (linked, held)
    }

    /// Unlinks resources that no filter finds, and lets only the filter hold the others; returns the unlinked ones, and
    /// whether there are others.
    fn drop_keys(
        &mut self,
        asked: impl IntoIterator<Item = Resource>,
        found: &BTreeSet<Resource>,
    ) -> (Vec<String>, bool) {
        let (mut unlinked, mut released) = (BTreeSet::new(), false);
        for resource in asked {
            if !self.links.contains_key(&resource) {
                continue;
            }
            if found.contains(&resource) {
                released |= self.by_filter.insert(resource);
            } else {
                self.links.remove(&resource);
                unlinked.insert(resource);
            }
        }
        (unlinked.iter().map(ToString::to_string).collect(), released)
    }

    pub(crate) fn replace(
        &mut self,
        keys: &Keys,
        but: &[Resource],
        found: &BTreeSet<Resource>,
        (time, revision): (u64, u64),
    ) -> Option<String> {
        let (of, asked) = (keys.resource_type, keys.resources().collect::<Vec<_>>());
        let rest = self.links.keys().filter(|linked| linked.resource_type() == of);
        let rest = rest.filter(|to| !asked.contains(to) && !but.contains(to));
        let rest: Vec<Resource> = rest.cloned().collect();
        let (linked, held) = self.add(asked, time, revision);
        let (unlinked, released) = self.drop_keys(rest, found);
        self.changed(of, &linked, &unlinked, held || released, revision)
    }

    pub(crate) fn unlink(
        &mut self,
        of: ResourceType,
        asked: Vec<Resource>,
        found: &BTreeSet<Resource>,
        revision: u64,
    ) -> Option<String> {
        let (unlinked, released) = self.drop_keys(asked, found);
        self.changed(of, &[], &unlinked, released, revision)
    }

    /// The line of the journal, if links or their holders changed.
    pub(crate) fn changed(
        &mut self,
        of: ResourceType,
        linked: &[String],
        unlinked: &[String],
        holds: bool,
        revision: u64,
    ) -> Option<String> {
        if linked.is_empty() && unlinked.is_empty() && !holds {
            return None;
        }
        self.revision = revision;
        Some(links_line(of, linked, unlinked))
    }

    pub(crate) fn lines(&self, project: &str, key: &str, lines: &mut Vec<String>) {
        let Self { id, version, revision, created, updated, .. } = self;
        let fields = fields_line(self.fields);
        let counts = counts(self.links.keys());
        lines.push(format!(
            "{project}/{key} id {id} version {version} revision {revision} created {created} \
             updated {updated} {fields} {counts}"
        ));
        for (of, rule) in &self.follows {
            lines.push(follow_line(key, *of, &rule.to_store().to_string()));
        }
        for resource_type in ResourceType::ALL {
            let of_type = self.links.iter().filter(|(to, _)| to.resource_type() == resource_type);
            let mut links: Vec<(&Resource, &Link)> = of_type.collect();
            for order in ["key", "time"] {
                if order == "time" {
                    links.sort_by_key(|(_, link)| **link);
                }
                let line = links.iter().map(|(to, link)| link_line(to, link.time, link.revision));
                let line: String = line.collect();
                lines.push(format!("{project}/{key} {resource_type} by {order}:{line}"));
            }
        }
    }
}

pub(crate) fn link_line(resource: &Resource, time: u64, revision: u64) -> String {
    format!(" {resource}@{time}/{revision}")
}

pub(crate) fn links_line(of: ResourceType, linked: &[String], unlinked: &[String]) -> String {
    format!("{of} linked {} unlinked {}", linked.join(" "), unlinked.join(" "))
}

pub(crate) fn fields_line(number: u64) -> String {
    let Fields { name, description, tags } = Fields::of(number);
    format!("{name:?} {description:?} {}", tags.join(" "))
}

pub(crate) fn counts<'a>(resources: impl Iterator<Item = &'a Resource>) -> String {
    let mut counts = [0_u64; 4];
    for resource in resources {
        let of = ResourceType::ALL.iter().position(|of| *of == resource.resource_type());
        counts[of.unwrap()] += 1;
    }
    format!("links {counts:?}")
}
