//! Which resources a filter finds: in the registry, or among the links of a view.

use std::collections::{BTreeMap, BTreeSet};

use super::project::ProjectState;
use super::registry::index_terms;
use super::standing::named_views;
use super::view::ViewState;
use crate::filter::{ResourceCondition, ResourceFacts, ResourceFilter, SetPredicate};
use crate::model::ResourceFields;
use crate::model::change_record::Registration;
use crate::model::error::Result;
use crate::model::key::{EnvironmentId, ViewKey};
use crate::model::resource::ResourceType;

/// A filter whose views were looked up.
pub(super) struct Selection<'f, 's> {
    filter: &'f ResourceFilter,
    views: BTreeMap<&'f ViewKey, u32>,
    project: &'s ProjectState,
    resource_type: ResourceType,
}

impl<'f, 's> Selection<'f, 's> {
    /// `unknown` makes the error of a view that is not there.
    pub(super) fn new(
        project: &'s ProjectState,
        resource_type: ResourceType,
        filter: &'f ResourceFilter,
        unknown: impl Fn(&ViewKey) -> crate::model::error::Error,
    ) -> Result<Self> {
        let slot = |key| project.views.slot(key).ok_or_else(|| unknown(key));
        // In the order of the filter: the first one that is not there is told.
        let named = filter.views().flat_map(SetPredicate::members);
        let views = named.map(|key| Ok((key, slot(key)?)));
        Ok(Self { filter, views: views.collect::<Result<_>>()?, project, resource_type })
    }

    /// The same for a standing filter: a view that is not there is one without links.
    pub(super) fn standing(
        project: &'s ProjectState,
        resource_type: ResourceType,
        filter: &'f ResourceFilter,
    ) -> Self {
        let slot = |key| Some((key, project.views.slot(key)?));
        let views = named_views(filter).into_iter().filter_map(slot).collect();
        Self { filter, views, project, resource_type }
    }

    /// Whether the filter finds everything.
    pub(super) fn is_all(&self) -> bool {
        self.filter.conditions().is_empty()
    }

    /// The registered resources that the filter finds, in key order.
    ///
    /// Cost: O(n · log resources) with the n that the index finds for a tag or maintainer; without one of
    /// these O(resources of the type, or of the environment).
    pub(super) fn registered(&self) -> Vec<(&'s str, &'s Registration)> {
        let registry = &self.project.registry;
        let admits = |(name, row): &(&str, &Registration)| self.admits(name, Some(&row.fields));
        if let Some(terms) = self.filter.lookup() {
            let mut names = BTreeSet::new();
            for term in index_terms(terms) {
                names.extend(registry.with_term(self.resource_type, &term));
            }
            let row = |name| Some((name, registry.get(self.resource_type, name)?));
            return names.into_iter().filter_map(row).filter(admits).collect();
        }
        let Some(environment) = self.environment() else {
            return registry.iter(self.resource_type, None).filter(admits).collect();
        };
        registry.in_environment(self.resource_type, environment).filter(admits).collect()
    }

    /// The links of a view that the filter finds, in key order.
    ///
    /// Cost: O(n · log resources) with the n links of the view.
    pub(super) fn linked(&self, view: &'s ViewState) -> Vec<&'s str> {
        let Some(links) = view.links(self.resource_type) else { return Vec::new() };
        let names = &self.project.of(self.resource_type).names;
        let linked = links.by_key(names, None, 0).map(|link| names.text(link.place));
        linked.filter(|name| self.finds(name)).collect()
    }

    /// Whether the filter finds a resource that may be registered or not.
    ///
    /// Cost: O(log resources), and O(1) for each view the filter names.
    pub(super) fn finds(&self, name: &str) -> bool {
        if self.is_all() {
            return true;
        }
        let row = self.project.registry.get(self.resource_type, name);
        self.admits(name, row.map(|row| &row.fields))
    }

    /// The environment outside of which nothing matches.
    fn environment(&self) -> Option<&EnvironmentId> {
        self.filter.conditions().iter().find_map(|condition| match condition {
            ResourceCondition::Environment(environment) => Some(environment),
            _ => None,
        })
    }

    fn admits(&self, name: &str, fields: Option<&ResourceFields>) -> bool {
        let is_in = |key: &ViewKey| {
            let slot = self.views.get(key);
            slot.is_some_and(|slot| self.project.is_linked(*slot, self.resource_type, name))
        };
        admits(self.filter, name, fields, is_in)
    }
}

/// Whether a filter finds a resource; `is_in` tells whether it is in a view.
pub(super) fn admits(
    filter: &ResourceFilter,
    name: &str,
    fields: Option<&ResourceFields>,
    is_in: impl Fn(&ViewKey) -> bool,
) -> bool {
    filter.matches(&ResourceFacts::new(name, fields))
        && filter.views().all(|test| test.holds(&is_in))
}
