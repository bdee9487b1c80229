//! The registry of a project in the model.

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Resource, ResourceType};

use crate::put::{IDS, Puts, Said, TAGS};

/// The registered resources of a project.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    resources: BTreeMap<Resource, Registered>,
}

#[derive(Clone, Debug)]
struct Registered {
    said: Said,
    created: u64,
    revision: u64,
}

impl Registry {
    /// Registers resources; returns the line of the journal, or `None` if there is nothing new.
    pub(crate) fn put(&mut self, puts: &Puts, time: u64, revision: u64) -> Option<String> {
        let mut seen = BTreeSet::new();
        let mut lines = Vec::new();
        for (resource, said) in puts.said() {
            if !seen.insert(resource.clone()) || self.is_taken(said.id, &resource) {
                continue;
            }
            let before = self.resources.get(&resource);
            if before.is_some_and(|before| before.said == said) {
                continue;
            }
            let created = before.map_or(time, |before| before.created);
            let registered = Registered { said, created, revision };
            lines.push(registered.line(&resource));
            self.resources.insert(resource, registered);
        }
        (!lines.is_empty()).then(|| format!("put {}", lines.join("; ")))
    }

    /// Whether an id belongs to another segment.
    fn is_taken(&self, id: Option<&str>, resource: &Resource) -> bool {
        id.and_then(|id| self.by_id(id)).is_some_and(|owner| owner != resource)
    }

    /// The segment with an id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Resource> {
        let mut resources = self.resources.iter();
        resources.find(|(_, known)| known.said.id == Some(id)).map(|(resource, _)| resource)
    }

    /// The registered resources of a type that have a tag, in key order.
    pub(crate) fn tagged(&self, of: ResourceType, tag: &str) -> Vec<Resource> {
        let of_type = self.resources.iter().filter(|(to, _)| to.resource_type() == of);
        let tagged = of_type.filter(|(_, known)| known.said.tags.contains(&tag));
        tagged.map(|(resource, _)| resource.clone()).collect()
    }

    /// Removes resources; returns their number.
    pub(crate) fn remove(&mut self, gone: impl Fn(&Resource) -> bool) -> usize {
        let before = self.resources.len();
        self.resources.retain(|resource, _| !gone(resource));
        before - self.resources.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &Resource> {
        self.resources.keys()
    }

    /// All registered resources, the segments of ids, and the resources of tags.
    pub(crate) fn lines(&self, project: &str, lines: &mut Vec<String>) {
        for (resource, known) in &self.resources {
            lines.push(format!("{project} registry {}", known.line(resource)));
        }
        for id in IDS {
            lines.extend(self.by_id(id).map(|to| format!("{project} id {id} belongs to {to}")));
        }
        for resource_type in ResourceType::ALL {
            for tag in TAGS {
                let tagged = self.tagged(resource_type, tag);
                lines.push(tagged_line(project, resource_type, tag, tagged.iter()));
            }
        }
    }
}

impl Registered {
    fn line(&self, resource: &Resource) -> String {
        let Self { said, created, revision } = self;
        let of = (said.id, &*said.name, said.tags.join(" "), said.member.as_deref());
        registered_line(resource, of, said.archived, (*created, *revision))
    }
}

/// A registered resource with its id, name, tags and maintainer.
pub(crate) fn registered_line(
    resource: &Resource,
    (id, name, tags, member): (Option<&str>, &str, String, Option<&str>),
    archived: bool,
    (created, revision): (u64, u64),
) -> String {
    let of_type = resource.resource_type();
    format!(
        "{of_type} {resource} id {id:?} {name:?} {tags:?} {member:?} {archived} created {created} \
         revision {revision}"
    )
}

pub(crate) fn tagged_line<'a>(
    project: &str,
    of: ResourceType,
    tag: &str,
    found: impl Iterator<Item = &'a Resource>,
) -> String {
    let found: Vec<String> = found.map(ToString::to_string).collect();
    format!("{project} {of} with {tag}: {}", found.join(" "))
}
