//! Reading the tables as they stood when the reader began.

use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use super::blocks;
use super::known_views::KnownViews;
use super::posting::Posting;
use super::records::{Head, Mark, ProjectRow, ViewKeyRecord, ViewRow};
use super::run::RunKey;
use super::tables::{self, ByType, Bytes, Definition, KeyRange, Prefix};
use super::tail::Tail;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::resource::ResourceType;
use crate::model::resource_name::ResourceName;

type Table = ReadOnlyTable<Bytes, Bytes>;

/// The tables of one revision.
pub(crate) struct ReadTables {
    pub(super) transaction: ReadTransaction,
    head: Head,
    pub(super) tail: Arc<Tail>,
    known_views: Arc<KnownViews>,
    projects: OnceLock<Table>,
    views: OnceLock<Table>,
    view_keys: OnceLock<Table>,
    links: ByType<OnceLock<Table>>,
    backlinks: ByType<OnceLock<Table>>,
    resources: ByType<OnceLock<Table>>,
    resource_index: ByType<OnceLock<Table>>,
    segment_ids: OnceLock<Table>,
}

impl ReadTables {
    /// `tail_of` gives the tail that goes with what is in the tables.
    pub(super) fn open(
        transaction: ReadTransaction,
        known_views: Arc<KnownViews>,
        tail_of: impl FnOnce(Mark) -> Option<Arc<Tail>>,
    ) -> Result<Self> {
        let head = Head::load(&transaction.open_table(tables::META)?)?;
        let tail = tail_of(head.mark()).ok_or_else(|| {
            Error::damaged(
                StoreFile::State,
                "table meta",
                "the head is not the one that was written",
            )
        })?;
        Ok(Self {
            transaction,
            head,
            tail,
            known_views,
            projects: OnceLock::new(),
            views: OnceLock::new(),
            view_keys: OnceLock::new(),
            links: ByType::default(),
            backlinks: ByType::default(),
            resources: ByType::default(),
            resource_index: ByType::default(),
            segment_ids: OnceLock::new(),
        })
    }

    fn table<'a>(&self, slot: &'a OnceLock<Table>, definition: Definition) -> Result<&'a Table> {
        if let Some(table) = slot.get() {
            return Ok(table);
        }
        let table = self.transaction.open_table(definition)?;
        Ok(slot.get_or_init(|| table))
    }

    pub(super) fn projects(&self) -> Result<&Table> {
        self.table(&self.projects, tables::PROJECTS)
    }

    pub(super) fn views(&self) -> Result<&Table> {
        self.table(&self.views, tables::VIEWS)
    }

    pub(super) fn view_keys(&self) -> Result<&Table> {
        self.table(&self.view_keys, tables::VIEW_KEYS)
    }

    pub(super) fn links(&self, resource_type: ResourceType) -> Result<&Table> {
        self.table(self.links.get(resource_type), tables::links(resource_type))
    }

    pub(super) fn backlinks(&self, resource_type: ResourceType) -> Result<&Table> {
        self.table(self.backlinks.get(resource_type), tables::backlinks(resource_type))
    }

    pub(super) fn resources(&self, resource_type: ResourceType) -> Result<&Table> {
        self.table(self.resources.get(resource_type), tables::resources(resource_type))
    }

    pub(super) fn resource_index(&self, resource_type: ResourceType) -> Result<&Table> {
        self.table(self.resource_index.get(resource_type), tables::resource_index(resource_type))
    }

    pub(super) fn segment_ids(&self) -> Result<&Table> {
        self.table(&self.segment_ids, tables::SEGMENT_IDS)
    }

    pub(crate) fn head(&self) -> Head {
        self.head
    }

    pub(crate) fn project(&self, key: &ProjectKey) -> Result<Option<ProjectRow>> {
        let name = key.as_str().as_bytes();
        tables::get(self.projects()?, name, |value| ProjectRow::decode(key, value))
    }

    /// Projects in key order, `skip` of them left out, from behind `after` on.
    pub(crate) fn project_page(
        &self,
        after: Option<&ProjectKey>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<ProjectRow>> {
        let start = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_str().as_bytes()));
        let range = (start, Bound::Unbounded);
        rows(self.projects()?, range, skip, limit, ProjectRow::from_row)
    }

    pub(crate) fn view(&self, project: u32, key: &ViewKey) -> Result<Option<ViewRow>> {
        tables::get(self.views()?, &tables::view_row_key(project, key), |value| {
            ViewRow::decode(project, key.clone(), value)
        })
    }

    /// The id of a view.
    pub(crate) fn view_id(&self, project: u32, key: &ViewKey) -> Result<Option<u32>> {
        self.known_views
            .id(self.head, project, key, || Ok(self.view(project, key)?.map(|view| view.id())))
    }

    /// Views of a project in key order, `skip` of them left out, from behind `after` on.
    pub(crate) fn view_page(
        &self,
        project: u32,
        after: Option<&ViewKey>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<ViewRow>> {
        let all = Prefix::of(project);
        let start = after.map(|key| tables::view_row_key(project, key));
        let range = start.as_ref().map_or_else(|| all.range(), |start| all.range_after(start));
        rows(self.views()?, range, skip, limit, ViewRow::from_row)
    }

    /// The views a resource is in, in no order.
    ///
    /// Cost: O(views of the resource), dead ones included, and O(log views) for each that is not known.
    pub(crate) fn views_of(
        &self,
        project: u32,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
    ) -> Result<Vec<ViewKey>> {
        let posting = self.posting(resource_type, project, name.as_bytes())?;
        let live = posting.ids().iter().filter_map(|&id| self.view_key(id).transpose());
        live.collect()
    }
}

impl ReadTables {
    /// The key of a view that lives.
    fn view_key(&self, id: u32) -> Result<Option<ViewKey>> {
        self.known_views.key(self.head, id, || {
            let found = tables::get(self.view_keys()?, &id.to_be_bytes(), ViewKeyRecord::decode);
            Ok(found?.map(|record| record.key))
        })
    }

    /// The views of a resource, dead ones included.
    pub(super) fn posting(
        &self,
        resource_type: ResourceType,
        project: u32,
        name: &[u8],
    ) -> Result<Posting> {
        let table = self.backlinks(resource_type)?;
        let stored = blocks::get(table, project, name, |_, entry| Posting::decode(entry.payload))?;
        let mut posting = stored.unwrap_or_default();
        self.tail.apply(&RunKey::new(resource_type, project, name), &mut posting);
        Ok(posting)
    }
}

/// At most `limit` rows of a range, without the first `skip`.
pub(super) fn rows<R>(
    table: &Table,
    range: KeyRange<'_>,
    skip: usize,
    limit: usize,
    decode: impl Fn(&[u8], &[u8]) -> Result<R>,
) -> Result<Vec<R>> {
    let mut rows = ReadableTable::range::<&[u8]>(table, range)?;
    for _ in 0..skip {
        if rows.next().transpose()?.is_none() {
            return Ok(Vec::new());
        }
    }
    rows.take(limit)
        .map(|row| {
            let (key, value) = row?;
            decode(key.value(), value.value())
        })
        .collect()
}
