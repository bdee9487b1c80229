//! The registry of a project in the model, and the expected results of a put.

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Attribute, AttributeValue, Maintainer, RegisteredResource, Resource};

use super::filter::{Filter, Looked};
use super::put::{Put, sorted};
use super::{ModelProject, TIME};

/// A registered resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) tags: BTreeSet<String>,
    pub(super) maintainer: Option<Maintainer>,
    pub(super) archived: bool,
    pub(super) temporary: bool,
    pub(super) unbounded: bool,
    pub(super) status: Option<AttributeValue>,
    pub(super) created: u64,
    pub(super) revision: u64,
}

impl Registered {
    /// A resource as a store shows it.
    pub(super) fn of(found: &RegisteredResource) -> Self {
        Self {
            id: found.id.as_ref().map(ToString::to_string),
            name: found.name.clone(),
            tags: sorted(&found.tags),
            maintainer: found.maintainer.clone(),
            archived: found.archived,
            temporary: found.temporary,
            unbounded: found.unbounded,
            status: found.attributes.get(&Attribute::Status).cloned(),
            created: found.created_at.as_millis(),
            revision: found.revision,
        }
    }
}

impl ModelProject {
    /// Registers resources with the change `revision`; returns the expected result for each.
    pub(super) fn put(&mut self, puts: &[Put], revision: u64) -> Vec<&'static str> {
        let mut seen = BTreeSet::new();
        let outcome = |put: &Put| match (put.named(), put.wrong()) {
            (None, _) => "invalid_key",
            (Some(resource), _) if !seen.insert(resource.clone()) => "repeated",
            (_, Some(code)) => code,
            (_, None) => self.put_one(put, revision),
        };
        puts.iter().map(outcome).collect()
    }

    fn put_one(&mut self, put: &Put, revision: u64) -> &'static str {
        let resource = put.resource();
        let before = self.resources.get(&resource);
        let created = before.map_or(TIME, |before| before.created);
        let after = put.registered(created, revision);
        let is_owner =
            after.id.as_ref().and_then(|id| self.by_id(id)).is_none_or(|of| *of == resource);
        let outcome = match before {
            _ if !is_owner => return "id_taken",
            Some(before) if (Registered { revision, ..before.clone() }) == after => {
                return "unchanged";
            }
            Some(_) => "updated",
            None => "registered",
        };
        self.resources.insert(resource, after);
        outcome
    }

    /// The segment with an id.
    pub(super) fn by_id(&self, id: &str) -> Option<&Resource> {
        let of_id = |(_, known): &(&Resource, &Registered)| known.id.as_deref() == Some(id);
        self.resources.iter().find(of_id).map(|(resource, _)| resource)
    }

    /// Whether a filter finds a resource, registered or not.
    pub(super) fn finds(&self, filter: &Filter, resource: &Resource) -> bool {
        let known = self.resources.get(resource);
        let is_in =
            |view: &str| self.views.get(view).is_some_and(|view| view.links.contains_key(resource));
        filter.finds(&Looked { resource, known, is_in: &is_in })
    }

    /// The name of a resource, by which lists are sorted.
    pub(super) fn title<'a>(&'a self, resource: &'a Resource) -> &'a str {
        self.resources.get(resource).map_or_else(|| resource.key().as_str(), |known| &known.name)
    }

    /// Removes registered resources; returns their number.
    pub(super) fn unregister(&mut self, gone: impl Fn(&Resource) -> bool) -> u64 {
        let before = self.resources.len();
        self.resources.retain(|resource, _| !gone(resource));
        (before - self.resources.len()) as u64
    }

    /// The registered resources, by type.
    pub(super) fn counts(&self) -> BTreeMap<viewlink::ResourceType, u64> {
        let mut counts = BTreeMap::new();
        for resource in self.resources.keys() {
            *counts.entry(resource.resource_type()).or_default() += 1;
        }
        counts
    }
}
