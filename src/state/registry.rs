//! The registered resources of a project: by name, by search terms, and by id.

use std::collections::{BTreeMap, BTreeSet, Bound};
use std::sync::Arc;

use super::key_map::KeyMap;
use super::placed::{Sound, require};
use crate::filter::IndexTerms;
use crate::model::ByType;
use crate::model::change_record::Registration;
use crate::model::key::{EnvironmentId, SegmentId};
use crate::model::resource::ResourceType;
use crate::model::resource_name::environment_prefix;
use crate::model::type_counts::TypeCounts;
use crate::model::view::Maintainer;
use crate::model::{Attribute, AttributeValue, Attributes, ResourceFields};

/// A search term of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    /// One of its tags.
    Tag(Arc<str>),
    /// The member that maintains it, by id.
    Member(Arc<str>),
    /// The team that maintains it, by key.
    Team(Arc<str>),
}

/// The registry of a project. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    resources: ByType<KeyMap<Arc<str>, Arc<Registration>>>,
    /// The resources that have a term, in key order.
    terms: ByType<KeyMap<Term, KeyMap<Arc<str>, ()>>>,
    segment_ids: KeyMap<SegmentId, Arc<str>>,
}

/// The bytes of attributes: a node of their map has room for eleven.
fn memory_of(attributes: &Attributes) -> usize {
    let texts = attributes.values().flat_map(AttributeValue::each_text);
    let texts: usize = texts.map(|text| text.len() + size_of::<String>()).sum();
    let node = 11 * size_of::<(Attribute, AttributeValue)>() + 16;
    if attributes.is_empty() { 0 } else { node + texts }
}

/// The terms of the index that lead to the matches.
pub(super) fn index_terms(terms: IndexTerms<'_>) -> Vec<Term> {
    match terms {
        IndexTerms::Tags(tags) => tags.iter().map(|tag| Term::Tag(tag.as_str().into())).collect(),
        IndexTerms::Members(ids) => ids.iter().map(|id| Term::Member(id.as_str().into())).collect(),
        IndexTerms::Teams(keys) => keys.iter().map(|key| Term::Team(key.as_str().into())).collect(),
    }
}

/// The search terms of a resource.
pub(super) fn terms_of(fields: &ResourceFields) -> BTreeSet<Term> {
    let tags = fields.tags.iter().map(|tag| Term::Tag(tag.as_str().into()));
    let maintainer = fields.maintainer.as_ref().map(|maintainer| match maintainer {
        Maintainer::Member(id) => Term::Member(id.as_str().into()),
        Maintainer::Team(key) => Term::Team(key.as_str().into()),
    });
    tags.chain(maintainer).collect()
}

impl Registry {
    /// Indexes resources that are in key order.
    pub(super) fn load(resources: ByType<Vec<(String, Registration)>>) -> Sound<Self> {
        let mut registry = Self::default();
        let mut segments = Vec::new();
        for (resource_type, rows) in resources.into_entries() {
            let mut terms = BTreeMap::<Term, Vec<(Arc<str>, ())>>::new();
            let rows = rows.into_iter().map(|(name, registration)| {
                let name: Arc<str> = name.into();
                for term in terms_of(&registration.fields) {
                    terms.entry(term).or_default().push((Arc::clone(&name), ()));
                }
                let id = registration.fields.id.clone();
                segments.extend(id.map(|id| (id, Arc::clone(&name))));
                (name, Arc::new(registration))
            });
            *registry.resources.get_mut(resource_type) = rows.collect();
            let terms = terms.into_iter().map(|(term, names)| (term, names.into_iter().collect()));
            *registry.terms.get_mut(resource_type) = terms.collect();
        }
        segments.sort_unstable();
        let once = segments.is_sorted_by(|(one, _), (other, _)| one < other);
        require(once, "an id belongs to two segments")?;
        registry.segment_ids = segments.into_iter().collect();
        Ok(registry)
    }

    /// The number of resources of each type.
    pub(super) fn counts(&self) -> TypeCounts {
        let mut counts = TypeCounts::default();
        for (resource_type, resources) in self.resources.iter() {
            *counts.get_mut(resource_type) = resources.len() as u64;
        }
        counts
    }

    /// The registered fields of a resource.
    ///
    /// Cost: O(log resources).
    pub(super) fn get(&self, resource_type: ResourceType, name: &str) -> Option<&Registration> {
        self.resources.get(resource_type).get(name).map(|registration| &**registration)
    }

    /// The name of the segment with an id.
    ///
    /// Cost: O(log segments).
    pub(super) fn segment(&self, id: &str) -> Option<&str> {
        self.segment_ids.get(id).map(|name| &**name)
    }

    /// The resources of a type in key order, after a name.
    ///
    /// Cost: O(log resources), and O(1) for each.
    pub(super) fn iter(
        &self,
        resource_type: ResourceType,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&str, &Registration)> + use<'_> {
        let from = after.map_or(Bound::Unbounded, |name| Bound::Excluded(Arc::from(name)));
        self.from(resource_type, from)
    }

    /// The resources of a type that belong to an environment, in key order: only segments do.
    ///
    /// Cost: O(log resources), and O(1) for each.
    pub(super) fn in_environment(
        &self,
        resource_type: ResourceType,
        environment: &EnvironmentId,
    ) -> impl Iterator<Item = (&str, &Registration)> + use<'_> {
        let prefix = environment_prefix(environment);
        let from = Bound::Included(Arc::from(prefix.as_str()));
        let rows = self.from(resource_type, from);
        rows.take_while(move |(name, _)| name.starts_with(&prefix))
    }

    fn from(
        &self,
        resource_type: ResourceType,
        from: Bound<Arc<str>>,
    ) -> impl Iterator<Item = (&str, &Registration)> + use<'_> {
        let rows = self.resources.get(resource_type).range::<Arc<str>, _>((from, Bound::Unbounded));
        rows.map(|(name, registration)| (&**name, &**registration))
    }

    /// The names of resources that have a term, in key order.
    ///
    /// Cost: O(log terms), and O(1) for each.
    pub(super) fn with_term(
        &self,
        resource_type: ResourceType,
        term: &Term,
    ) -> impl Iterator<Item = &str> {
        let names = self.terms.get(resource_type).get(term);
        names.into_iter().flat_map(|names| names.into_iter()).map(|(name, ())| &**name)
    }

    /// Registers a resource, or changes its fields. The id of a segment belongs to no other segment.
    ///
    /// Cost: O((1 + tags) · log resources).
    pub(super) fn put(
        &mut self,
        resource_type: ResourceType,
        name: &str,
        registration: Registration,
    ) {
        let resources = self.resources.get_mut(resource_type);
        let name = resources.get_key(name).cloned().unwrap_or_else(|| name.into());
        let registration = Arc::new(registration);
        let before = resources.insert_cow(Arc::clone(&name), Arc::clone(&registration));
        let before = before.as_ref().map(|before| &before.fields);
        self.index(resource_type, &name, before, Some(&registration.fields));
    }

    /// Removes a resource; returns its fields.
    ///
    /// Cost: O((1 + tags) · log resources).
    pub(super) fn remove(
        &mut self,
        resource_type: ResourceType,
        name: &str,
    ) -> Option<Arc<Registration>> {
        let resources = self.resources.get_mut(resource_type);
        let name = resources.get_key(name).cloned()?;
        let removed = resources.remove_cow(&name)?;
        self.index(resource_type, &name, Some(&removed.fields), None);
        Some(removed)
    }

    /// Updates the index and the ids of segments when the fields of a resource change.
    fn index(
        &mut self,
        resource_type: ResourceType,
        name: &Arc<str>,
        before: Option<&ResourceFields>,
        after: Option<&ResourceFields>,
    ) {
        let [old, new] = [before, after].map(|fields| fields.map(terms_of).unwrap_or_default());
        let terms = self.terms.get_mut(resource_type);
        for term in old.difference(&new) {
            let Some(names) = terms.get_mut_cow(term) else { continue };
            names.remove_cow(name);
            if names.len() == 0 {
                terms.remove_cow(term);
            }
        }
        for term in new.difference(&old) {
            let names = terms.get_or_insert_cow(term.clone(), KeyMap::default);
            names.insert_cow(Arc::clone(name), ());
        }
        let [old, new] = [before, after].map(|fields| fields.and_then(|fields| fields.id.as_ref()));
        if old != new {
            if let Some(id) = old {
                self.segment_ids.remove_cow(id);
            }
            if let Some(id) = new {
                self.segment_ids.insert_cow(id.clone(), Arc::clone(name));
            }
        }
    }

    /// The bytes of its memory.
    ///
    /// Cost: O(resources · (1 + tags)).
    pub(super) fn memory(&self) -> usize {
        let entry = size_of::<Arc<str>>() + size_of::<usize>();
        let rows = self.resources.iter().flat_map(|(_, resources)| resources.into_iter());
        let rows = rows.map(|(name, row)| {
            let ResourceFields { id, name: title, tags, maintainer, attributes, .. } = &row.fields;
            let tags: usize = tags.iter().map(|tag| tag.len() + size_of::<String>() + entry).sum();
            let id = id.as_ref().map_or(0, |id| id.as_str().len() * 2 + entry);
            let maintainer = maintainer.as_ref().map_or(0, |of| of.id().len() + entry);
            entry
                + 32
                + name.len()
                + size_of::<Registration>()
                + title.len()
                + tags
                + id
                + maintainer
                + memory_of(attributes)
        });
        rows.sum()
    }

    /// Checks the structure; the error describes a violation.
    ///
    /// Cost: O(resources · tags).
    pub(super) fn check(&self) -> Result<(), String> {
        for (resource_type, resources) in self.resources.iter() {
            let mut expected = BTreeSet::new();
            for (name, row) in resources {
                expected
                    .extend(terms_of(&row.fields).into_iter().map(|term| (term, Arc::clone(name))));
                if let Some(id) = &row.fields.id
                    && self.segment(id.as_str()) != Some(&**name)
                {
                    return Err(format!("id {id} does not belong to its segment"));
                }
            }
            let terms = self.terms.get(resource_type).into_iter();
            let found = terms
                .flat_map(|(term, names)| names.into_iter().map(move |(name, ())| (term, name)));
            if !found.eq(expected.iter().map(|(term, name)| (term, name))) {
                return Err(format!("the index of the type {resource_type} is wrong"));
            }
        }
        let segments = self.resources.get(ResourceType::Segment).into_iter();
        let with_id = segments.filter(|(_, row)| row.fields.id.is_some()).count();
        if with_id == self.segment_ids.len() {
            Ok(())
        } else {
            Err("an id belongs to no segment".to_owned())
        }
    }
}
