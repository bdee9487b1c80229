//! Loading a state from a file, on several threads.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTableMetadata, TableError,
};

use super::backend::Backend;

use super::rows::{Counts, HeadRow, ProjectRow, RegistryRow, ViewRow};
use super::tables::{self, FORMAT_KEY, HEAD, PROJECTS, STATE_KEY, STORE, VIEWS};
use super::{Checkpoint, FILE, FORMAT, damaged, links_row};
use crate::catch_panic::catch_panic;
use crate::disk::DiskFile;
use crate::model::change_record::Registration;
use crate::model::error::{Error, Result};
use crate::model::resource::ResourceType;
use crate::model::{ByType, NameList};
use crate::parallel::Threads;
use crate::state::{
    Head, LoadedLinks, LoadedNames, LoadedProject, LoadedRegistry, LoadedView, PlacedLinks, Sound,
    State,
};

/// Memory for pages that are read.
const CACHE: usize = 64 << 20;

/// The minimum bytes of memory that a link and a name take, in any state. With them an opening can fail early if the
/// state cannot fit.
const LINK_BYTES: u64 = 8;
const NAME_BYTES: u64 = 48;

/// Loads a state from a file, which is not changed; errors name its path. The database checks all pages first.
///
/// Cost: O(n log n) with the size of the state, on the given threads.
///
/// # Errors
///
/// [`Error::NotAStore`] if the file is not a checkpoint, [`Error::NewerFormat`], [`Error::Damaged`],
/// [`Error::MemoryLimit`] if the state cannot fit into this number of bytes, or [`Error::State`] and [`Error::Io`] if
/// it cannot be read.
pub(crate) fn load(
    file: Arc<dyn DiskFile>,
    path: &Path,
    threads: Threads,
    memory_limit: Option<u64>,
) -> Result<Checkpoint> {
    let read = |source| Error::io(format!("read the {FILE}"), source);
    if file.len().map_err(read)? == 0 {
        return Err(foreign(path, "it is empty"));
    }
    let file = Backend::reading(file).map_err(read)?;
    // The database may panic if the file is not its own.
    match catch_panic(|| load_database(file, path, threads, memory_limit)) {
        Err(Error::Panicked { message }) => {
            Err(damaged("database", format!("reading it panicked: {message}")))
        }
        loaded => loaded,
    }
}

fn foreign(path: &Path, reason: &str) -> Error {
    Error::NotAStore { path: path.into(), reason: reason.into() }
}

fn load_database(
    file: Backend,
    path: &Path,
    threads: Threads,
    memory_limit: Option<u64>,
) -> Result<Checkpoint> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    let database = builder.create_with_backend(file)?;
    let transaction = database.begin_read()?;
    let row = match head(&transaction) {
        Err(Error::Damaged { source: Some(source), .. })
            if matches!(source.downcast_ref(), Some(TableError::TableDoesNotExist(_))) =>
        {
            return Err(foreign(path, "it is a redb database, but not a checkpoint"));
        }
        other => other?,
    };
    check_memory(&row.counts, memory_limit)?;
    let reader = Reader::open(&transaction, threads)?;
    let state = reader.state(&row)?;
    drop((reader, transaction));
    database.close()?;
    let HeadRow { identity, hash, mark, .. } = row;
    Ok(Checkpoint { identity, hash, mark, state })
}

fn check_memory(counts: &Counts, limit: Option<u64>) -> Result<()> {
    let (links, names) = (counts.links.total(), counts.names.total());
    let needed = links.saturating_mul(LINK_BYTES).saturating_add(names.saturating_mul(NAME_BYTES));
    match limit {
        Some(limit) if needed > limit => Err(Error::MemoryLimit { needed, limit }),
        _ => Ok(()),
    }
}

fn head(transaction: &ReadTransaction) -> Result<HeadRow> {
    let table = transaction.open_table(HEAD)?;
    let missing = || damaged("head", "it is missing");
    let format = table.get(FORMAT_KEY)?.ok_or_else(missing)?;
    let format: u32 = tables::decode("head", format.value())?;
    match format {
        FORMAT => tables::decode("head", table.get(STATE_KEY)?.ok_or_else(missing)?.value()),
        0 => Err(damaged("head", "there is no format 0")),
        found => Err(Error::NewerFormat { part: FILE.into(), found, supported: FORMAT }),
    }
}

fn sound<T>(part: &str, found: Sound<T>) -> Result<T> {
    found.map_err(|detail| damaged(part, detail))
}

type Rows = ReadOnlyTable<u64, &'static [u8]>;

/// The tables, and the number of rows that were read.
struct Reader {
    projects: Rows,
    views: Rows,
    names: ByType<Rows>,
    links: ByType<Rows>,
    registry: ByType<Rows>,
    threads: Threads,
    rows: AtomicU64,
}

/// A project without its names and links.
struct Outline {
    row: ProjectRow,
    views: Vec<ViewRow>,
    registry: LoadedRegistry,
}

impl Reader {
    fn open(transaction: &ReadTransaction, threads: Threads) -> Result<Self> {
        let open = |definition| -> Result<Rows> { Ok(transaction.open_table(definition)?) };
        let by_type = |definition: fn(ResourceType) -> tables::Definition| {
            ByType::try_from_fn(|resource_type| open(definition(resource_type)))
        };
        Ok(Self {
            projects: open(PROJECTS)?,
            views: open(VIEWS)?,
            names: by_type(tables::names)?,
            links: by_type(tables::links)?,
            registry: by_type(tables::registry)?,
            threads,
            rows: AtomicU64::new(0),
        })
    }

    /// The whole state, compared with the counts and the digest in the head.
    fn state(&self, HeadRow { head, counts, digest, .. }: &HeadRow) -> Result<State> {
        let mut projects = Vec::new();
        self.rows("projects", &self.projects, STORE, |row| {
            projects.append(&mut tables::decode::<Vec<ProjectRow>>("projects", row)?);
            Ok(())
        })?;
        let outlines = self.threads.map(&projects, |row| self.outline(*head, row));
        let outlines = projects.into_iter().zip(outlines).map(|(row, outline)| {
            outline.map(|(views, registry)| Outline { row, views, registry })
        });
        let outlines = outlines.collect::<Result<Vec<Outline>>>()?;
        let names = self.names(&outlines)?;
        let links = self.links(&outlines, &names)?;
        let found = self.counts(&outlines, &names)?;
        let projects = assemble(outlines, names, links);
        let state = sound("projects", State::load(*head, projects, self.threads))?;
        if found != *counts {
            return Err(damaged("head", "its counts do not match"));
        }
        if state.digest_on(self.threads)? != *digest {
            return Err(damaged("head", "its digest does not match"));
        }
        Ok(state)
    }

    /// Calls `act` with each row of an owner.
    fn rows(
        &self,
        part: &str,
        table: &Rows,
        owner: u32,
        act: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let count = tables::each_row(part, table, owner, act)?;
        self.rows.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    fn outline(&self, head: Head, row: &ProjectRow) -> Result<(Vec<ViewRow>, LoadedRegistry)> {
        let mut views = Vec::new();
        self.rows("views", &self.views, row.id, |row| {
            views.append(&mut tables::decode::<Vec<ViewRow>>("views", row)?);
            Ok(())
        })?;
        if views.len() as u64 != row.views {
            return Err(damaged("projects", "a project has another number of views"));
        }
        let registered = ByType::try_from_fn(|resource_type| {
            let resources = self.registered(row.id, resource_type)?;
            let expected = row.registered.get(resource_type);
            if resources.len() as u64 == expected {
                Ok(resources)
            } else {
                Err(damaged("projects", "a project has another number of resources"))
            }
        })?;
        Ok((views, sound("registry", LoadedRegistry::new(head, registered))?))
    }

    fn registered(
        &self,
        project: u32,
        resource_type: ResourceType,
    ) -> Result<Vec<(String, Registration)>> {
        let mut all = Vec::new();
        self.rows("registry", self.registry.get(resource_type), project, |row| {
            let RegistryRow { names, registrations } = tables::decode("registry", row)?;
            if names.len() != registrations.len() {
                return Err(damaged("registry", "a row has other names than resources"));
            }
            all.extend(names.iter().map(str::to_owned).zip(registrations));
            Ok(())
        })?;
        Ok(all)
    }

    /// The names of each project.
    fn names(&self, outlines: &[Outline]) -> Result<Vec<ByType<LoadedNames>>> {
        let parts = outlines.iter().flat_map(|project| {
            ResourceType::ALL.map(|resource_type| (project.row.id, resource_type))
        });
        let parts: Vec<(u32, ResourceType)> = parts.collect();
        let names = self.threads.map(&parts, |&(project, resource_type)| {
            let mut lists: Vec<NameList> = Vec::new();
            self.rows("names", self.names.get(resource_type), project, |row| {
                lists.push(tables::decode("names", row)?);
                Ok(())
            })?;
            sound("names", LoadedNames::new(resource_type, &lists))
        });
        let mut names = names.into_iter();
        let mut next =
            || names.next().unwrap_or_else(|| Err(damaged("names", "a type is missing")));
        outlines.iter().map(|_| ByType::try_from_fn(|_| next())).collect()
    }

    /// The links of each view, project after project.
    fn links(
        &self,
        outlines: &[Outline],
        names: &[ByType<LoadedNames>],
    ) -> Result<Vec<ByType<Option<LoadedLinks>>>> {
        let views: Vec<(&ViewRow, &ByType<LoadedNames>)> = outlines
            .iter()
            .zip(names)
            .flat_map(|(project, names)| project.views.iter().map(move |view| (view, names)))
            .collect();
        let links = self.threads.map(&views, |(view, names)| {
            ByType::try_from_fn(|resource_type| {
                self.links_of(view, resource_type, names.get(resource_type))
            })
        });
        links.into_iter().collect()
    }

    fn links_of(
        &self,
        view: &ViewRow,
        resource_type: ResourceType,
        names: &LoadedNames,
    ) -> Result<Option<LoadedLinks>> {
        let expected = view.links.get(resource_type);
        if expected == 0 {
            return Ok(None);
        }
        let mut placed = PlacedLinks::default();
        self.rows("links", self.links.get(resource_type), view.view.id, |row| {
            links_row::append(&mut placed, links_row::decode("links", row)?);
            Ok(())
        })?;
        if placed.links.len() as u64 != expected {
            return Err(damaged("views", "a view has another number of links"));
        }
        sound("links", LoadedLinks::new(names, &placed)).map(Some)
    }

    /// The counts of the loaded data. Rows that belong to nothing are counted as well.
    fn counts(&self, outlines: &[Outline], names: &[ByType<LoadedNames>]) -> Result<Counts> {
        let mut counts = Counts { rows: self.rows.load(Ordering::Relaxed), ..Counts::default() };
        for (Outline { row, views, .. }, names) in outlines.iter().zip(names) {
            counts.projects += 1;
            counts.views += row.views;
            counts.registered += row.registered;
            views.iter().for_each(|view| counts.links += view.links);
            for (resource_type, names) in names.iter() {
                *counts.names.get_mut(resource_type) += names.len() as u64;
            }
        }
        let typed = [&self.names, &self.links, &self.registry];
        let typed = typed.into_iter().flat_map(|tables| tables.iter().map(|(_, table)| table));
        let mut found = 0;
        for table in typed.chain([&self.projects, &self.views]) {
            found += table.len()?;
        }
        if found == counts.rows {
            Ok(counts)
        } else {
            Err(damaged("tables", "rows belong to nothing"))
        }
    }
}

/// Builds projects from their parts, which come in the same order.
fn assemble(
    outlines: Vec<Outline>,
    names: Vec<ByType<LoadedNames>>,
    links: Vec<ByType<Option<LoadedLinks>>>,
) -> Vec<LoadedProject> {
    let mut links = links.into_iter();
    let projects = outlines.into_iter().zip(names).map(|(outline, names)| {
        let Outline { row, views, registry } = outline;
        let views = views.into_iter().zip(links.by_ref());
        let views = views.map(|(row, links)| LoadedView { record: row.view, links }).collect();
        let ProjectRow { key, id, settings, .. } = row;
        LoadedProject { key, id, settings, views, names, registry }
    });
    projects.collect()
}
