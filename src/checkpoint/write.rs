//! Writing a state into a new file.

use std::sync::Arc;

use redb::{Database, Table, WriteTransaction};

use super::backend::Backend;
use super::rows::{Counts, HeadRow, ProjectRow, RegistryRow, ViewRow};
use super::tables::{self, FORMAT_KEY, HEAD, PROJECTS, STATE_KEY, STORE, VIEWS};
use super::{Checkpoint, FORMAT, links_row};
use crate::disk::DiskFile;
use crate::model::NameList;
use crate::model::change_record::Registration;
use crate::model::error::Result;
use crate::model::resource::ResourceType;
use crate::state::{ProjectParts, RankedNames, State, ViewParts};

/// Memory for pages that were written by redb but are not in the file yet.
const CACHE: usize = 16 << 20;

/// Writes a state into an empty file, and syncs it.
///
/// Cost: O(n log n) with the size of the state, on the caller's thread; in memory, the names of one type and the links
/// of one view.
///
/// # Errors
///
/// [`Error::Io`](crate::Error::Io) and [`Error::State`](crate::Error::State) if the file cannot be written; then the
/// file is useless.
pub(crate) fn write(checkpoint: &Checkpoint, file: Arc<dyn DiskFile>) -> Result<()> {
    let (state, file) = (&checkpoint.state, Backend::writing(file));
    let mut database = Database::builder().set_cache_size(CACHE).create_with_backend(file)?;
    let transaction = database.begin_write()?;
    let mut writer = Writer { transaction: &transaction, counts: Counts::default() };
    let projects = writer.projects(state)?;
    for resource_type in ResourceType::ALL {
        writer.links(&projects, resource_type)?;
        writer.registry(&projects, resource_type)?;
    }
    writer.head(checkpoint)?;
    transaction.commit()?;
    // The file doubles its size when it grows: this removes the unused space.
    database.compact()?;
    Ok(database.close()?)
}

struct Writer<'t> {
    transaction: &'t WriteTransaction,
    counts: Counts,
}

impl Writer<'_> {
    /// Adds the rows of an owner to a table.
    fn rows<T>(
        &mut self,
        table: &mut Table<'_, u64, &'static [u8]>,
        owner: u32,
        items: &[T],
        encode: impl Fn(&[T]) -> Result<Vec<u8>>,
    ) -> Result<()> {
        tables::pack(items, encode, |number, row| {
            table.insert(tables::key(owner, number), row)?;
            self.counts.rows += 1;
            Ok(())
        })
    }

    /// Writes projects and views; returns the projects in the order of their rows.
    fn projects<'s>(&mut self, state: &'s State) -> Result<Vec<ProjectParts<'s>>> {
        let mut projects: Vec<_> = state.parts().collect();
        let rows: Vec<ProjectRow> = projects
            .iter()
            .map(|project| ProjectRow {
                key: project.key().clone(),
                id: project.id(),
                settings: project.settings().clone(),
                views: project.views().count() as u64,
                registered: project.registered_counts(),
            })
            .collect();
        for row in &rows {
            self.counts.projects += 1;
            self.counts.views += row.views;
            self.counts.registered += row.registered;
        }
        let mut table = self.transaction.open_table(PROJECTS)?;
        self.rows(&mut table, STORE, &rows, |rows| tables::encode("projects", &rows))?;
        projects.sort_unstable_by_key(ProjectParts::id);
        let mut table = self.transaction.open_table(VIEWS)?;
        for project in &projects {
            let row = |view: ViewParts<'_>| ViewRow { view: view.record(), links: view.counts() };
            let rows: Vec<ViewRow> = project.views().map(row).collect();
            rows.iter().for_each(|row| self.counts.links += row.links);
            self.rows(&mut table, project.id(), &rows, |rows| tables::encode("views", &rows))?;
        }
        Ok(projects)
    }

    /// Writes the names of linked resources of a type, and their links.
    fn links(&mut self, projects: &[ProjectParts<'_>], resource_type: ResourceType) -> Result<()> {
        let (names, links) = (tables::names(resource_type), tables::links(resource_type));
        let mut table = self.transaction.open_table(names)?;
        let mut views: Vec<(ViewParts<'_>, usize)> = Vec::new();
        let mut ranked: Vec<RankedNames<'_>> = Vec::new();
        for (at, project) in projects.iter().enumerate() {
            let names = project.names(resource_type);
            let texts: Vec<&str> = names.iter().collect();
            self.rows(&mut table, project.id(), &texts, |texts| {
                tables::encode("names", &texts.iter().copied().collect::<NameList>())
            })?;
            *self.counts.names.get_mut(resource_type) += names.len() as u64;
            ranked.push(names);
            views.extend(project.views().map(|view| (view, at)));
        }
        // In the order of the table, because redb then fills its pages.
        views.sort_unstable_by_key(|(view, _)| view.id());
        let mut table = self.transaction.open_table(links)?;
        let mut links = Vec::new();
        for (view, at) in views {
            let Some(names) = ranked.get(at) else { continue };
            links.clear();
            links.extend(view.links(resource_type, names));
            let encode = |links: &[_]| links_row::encode("links", links);
            self.rows(&mut table, view.id(), &links, encode)?;
        }
        Ok(())
    }

    fn registry(
        &mut self,
        projects: &[ProjectParts<'_>],
        resource_type: ResourceType,
    ) -> Result<()> {
        let mut table = self.transaction.open_table(tables::registry(resource_type))?;
        for project in projects {
            let rows: Vec<(&str, &Registration)> = project.registered(resource_type).collect();
            self.rows(&mut table, project.id(), &rows, |rows| {
                let names = rows.iter().map(|(name, _)| *name).collect();
                let registrations =
                    rows.iter().map(|(_, registration)| (*registration).clone()).collect();
                tables::encode("registry", &RegistryRow { names, registrations })
            })?;
        }
        Ok(())
    }

    fn head(&self, checkpoint: &Checkpoint) -> Result<()> {
        let Checkpoint { identity, hash, mark, ref state } = *checkpoint;
        let digest = state.digest()?;
        let (head, counts) = (state.head(), self.counts);
        let row = HeadRow { identity, head, hash, mark, counts, digest };
        let mut table = self.transaction.open_table(HEAD)?;
        table.insert(FORMAT_KEY, tables::encode("head", &FORMAT)?.as_slice())?;
        table.insert(STATE_KEY, tables::encode("head", &row)?.as_slice())?;
        Ok(())
    }
}
