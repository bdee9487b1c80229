//! A store in a directory.
//!
//! The store is open only while it is read, so a host can start at any other time. When the files change, they are read
//! again, but only after they have not changed for a moment. So a host that restarts finds the store free.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use viewlink::{
    KeySort, LinkSort, Paging, ProjectInfo, ResourceCondition, ResourceFilter, ResourceType,
    Snapshot, Store, View, ViewSort,
};

use super::picture::{
    CHANGES, ChangeRow, Figures, Found, Picture, ResourceRow, Resources, ViewId, ViewRow,
};
use super::source::{FOUND, Look, ROWS, Source, VIEWS};
use crate::error::{Error, Result};
use crate::list::each;
use crate::store::options;

/// How long the files must be unchanged before they are read again.
const STILL: Duration = Duration::from_secs(2);
/// The time after which a store that another process had open is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// A store in a directory.
pub(super) struct StoreSource {
    path: PathBuf,
    still: Duration,
    again: Duration,
    /// The files at the last read.
    read: Option<Files>,
    /// The files at the last check, and the time since which they are unchanged.
    seen: Option<(Files, Instant)>,
    /// The time when another process had the store open.
    in_use: Option<Instant>,
}

/// Names, lengths and times of the files of a store.
type Files = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl StoreSource {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { path, still: STILL, again: AGAIN, read: None, seen: None, in_use: None }
    }

    /// The same source, with other times.
    #[cfg(test)]
    pub(super) fn waiting(mut self, still: Duration, again: Duration) -> Self {
        (self.still, self.again) = (still, again);
        self
    }

    /// Whether there are changes that may be read now.
    fn is_due(&mut self) -> bool {
        let (files, now) = (files(&self.path), Instant::now());
        let since = match &self.seen {
            Some((seen, since)) if *seen == files => *since,
            _ => now,
        };
        let due = match (&self.read, self.in_use) {
            (None, _) => true,
            (_, Some(tried)) => tried.elapsed() >= self.again,
            (Some(read), None) => *read != files && since.elapsed() >= self.still,
        };
        self.seen = Some((files, since));
        due
    }

    /// Opens the store to read once.
    fn with<T>(&self, read: impl FnOnce(&Store) -> Result<T>) -> Result<T> {
        let store = options().read_only(true).open(&self.path).map_err(|error| match error {
            viewlink::Error::AlreadyOpen { path } => Error::HostHasStore { path },
            other => other.into(),
        })?;
        let result = read(&store);
        store.close()?;
        result
    }
}

impl Source for StoreSource {
    fn look(&mut self) -> Result<Look> {
        if !self.is_due() {
            return Ok(Look::Same);
        }
        let files = files(&self.path);
        match self.with(picture) {
            Ok(picture) => {
                (self.read, self.in_use) = (Some(files), None);
                Ok(Look::New(Box::new(picture)))
            }
            Err(error @ Error::HostHasStore { .. }) if self.read.is_some() => {
                self.in_use = Some(Instant::now());
                Ok(Look::Stale(error.to_string()))
            }
            Err(error) => Err(error),
        }
    }

    fn resources(&mut self, of: &ViewId) -> Result<Resources> {
        self.with(|store| {
            let project = store.snapshot()?.project(&of.project)?;
            let mut found = Resources::default();
            for of_type in ResourceType::ALL {
                let paging = Paging::first(ROWS).sort(LinkSort::LinkedAt);
                let page = project.linked_resources(&of.view, of_type, paging)?;
                found.total += page.total;
                found.rows.extend(page.items.into_iter().map(|linked| ResourceRow {
                    resource_type: of_type.singular(),
                    name: linked.resource.to_string(),
                    linked_at: linked.linked_at,
                }));
            }
            Ok(found)
        })
    }

    fn find(&mut self, text: &str) -> Result<Vec<Found>> {
        let filter = ResourceFilter::all().and(ResourceCondition::Query(text.to_owned()));
        self.with(|store| {
            let snapshot = store.snapshot()?;
            let mut found = Vec::new();
            each(
                KeySort::Key,
                |paging| snapshot.projects(paging),
                |project: ProjectInfo| {
                    for of_type in ResourceType::ALL {
                        find(&snapshot, (&project, of_type), &filter, &mut found)?;
                    }
                    Ok(())
                },
            )?;
            Ok(found)
        })
    }
}

/// Adds the resources of a type that a filter finds in a project.
fn find(
    snapshot: &Snapshot,
    (project, of_type): (&ProjectInfo, ResourceType),
    filter: &ResourceFilter,
    found: &mut Vec<Found>,
) -> Result<()> {
    let reader = snapshot.project(project.key.as_str())?;
    let room = FOUND.saturating_sub(found.len());
    for resource in reader.find_resources(of_type, filter, Paging::first(room))?.items {
        let views = reader.linked_views(&resource, Paging::first(VIEWS))?;
        found.push(Found {
            project: project.key.to_string(),
            resource_type: of_type.singular(),
            name: resource.to_string(),
            views: views.items.into_iter().map(|view| view.key.to_string()).collect(),
        });
    }
    Ok(())
}

fn picture(store: &Store) -> Result<Picture> {
    let (snapshot, sizes) = (store.snapshot()?, store.sizes()?);
    let (mut projects, mut views) = (Vec::new(), Vec::new());
    each(
        KeySort::Key,
        |paging| snapshot.projects(paging),
        |project: ProjectInfo| {
            let reader = snapshot.project(project.key.as_str())?;
            let key = project.key.to_string();
            each(
                ViewSort::Key,
                |paging| reader.views(paging),
                |view: View| {
                    let id = ViewId { project: key.clone(), view: view.key.to_string() };
                    views.push(ViewRow { id, name: view.name, links: (&view.links).into() });
                    Ok(())
                },
            )?;
            projects.push((key, project.settings.name));
            Ok(())
        },
    )?;
    let figures = Figures {
        revision: sizes.revision,
        checkpoint_revision: sizes.checkpoint_revision,
        memory: sizes.memory.total(),
        segments: sizes.journal.segments,
        journal: sizes.journal.bytes,
    };
    let from = sizes.revision.saturating_sub(CHANGES as u64 - 1).max(sizes.journal.oldest).max(1);
    let changes = snapshot.changes(from)?.map(|change| Ok(ChangeRow::from(&change?)));
    let mut changes = changes.collect::<Result<Vec<_>>>()?;
    changes.reverse();
    Ok(Picture::new(figures, projects, views, changes))
}

/// The files of a store, as far as they are readable.
fn files(path: &Path) -> Files {
    let mut found = Vec::new();
    for dir in [path.to_owned(), path.join("journal")] {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        found.extend(entries.filter_map(|entry| {
            let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((entry.path(), about.len(), about.modified().ok()))
        }));
    }
    found.sort();
    found
}
