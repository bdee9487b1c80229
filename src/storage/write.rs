//! Changing the tables: projects and views. Links are in [`links`](super::links), what takes
//! links away in bulk is in [`removal`](super::removal).
//!
//! Every function here expects that its caller checked all that a request can fail on, and
//! returns what it did, so that a replay can compare.

use redb::{Table, WriteTransaction};

use super::backlinks::LiveViews;
use super::records::{Head, Mark, ProjectRow, ViewKeyRecord, ViewRecord, ViewRow};
use super::tables::{self, ByType, Bytes, Definition, Lazy};
use super::tail::Tail;
use crate::model::Stamp;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::resource::ResourceType;
use crate::model::type_counts::TypeCounts;
use crate::model::view::ViewFields;

/// The tables of a write transaction.
pub(crate) struct WriteTables<'t> {
    pub(super) transaction: &'t WriteTransaction,
    pub(super) head: Head,
    projects: Lazy<'t>,
    views: Lazy<'t>,
    latest: Latest,
    /// How many rows were written.
    pub(super) rows: u64,
    /// How many links were to be made or removed, whether that changed them or not.
    pub(super) walked: u64,
    pub(super) live: LiveViews<'t>,
    pub(super) links: ByType<Lazy<'t>>,
    pub(super) backlinks: ByType<Lazy<'t>>,
    pub(super) resources: ByType<Lazy<'t>>,
    pub(super) resource_index: ByType<Lazy<'t>>,
    pub(super) segment_ids: Lazy<'t>,
    pub(super) tail: Tail,
}

/// The project and view that were used last. Callers that share a transaction often change the
/// same view, which is read and written once then.
#[derive(Default)]
struct Latest {
    project: Option<ProjectRow>,
    view: Option<ViewRow>,
    /// Whether the view is not in its table yet.
    is_ahead: bool,
}

/// What a transaction leaves besides its tables.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(super) newest: Newest,
    pub(super) tail: Tail,
    rows: u64,
}

/// What the next transaction begins with and need not read.
#[derive(Clone, Debug)]
pub(super) struct Newest {
    pub(super) head: Head,
    /// The project that was used last, if it was not changed since.
    project: Option<ProjectRow>,
}

impl Finished {
    pub(super) fn mark(&self) -> Mark {
        self.newest.head.mark()
    }

    /// How many rows were written, the head among them.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }
}

impl<'t> WriteTables<'t> {
    /// `newest` is what the transaction before this one left, if that is known.
    pub(super) fn open(
        transaction: &'t WriteTransaction,
        newest: Option<Newest>,
        tail: Tail,
    ) -> Result<Self> {
        let by_type = |table: fn(ResourceType) -> Definition| {
            ByType::from_fn(|resource_type| Lazy::new(table(resource_type)))
        };
        let Newest { head, project } = match newest {
            Some(newest) => newest,
            None => {
                let head = Head::load(&transaction.open_table(tables::META)?)?;
                Newest { head, project: None }
            }
        };
        Ok(Self {
            transaction,
            head,
            projects: Lazy::new(tables::PROJECTS),
            views: Lazy::new(tables::VIEWS),
            latest: Latest { project, ..Latest::default() },
            rows: 0,
            walked: 0,
            live: LiveViews::new(head.deleted_views > 0),
            links: by_type(tables::links),
            backlinks: by_type(tables::backlinks),
            resources: by_type(tables::resources),
            resource_index: by_type(tables::resource_index),
            segment_ids: Lazy::new(tables::SEGMENT_IDS),
            tail,
        })
    }

    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// How many keys of links were walked so far.
    pub(crate) fn walked(&self) -> u64 {
        self.walked
    }

    /// Says that the change is complete in the tables.
    pub(crate) fn complete(&mut self, stamp: Stamp) {
        self.head.revision = stamp.revision;
        self.head.time = stamp.time;
    }

    /// Writes the head; every transaction ends with it.
    pub(crate) fn finish(mut self) -> Result<Finished> {
        if self.latest.is_ahead {
            self.view_table()?;
        }
        if self.tail.is_empty() {
            self.head.unfolded_from = self.head.revision + 1;
        }
        self.head.store(&mut self.transaction.open_table(tables::META)?)?;
        let newest = Newest { head: self.head, project: self.latest.project };
        Ok(Finished { newest, tail: self.tail, rows: self.rows + 1 })
    }

    pub(crate) fn project(&mut self, key: &ProjectKey) -> Result<Option<ProjectRow>> {
        if let Some(latest) = self.latest.project.as_ref().filter(|latest| latest.key == *key) {
            return Ok(Some(latest.clone()));
        }
        let table = self.projects.get(self.transaction)?;
        let name = key.as_str().as_bytes();
        let found = tables::get(table, name, |value| ProjectRow::decode(key, value))?;
        if let Some(found) = &found {
            self.latest.project = Some(found.clone());
        }
        Ok(found)
    }

    pub(crate) fn put_project(&mut self, project: &ProjectRow) -> Result<()> {
        let table = self.project_table()?;
        table.insert(project.key.as_str().as_bytes(), &*project.encode()?)?;
        Ok(())
    }

    /// The table of projects, to be changed.
    pub(super) fn project_table(&mut self) -> Result<&mut Table<'t, Bytes, Bytes>> {
        self.latest.project = None;
        self.projects.get(self.transaction)
    }

    pub(crate) fn view(&mut self, project: u32, key: &ViewKey) -> Result<Option<ViewRow>> {
        if let Some(latest) = self.latest.view.as_ref().filter(|latest| latest.is(project, key)) {
            return Ok(Some(latest.clone()));
        }
        let table = self.view_table()?;
        let found = tables::get(table, &tables::view_row_key(project, key), |value| {
            ViewRow::decode(project, key.clone(), value)
        })?;
        self.latest.view = found.clone();
        Ok(found)
    }

    /// The table of views, with all that was put, to be read and changed.
    pub(super) fn view_table(&mut self) -> Result<&mut Table<'t, Bytes, Bytes>> {
        let table = self.views.get(self.transaction)?;
        let latest = self.latest.view.take();
        if std::mem::take(&mut self.latest.is_ahead)
            && let Some(view) = latest
        {
            let key = view.row_key();
            table.insert(&*key, &*view.record.encode()?)?;
            self.rows += 1;
        }
        Ok(table)
    }

    /// The live view with this id.
    pub(super) fn view_by_id(&mut self, id: u32) -> Result<ViewRow> {
        let lost = |table| Error::damaged(StoreFile::State, table, format!("view {id} is missing"));
        let table = self.live.view_keys.get(self.transaction)?;
        let record = tables::get(table, &id.to_be_bytes(), ViewKeyRecord::decode)?
            .ok_or_else(|| lost("table view_keys"))?;
        self.view(record.project, &record.key)?.ok_or_else(|| lost("table views"))
    }

    pub(super) fn put_view(&mut self, view: &ViewRow) -> Result<()> {
        if self.latest.view.as_ref().is_some_and(|latest| !latest.is(view.project, &view.key)) {
            self.view_table()?;
        }
        self.latest.view = Some(view.clone());
        self.latest.is_ahead = true;
        Ok(())
    }

    /// The project, or a new one, which is there once it is put.
    pub(crate) fn project_or_new(&mut self, key: &ProjectKey) -> Result<ProjectRow> {
        if let Some(found) = self.project(key)? {
            return Ok(found);
        }
        let (id, next_project) = next_id(self.head.next_project, "projects")?;
        self.head.next_project = next_project;
        self.head.projects += 1;
        Ok(ProjectRow { key: key.clone(), id, views: 0, resources: TypeCounts::default() })
    }

    /// Creates a view, and the project with its first one; the key is free.
    pub(crate) fn create_view(
        &mut self,
        project: &ProjectKey,
        key: &ViewKey,
        fields: ViewFields,
        stamp: Stamp,
    ) -> Result<(ProjectRow, ViewRow)> {
        let (view_id, next_view) = next_id(self.head.next_view, "views")?;
        let mut project = self.project_or_new(project)?;
        project.views += 1;
        self.head.next_view = next_view;
        self.put_project(&project)?;
        let record = ViewRecord {
            id: view_id,
            fields,
            version: 1,
            revision: stamp.revision,
            created_at: stamp.time,
            updated_at: stamp.time,
            links: TypeCounts::default(),
        };
        let view = ViewRow { project: project.id, key: key.clone(), record };
        self.put_view(&view)?;
        let leads_to = ViewKeyRecord { project: project.id, key: key.clone() };
        let table = self.live.view_keys.get(self.transaction)?;
        table.insert(&view.id().to_be_bytes()[..], &*leads_to.encode()?)?;
        Ok((project, view))
    }

    /// Changes the fields of a view.
    pub(crate) fn update_view(
        &mut self,
        mut view: ViewRow,
        fields: ViewFields,
        stamp: Stamp,
    ) -> Result<ViewRow> {
        view.record.fields = fields;
        view.record.version += 1;
        view.record.revision = stamp.revision;
        view.record.updated_at = stamp.time;
        self.put_view(&view)?;
        Ok(view)
    }

    /// The project of a view that is there.
    pub(super) fn project_of(&mut self, project: &ProjectKey) -> Result<ProjectRow> {
        let found = self.project(project)?;
        found.ok_or_else(|| {
            Error::damaged(StoreFile::State, "table projects", format!("{project} is missing"))
        })
    }
}

/// The id to give, and the one after it.
fn next_id(next: u32, what: &'static str) -> Result<(u32, u32)> {
    let length = next as usize;
    let behind = next.checked_add(1);
    let behind = behind.ok_or(Error::TooLong { what, length, unit: "entries", limit: length })?;
    Ok((next, behind))
}

/// What a new store starts with.
pub(super) fn create_tables(
    transaction: &WriteTransaction,
    store_id: &[u8],
    format: u32,
) -> Result<()> {
    for definition in tables::all() {
        transaction.open_table(definition)?;
    }
    let mut meta = transaction.open_table(tables::META)?;
    meta.insert(tables::FORMAT_NAME, &format.to_le_bytes()[..])?;
    meta.insert(tables::STORE_ID_NAME, store_id)?;
    Head { unfolded_from: 1, ..Head::default() }.store(&mut meta)
}
