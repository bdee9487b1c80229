//! What takes many links away at once: deleting a view or project, removing a resource or an
//! environment.

use std::collections::{BTreeMap, BTreeSet};

use redb::ReadableTable;

use super::links::{Edit, LinkKey};
use super::records::{ProjectRow, ViewRow};
use super::resource_record::name_of;
use super::tables::{KeyRange, Lazy, Prefix};
use super::write::WriteTables;
use crate::model::Stamp;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::{EnvironmentId, ProjectKey};
use crate::model::resource::ResourceType;
use crate::model::resource_name::ResourceName;
use crate::model::type_counts::TypeCounts;

/// What went with resources that were removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Removal {
    /// How many of them were registered.
    pub(crate) registered: u64,
    /// How many of them were in a view.
    pub(crate) linked: u64,
    /// How many links went.
    pub(crate) links: u64,
}

impl<'t> WriteTables<'t> {
    /// Deletes a view with its links; tells how many went. Its id stays in posting lists.
    ///
    /// Cost: O(links of the view).
    pub(crate) fn delete_view(
        &mut self,
        project: &ProjectKey,
        view: &ViewRow,
    ) -> Result<TypeCounts> {
        let mut project = self.project_of(project)?;
        project.views = project.views.checked_sub(1).ok_or_else(|| {
            Error::damaged(
                StoreFile::State,
                "table projects",
                "a project has fewer views than rows",
            )
        })?;
        self.put_project(&project)?;
        self.view_table()?.remove(&*view.row_key())?;
        self.bury_view(view)?;
        self.head.deleted_views += 1;
        Ok(view.links())
    }

    /// Removes the links of a view and what its id leads to.
    fn bury_view(&mut self, view: &ViewRow) -> Result<()> {
        for resource_type in ResourceType::ALL {
            if view.links().get(resource_type) > 0 {
                self.clear(|tables| tables.links.get_mut(resource_type), &Prefix::of(view.id()))?;
            }
        }
        self.live.bury(self.transaction, view.id())
    }

    /// Deletes a project with its views, their links and its registry; tells how many views and links
    /// went.
    ///
    /// Cost: O(views, links and resources of the project).
    pub(crate) fn delete_project(&mut self, project: &ProjectRow) -> Result<(u64, TypeCounts)> {
        let all = Prefix::of(project.id);
        let table = self.view_table()?;
        let views = table.range::<&[u8]>(all.range())?.map(|row| {
            let (key, value) = row?;
            ViewRow::from_row(key.value(), value.value())
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        let mut unlinked = TypeCounts::default();
        for view in &views {
            unlinked += view.links();
            self.bury_view(view)?;
        }
        self.view_table()?.retain_in::<&[u8], _>(all.range(), |_, _| false)?;
        for resource_type in ResourceType::ALL {
            self.clear(|tables| tables.backlinks.get_mut(resource_type), &all)?;
            self.clear(|tables| tables.resources.get_mut(resource_type), &all)?;
            self.clear(|tables| tables.resource_index.get_mut(resource_type), &all)?;
        }
        self.clear(|tables| &mut tables.segment_ids, &all)?;
        self.project_table()?.remove(project.key.as_str().as_bytes())?;
        self.head.projects = self.head.projects.saturating_sub(1);
        // The tail may hold some of them, and folds them some day.
        self.head.deleted_views += views.len() as u64;
        Ok((views.len() as u64, unlinked))
    }

    /// Removes every row of a range.
    fn clear(
        &mut self,
        table: impl FnOnce(&mut Self) -> &mut Lazy<'t>,
        rows: &Prefix,
    ) -> Result<()> {
        let transaction = self.transaction;
        let range: KeyRange<'_> = rows.range();
        table(self).get(transaction)?.retain_in::<&[u8], _>(range, |_, _| false)?;
        Ok(())
    }

    /// Takes a resource out of the registry and out of every view.
    ///
    /// Cost: O(views of the resource · log rows).
    pub(crate) fn remove_resource(
        &mut self,
        project: &ProjectRow,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
        stamp: Stamp,
    ) -> Result<Removal> {
        let names = BTreeSet::from([name.as_bytes().to_vec()]);
        let registered = self.unregister_all(project, resource_type, &names)?;
        let (linked, links) = self.unlink_everywhere(resource_type, project.id, names, stamp)?;
        Ok(Removal { registered, linked, links })
    }

    /// Takes all segments of an environment out of the registry and out of every view.
    ///
    /// Cost: O(segments and their links · log rows).
    pub(crate) fn remove_environment(
        &mut self,
        project: &ProjectRow,
        environment: &EnvironmentId,
        stamp: Stamp,
    ) -> Result<Removal> {
        let names = self.registered_segments(project.id, environment)?;
        let registered = self.unregister_all(project, ResourceType::Segment, &names)?;
        let prefix = ResourceName::environment_prefix(environment);
        let names = self.names_from(ResourceType::Segment, project.id, &prefix)?;
        let (linked, links) =
            self.unlink_everywhere(ResourceType::Segment, project.id, names, stamp)?;
        Ok(Removal { registered, linked, links })
    }

    /// Takes resources out of the registry; tells how many were there.
    fn unregister_all(
        &mut self,
        project: &ProjectRow,
        resource_type: ResourceType,
        names: &BTreeSet<Vec<u8>>,
    ) -> Result<u64> {
        let (mut project, mut registered) = (project.clone(), 0);
        for name in names {
            let name = name_of(name)?;
            registered += u64::from(self.unregister(&mut project, resource_type, &name)?);
        }
        if registered > 0 {
            self.put_project(&project)?;
        }
        Ok(registered)
    }

    /// Removes posting lists with the links they stand for: view by view, so that each block is
    /// written once however many of its links go.
    fn unlink_everywhere(
        &mut self,
        resource_type: ResourceType,
        project: u32,
        names: BTreeSet<Vec<u8>>,
        stamp: Stamp,
    ) -> Result<(u64, u64)> {
        let mut lists = 0;
        let mut by_view = BTreeMap::<u32, Vec<LinkKey<'_>>>::new();
        for name in &names {
            let posting = self.posting(resource_type, project, name)?;
            lists += u64::from(!posting.is_empty());
            let name = ResourceName::packed(str::from_utf8(name).unwrap_or_default());
            for &view in posting.ids() {
                let link = LinkKey { name: name.clone(), request_index: 0 };
                by_view.entry(view).or_default().push(link);
            }
        }
        let mut links = 0;
        for (id, keys) in by_view {
            let unlinked = self.change_forward(id, resource_type, Edit::Unlink, &keys, stamp)?;
            if unlinked.contains(&false) {
                return Err(Error::damaged(
                    StoreFile::State,
                    format!("table backlinks.{resource_type}"),
                    format!("it names a link that view {id} does not have"),
                ));
            }
            links += keys.len() as u64;
            let mut view = self.view_by_id(id)?;
            view.count(resource_type, Edit::Unlink, keys.len() as u64, stamp)?;
            self.put_view(&view)?;
        }
        self.remove_postings(resource_type, project, &names.iter().collect::<Vec<_>>())?;
        Ok((lists, links))
    }
}
