//! Which resources a filter finds: in the registry, or among the links of a view.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::filter::{IndexTerms, ResourceCondition, ResourceFacts, ResourceFilter, SetPredicate};
use crate::model::ResourceFields;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::{EnvironmentId, ViewKey};
use crate::model::resource_name::ResourceName;
use crate::storage::{ResourceRow, ResourceRows, Term};

/// A filter whose views were looked up.
pub(crate) struct Selection<'f> {
    filter: &'f ResourceFilter,
    views: BTreeMap<&'f ViewKey, u32>,
}

impl<'f> Selection<'f> {
    /// `view_id` looks a view up.
    pub(crate) fn new(
        filter: &'f ResourceFilter,
        mut view_id: impl FnMut(&ViewKey) -> Result<u32>,
    ) -> Result<Self> {
        let keys = filter.views().flat_map(|test| match test {
            SetPredicate::AnyOf(keys) | SetPredicate::AllOf(keys) | SetPredicate::NoneOf(keys) => {
                keys
            }
        });
        let views = keys.map(|key| Ok((key, view_id(key)?)));
        Ok(Self { filter, views: views.collect::<Result<_>>()? })
    }

    /// Whether the filter finds everything.
    pub(crate) fn is_all(&self) -> bool {
        self.filter.conditions().is_empty()
    }

    /// The registered resources that the filter finds, in key order.
    ///
    /// Cost: O(n · log resources) with the n that the index finds for a tag or maintainer; without
    /// one of these O(resources of the type, or of the environment).
    pub(crate) fn registered(&self, rows: &impl ResourceRows) -> Result<Vec<ResourceRow>> {
        let mut found = Vec::new();
        let mut add = |row: ResourceRow| {
            if self.admits(rows, &row.name, Some(&row.fields))? {
                found.push(row);
            }
            Ok(())
        };
        let Some(terms) = self.filter.lookup() else {
            rows.each_registered(self.environment(), add)?;
            return Ok(found);
        };
        for name in rows.indexed(&terms_of(terms))? {
            add(rows.resource(&name)?.ok_or_else(lost)?)?;
        }
        Ok(found)
    }

    /// The links of a view that the filter finds, in key order.
    ///
    /// Cost: O(n · log resources) with the n links of the view.
    pub(crate) fn linked(
        &self,
        rows: &impl ResourceRows,
        view: u32,
    ) -> Result<Vec<ResourceName<'static>>> {
        let mut found = Vec::new();
        for name in rows.linked(view)? {
            if self.finds(rows, &name)? {
                found.push(name);
            }
        }
        Ok(found)
    }

    /// Whether the filter finds a resource that may be registered or not.
    ///
    /// Cost: O(log resources), and O(log links) for each view the filter names.
    pub(crate) fn finds(&self, rows: &impl ResourceRows, name: &ResourceName<'_>) -> Result<bool> {
        if self.is_all() {
            return Ok(true);
        }
        let row = rows.resource(name)?;
        self.admits(rows, name, row.as_ref().map(|row| &row.fields))
    }

    /// The environment outside of which nothing matches.
    fn environment(&self) -> Option<&EnvironmentId> {
        self.filter.conditions().iter().find_map(|condition| match condition {
            ResourceCondition::Environment(environment) => Some(environment),
            _ => None,
        })
    }

    fn admits(
        &self,
        rows: &impl ResourceRows,
        name: &ResourceName<'_>,
        fields: Option<&ResourceFields>,
    ) -> Result<bool> {
        if !self.filter.matches(&ResourceFacts::new(name.as_str(), fields)) {
            return Ok(false);
        }
        let failed = Cell::new(None);
        let is_in = |key: &ViewKey| {
            let linked = self.views.get(key).map(|&view| rows.is_linked(view, name));
            linked.transpose().map(|linked| linked == Some(true)).unwrap_or_else(|error| {
                failed.set(Some(error));
                false
            })
        };
        let holds = self.filter.views().all(|test| test.holds(is_in));
        failed.into_inner().map_or(Ok(holds), Err)
    }
}

/// What leads to the matches in the index.
fn terms_of(terms: IndexTerms<'_>) -> Vec<Term<'_>> {
    match terms {
        IndexTerms::Tags(tags) => tags.iter().map(|tag| Term::Tag(tag)).collect(),
        IndexTerms::Members(ids) => ids.iter().map(|id| Term::Member(id)).collect(),
        IndexTerms::Teams(keys) => keys.iter().map(|key| Term::Team(key)).collect(),
    }
}

fn lost() -> Error {
    Error::damaged(
        StoreFile::State,
        "table resource_index",
        "it names a resource that is not there",
    )
}
