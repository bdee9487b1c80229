//! Finding the resources that match a filter: in the registry, or among the links of a view.

use std::collections::BTreeSet;
use std::convert::Infallible;

use super::link_set::LinkSet;
use super::names::Name;
use super::project::{ProjectState, Resources};
use super::registry::index_terms;
use super::sets::{Merged, ViewTests};
use super::view::ViewState;
use crate::filter::{ResourceCondition, ResourceFacts, ResourceFilter};
use crate::model::ResourceFields;
use crate::model::change_record::Registration;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

/// The number of resources that are looked up together, so that memory accesses overlap.
const STAGE: usize = 256;
/// A slot that no view has.
const NO_VIEW: u32 = u32::MAX;

/// A filter with its views.
pub(super) struct Selection<'f, 's> {
    filter: &'f ResourceFilter,
    views: ViewTests<'s>,
    project: &'s ProjectState,
    resource_type: ResourceType,
}

/// A registered resource by its name.
type Row<'s> = (&'s str, &'s Registration);

impl<'f, 's> Selection<'f, 's> {
    /// `unknown` returns the error for a view that does not exist.
    pub(super) fn new(
        project: &'s ProjectState,
        resource_type: ResourceType,
        filter: &'f ResourceFilter,
        unknown: impl Fn(&ViewKey) -> Error,
    ) -> Result<Self> {
        let slot = |key: &ViewKey| project.views.slot(key).ok_or_else(|| unknown(key));
        let views = ViewTests::new(project, resource_type, filter.views(), slot)?;
        Ok(Self { filter, views, project, resource_type })
    }

    /// The same for a standing filter: a missing view counts as a view without links.
    pub(super) fn standing(
        project: &'s ProjectState,
        resource_type: ResourceType,
        filter: &'f ResourceFilter,
    ) -> Self {
        let slot = |key: &ViewKey| Ok::<_, Infallible>(project.views.slot(key).unwrap_or(NO_VIEW));
        let views = match ViewTests::new(project, resource_type, filter.views(), slot) {
            Ok(views) => views,
            Err(never) => match never {},
        };
        Self { filter, views, project, resource_type }
    }

    /// Whether the filter matches everything.
    pub(super) fn is_all(&self) -> bool {
        self.filter.conditions().is_empty()
    }

    /// The registered resources that match the filter, in key order.
    ///
    /// Cost: O(n · log resources) with the n resources that the index has for a tag or maintainer, or else with the n
    /// links of the smallest view that they must be in. Without these O(resources of the type, or of the environment).
    pub(super) fn registered(&self) -> Vec<Row<'s>> {
        let registry = &self.project.registry;
        let row = |name: &'s str| Some((name, registry.get(self.resource_type, name)?));
        if let Some(terms) = self.filter.lookup() {
            let mut names = BTreeSet::new();
            for term in index_terms(terms) {
                names.extend(registry.with_term(self.resource_type, &term));
            }
            let rows = names.into_iter().filter_map(row);
            return rows.filter(|row| self.matches_row(row)).collect();
        }
        match self.views.sets() {
            Some(sets) => {
                let mut found = Vec::new();
                self.each_of_sets(sets, None, |name| {
                    found.extend(row(name));
                    true
                });
                found
            }
            None => self.rows().filter(|row| self.matches_row(row)).collect(),
        }
    }

    /// The links of a view that match the filter, in key order.
    ///
    /// Cost: O(n · log resources) with the n links of the view.
    pub(super) fn linked(&self, view: &'s ViewState) -> Vec<&'s str> {
        let Some(links) = view.links(self.resource_type) else { return Vec::new() };
        let names = &self.project.of(self.resource_type).names;
        let places = links.by_key(names, None, 0).map(|link| link.place);
        places.filter(|place| self.matches_linked(*place)).map(|place| names.text(place)).collect()
    }

    /// The resources that match the filter, linked or registered: the names after a given one in key order, up to a
    /// limit; and the number of all matches.
    ///
    /// Cost: that of [`registered`](Self::registered) if the index can be used. Else O(v · n) with v views of the
    /// filter, and the n links of the smallest view that every match must be in. If a match must only be in one of
    /// several views, n is the links of all of these. If they are large, O(v · ids / 512 + v · links before the end of
    /// the page). If no view is required, O(n log n) with all n resources; for resources in no view the cost of
    /// [`unassigned`](Self::unassigned).
    pub(super) fn found(
        &self,
        after: Option<&str>,
        skip: usize,
        limit: usize,
    ) -> (Vec<&'s str>, u64) {
        let sets = self.views.sets().filter(|_| self.filter.lookup().is_none());
        let facts = self.filter.has_field_conditions();
        if sets.is_none() && !facts && !self.views.may_be_linked() {
            return self.unassigned(after, skip, limit);
        }
        let Some(sets) = sets else {
            let names = match self.filter.lookup() {
                Some(_) => self.registered().into_iter().map(|(name, _)| name).collect(),
                None => self.everything(),
            };
            let total = names.len() as u64;
            let first = names.partition_point(|name| after.is_some_and(|after| *name <= after));
            return (names.into_iter().skip(first).skip(skip).take(limit).collect(), total);
        };
        let total = if facts { None } else { self.views.count_by_bits() };
        let (mut rows, mut passed, mut count) = (Vec::new(), 0, 0);
        self.each_of_sets(sets, after.filter(|_| total.is_some()), |name| {
            count += 1;
            if rows.len() < limit && after.is_none_or(|after| name > after) {
                match passed < skip {
                    true => passed += 1,
                    false => rows.push(name),
                }
            }
            total.is_none() || rows.len() < limit
        });
        (rows, total.unwrap_or(count))
    }

    /// Whether the filter matches the linked resource whose name is at a place.
    ///
    /// Cost: O(1) for each view that the filter names; with other conditions O(log resources).
    pub(super) fn matches_linked(&self, place: u32) -> bool {
        let names = &self.project.of(self.resource_type).names;
        self.matches_name(Name { place, id: names.id(place) })
    }

    fn matches_name(&self, name: Name) -> bool {
        (self.views.is_empty() || self.views.hold(name.id))
            && (!self.filter.has_field_conditions() || {
                let name = self.project.of(self.resource_type).names.text(name.place);
                let row = self.project.registry.get(self.resource_type, name);
                self.admits(name, row.map(|row| &row.fields))
            })
    }

    fn matches_row(&self, (name, row): &Row<'_>) -> bool {
        self.admits(name, Some(&row.fields))
            && (self.views.is_empty() || {
                let found = self.project.of(self.resource_type).names.find(name);
                found
                    .map_or_else(|| self.views.hold_for_unlinked(), |name| self.views.hold(name.id))
            })
    }

    /// Whether all conditions hold, except those on views.
    fn admits(&self, name: &str, fields: Option<&ResourceFields>) -> bool {
        self.filter.matches(&ResourceFacts::new(name, fields))
    }

    /// Calls `each` with the matches of the sets, in key order, until it returns that it has enough.
    fn each_of_sets(
        &self,
        sets: Vec<&'s LinkSet>,
        after: Option<&str>,
        mut each: impl FnMut(&'s str) -> bool,
    ) {
        let Resources { names, postings, .. } = self.project.of(self.resource_type);
        let mut merged = Merged::new(names, sets, after);
        let mut stage = Vec::new();
        while merged.next_stage(&mut stage) {
            postings.touch(stage.iter().map(|name| name.id));
            for name in &stage {
                if self.matches_name(*name) && !each(names.text(name.place)) {
                    return;
                }
            }
        }
    }

    /// The registered resources that are in no view, in the form of [`found`](Self::found).
    ///
    /// Cost: O(ids / 512) for their number, and O(1) for each registered one before the end of the page; while a
    /// deleted view is not swept O(registered ones).
    fn unassigned(&self, after: Option<&str>, skip: usize, limit: usize) -> (Vec<&'s str>, u64) {
        let Resources { names, registered, .. } = self.project.of(self.resource_type);
        let is_in_view = |id: u32| self.project.view_count(self.resource_type, id) > 0;
        let linked = match self.project.dead.is_empty() {
            true => registered.count(),
            false => registered.iter().filter(|id| is_in_view(*id)).count() as u64,
        };
        let registry = &self.project.registry;
        let total = registry.counts().get(self.resource_type).saturating_sub(linked);
        let rows = registry.iter(self.resource_type, after).map(|(name, _)| name);
        let rows = rows.filter(|name| names.find(name).is_none_or(|name| !is_in_view(name.id)));
        // There are no matches after the last one.
        let most = usize::try_from(total).unwrap_or(usize::MAX);
        (rows.take(most).skip(skip).take(limit).collect(), total)
    }

    /// The matches among all linked and registered resources, in key order.
    fn everything(&self) -> Vec<&'s str> {
        let Resources { names, .. } = self.project.of(self.resource_type);
        let in_views = |name: &Name| self.project.view_count(self.resource_type, name.id) > 0;
        let mut found = Vec::new();
        if self.views.may_be_linked() {
            let linked = names.iter().filter(|name| in_views(name) && self.matches_name(*name));
            found.extend(linked.map(|name| names.text(name.place)));
        }
        if !self.views.hold_for_unlinked() {
            found.sort_unstable();
            return found;
        }
        let (mut rows, mut stage, mut places) = (self.rows(), Vec::new(), Vec::new());
        loop {
            stage.clear();
            stage.extend(rows.by_ref().take(STAGE));
            if stage.is_empty() {
                break;
            }
            names.find_all(stage.iter().map(|(name, _)| *name), &mut places);
            for ((name, row), place) in stage.iter().zip(&places) {
                let linked = place.as_ref().is_some_and(in_views);
                let facts = self.filter.has_field_conditions();
                if !linked && (!facts || self.admits(name, Some(&row.fields))) {
                    found.push(*name);
                }
            }
        }
        // The resources without a view are already in order.
        found.sort();
        found
    }

    /// All registered resources of the type, or of the only environment that can match.
    fn rows(&self) -> Box<dyn Iterator<Item = Row<'s>> + 's> {
        let environment = self.filter.conditions().iter().find_map(|condition| match condition {
            ResourceCondition::Environment(environment) => Some(environment),
            _ => None,
        });
        let registry = &self.project.registry;
        match environment {
            Some(environment) => Box::new(registry.in_environment(self.resource_type, environment)),
            None => Box::new(registry.iter(self.resource_type, None)),
        }
    }
}

/// Whether a standing filter matches a resource; `is_in` returns whether it is in a view.
pub(super) fn admits(
    filter: &ResourceFilter,
    name: &str,
    fields: Option<&ResourceFields>,
    is_in: impl Fn(&ViewKey) -> bool,
) -> bool {
    debug_assert!(filter.can_stand(), "it can be followed");
    // A standing filter has no condition on the number of views of a resource.
    let views = usize::MAX;
    filter.matches(&ResourceFacts::new(name, fields))
        && filter.views().all(|test| test.holds(views, &is_in))
}
