//! Changing the registry: a resource's row, what indexes it and what counts it (invariant 9).

use std::collections::BTreeSet;

use super::records::ProjectRow;
use super::resource_record::{ResourceRecord, ResourceRow};
use super::tables::{Prefix, row_key, split_row_key};
use super::term::Term;
use super::write::WriteTables;
use crate::model::ResourceFields;
use crate::model::Stamp;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::EnvironmentId;
use crate::model::resource::ResourceType;
use crate::model::resource_name::ResourceName;

impl WriteTables<'_> {
    /// Registers a resource, or changes what is said of it: `before` is what is in the tables. The id
    /// of a segment leads to no other one.
    ///
    /// The project counts it; whoever changes the registry puts the project back.
    ///
    /// Cost: O((1 + tags) · log resources).
    pub(crate) fn put_resource(
        &mut self,
        project: &mut ProjectRow,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
        (before, after): (Option<&ResourceFields>, ResourceFields),
        stamp: Stamp,
    ) -> Result<()> {
        if before.is_none() {
            *project.resources.get_mut(resource_type) += 1;
        }
        self.index(project.id, resource_type, name, before, Some(&after))?;
        let record = ResourceRecord { fields: after, revision: stamp.revision };
        let table = self.resources.get_mut(resource_type).get(self.transaction)?;
        table.insert(&*row_key(project.id, name.as_bytes()), &*record.encode()?)?;
        self.rows += 1;
        Ok(())
    }

    /// Takes a resource out of the registry; tells whether it was there.
    ///
    /// Cost: O((1 + tags) · log resources).
    pub(super) fn unregister(
        &mut self,
        project: &mut ProjectRow,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
    ) -> Result<bool> {
        let key = row_key(project.id, name.as_bytes());
        let table = self.resources.get_mut(resource_type).get(self.transaction)?;
        let removed = table.remove(&*key)?;
        let removed =
            removed.map(|value| ResourceRow::decode(name.as_bytes(), value.value())).transpose()?;
        let Some(row) = removed else { return Ok(false) };
        let count = project.resources.get_mut(resource_type);
        *count = count.checked_sub(1).ok_or_else(|| {
            let detail = format!("{} says that it has fewer resources than it has", project.key);
            Error::damaged(StoreFile::State, "table projects", detail)
        })?;
        self.index(project.id, resource_type, name, Some(&row.fields), None)?;
        self.rows += 1;
        Ok(true)
    }

    /// The names of the registered segments of an environment.
    pub(super) fn registered_segments(
        &mut self,
        project: u32,
        environment: &EnvironmentId,
    ) -> Result<BTreeSet<Vec<u8>>> {
        use redb::ReadableTable as _;
        let rows = Prefix::new(row_key(project, &ResourceName::environment_prefix(environment)));
        let table = self.resources.get_mut(ResourceType::Segment).get(self.transaction)?;
        let names = table.range::<&[u8]>(rows.range())?.map(|row| {
            let (key, _) = row?;
            Ok(split_row_key(key.value()).unwrap_or_default().1.to_vec())
        });
        names.collect()
    }

    /// Brings the index, and what ids lead to, from what was said of a resource to what is said.
    fn index(
        &mut self,
        project: u32,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
        before: Option<&ResourceFields>,
        after: Option<&ResourceFields>,
    ) -> Result<()> {
        let [old, new] = [before, after].map(|fields| -> BTreeSet<Term<'_>> {
            fields.into_iter().flat_map(Term::of).collect()
        });
        if old != new {
            let table = self.resource_index.get_mut(resource_type).get(self.transaction)?;
            for term in old.difference(&new) {
                table.remove(&*term.row_key(project, name.as_str()))?;
                self.rows += 1;
            }
            for term in new.difference(&old) {
                table.insert(&*term.row_key(project, name.as_str()), &[][..])?;
                self.rows += 1;
            }
        }
        let [old, new] = [before, after].map(|fields| fields.and_then(|fields| fields.id.as_ref()));
        if old != new {
            let table = self.segment_ids.get(self.transaction)?;
            if let Some(id) = old {
                table.remove(&*row_key(project, id.as_str().as_bytes()))?;
            }
            if let Some(id) = new {
                table.insert(&*row_key(project, id.as_str().as_bytes()), name.as_bytes())?;
            }
            self.rows += 1;
        }
        Ok(())
    }
}
