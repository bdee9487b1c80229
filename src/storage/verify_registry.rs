//! Checking the registry (invariant 9): every row of a resource against what indexes it and what
//! counts it.

use std::collections::BTreeMap;

use redb::{ReadableTable, ReadableTableMetadata};

use super::read::ReadTables;
use super::records::ProjectRow;
use super::resource_record::ResourceRow;
use super::tables::{row_key, split_row_key};
use super::term::Term;
use crate::model::error::Result;
use crate::model::resource::{Resource, ResourceType};
use crate::verify::{Counts, Findings};

/// What leads to the rows of a type, as it should.
#[derive(Default)]
struct Expected {
    index_rows: u64,
    ids: u64,
    by_project: BTreeMap<u32, u64>,
}

impl ReadTables {
    /// Checks that every resource is found under each of its terms and its id, that nothing else is
    /// found there, and that each project counts its resources.
    ///
    /// Cost: O(rows of the registry · log rows).
    pub(super) fn check_registry(
        &self,
        projects: &BTreeMap<u32, ProjectRow>,
        counts: &mut Counts,
        found: &mut Findings,
    ) -> Result<()> {
        for resource_type in ResourceType::ALL {
            let expected = self.check_resources(resource_type, projects, found)?;
            *counts.resources.get_mut(resource_type) = expected.by_project.values().sum();
            if self.resource_index(resource_type)?.len()? != expected.index_rows {
                let table = format!("table resource_index.{resource_type}");
                found.add(9, table, "it has rows that no resource is behind");
            }
            if resource_type == ResourceType::Segment && self.segment_ids()?.len()? != expected.ids
            {
                found.add(9, "table segment_ids", "it has ids that no segment is behind");
            }
            for (id, project) in projects {
                let rows = expected.by_project.get(id).copied().unwrap_or_default();
                let says = project.resources.get(resource_type);
                if rows != says {
                    let place = format!("project {}", project.key);
                    let detail = format!("it has {rows} registered {}", resource_type.plural());
                    found.add(9, place, format!("{detail} and says {says}"));
                }
            }
        }
        Ok(())
    }

    fn check_resources(
        &self,
        resource_type: ResourceType,
        projects: &BTreeMap<u32, ProjectRow>,
        found: &mut Findings,
    ) -> Result<Expected> {
        let table = format!("table resources.{resource_type}");
        let mut expected = Expected::default();
        for row in self.resources(resource_type)?.iter()? {
            let (key, value) = row?;
            let (project, name) = split_row_key(key.value()).unwrap_or((u32::MAX, &[]));
            let row = found.damage(9, ResourceRow::decode(name, value.value()))?;
            let Some(row) = row else { continue };
            *expected.by_project.entry(project).or_default() += 1;
            if !projects.contains_key(&project) {
                found.add(9, &*table, format!("project {project} is not there"));
            }
            if Resource::of_row(resource_type, &row.name).is_err() {
                found.add(9, &*table, "a resource has a name that is none");
            }
            if row.revision > self.head().revision {
                found.add(
                    9,
                    &*table,
                    format!("{} is yet to come", row.name.as_str().escape_debug()),
                );
            }
            self.check_leads((resource_type, project), &row, &mut expected, found)?;
        }
        Ok(expected)
    }

    /// Checks that what a resource says of itself leads to it.
    fn check_leads(
        &self,
        (resource_type, project): (ResourceType, u32),
        row: &ResourceRow,
        expected: &mut Expected,
        found: &mut Findings,
    ) -> Result<()> {
        let name = row.name.as_str();
        let index = self.resource_index(resource_type)?;
        for term in Term::of(&row.fields) {
            if index.get(&*term.row_key(project, name))?.is_some() {
                expected.index_rows += 1;
            } else {
                let table = format!("table resource_index.{resource_type}");
                found.add(9, table, format!("{} is not found by {term:?}", name.escape_debug()));
            }
        }
        let Some(id) = &row.fields.id else { return Ok(()) };
        let leads_to = self.segment_ids()?.get(&*row_key(project, id.as_str().as_bytes()))?;
        expected.ids += u64::from(leads_to.is_some());
        if leads_to.is_none_or(|leads_to| leads_to.value() != name.as_bytes()) {
            let detail = format!("{id} does not lead to {}", name.escape_debug());
            found.add(9, "table segment_ids", detail);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
