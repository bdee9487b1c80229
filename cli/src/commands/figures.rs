//! The statistics of a store.

use serde::Serialize;
use viewlink::{
    JournalSize, KeySort, MemoryUse, ProjectInfo, Sizes, Store, TypeCounts, View, ViewSort, wire,
};

use crate::error::Result;
use crate::list::each;

/// The content of a store, and the sizes of its parts.
pub(super) struct Figures {
    pub(super) id: String,
    pub(super) projects: u64,
    pub(super) views: u64,
    pub(super) links: TypeCounts,
    pub(super) resources: TypeCounts,
    pub(super) sizes: Sizes,
}

impl Figures {
    /// Cost: O(views + resources + links / 384).
    pub(super) fn read(store: &Store) -> Result<Self> {
        let snapshot = store.snapshot()?;
        let (mut links, mut resources) = (TypeCounts::default(), TypeCounts::default());
        let (mut projects, mut views) = (0, 0);
        let list = |paging| snapshot.projects(paging);
        each(KeySort::Key, list, |project: ProjectInfo| {
            projects += 1;
            views += project.views;
            resources += project.resources;
            let project = snapshot.project(project.key.as_str())?;
            // A view stores the number of its links, so no link is read.
            let list = |paging| project.views(paging);
            each(ViewSort::Key, list, |view: View| {
                links += view.links;
                Ok(())
            })
        })?;
        Ok(Self { id: store.id(), projects, views, links, resources, sizes: store.sizes()? })
    }

    /// The same as JSON.
    pub(super) fn for_machines(&self) -> impl Serialize + use<'_> {
        let sizes = &self.sizes;
        FiguresJson {
            id: &self.id,
            revision: sizes.revision,
            checkpoint_revision: sizes.checkpoint_revision,
            checkpoint_bytes: sizes.checkpoint_bytes,
            project_count: self.projects,
            view_count: self.views,
            links: (&self.links).into(),
            resources: (&self.resources).into(),
            memory: (&sizes.memory).into(),
            journal: (&sizes.journal).into(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FiguresJson<'a> {
    id: &'a str,
    revision: u64,
    checkpoint_revision: u64,
    checkpoint_bytes: u64,
    project_count: u64,
    view_count: u64,
    links: wire::Counts,
    resources: wire::Counts,
    memory: MemoryJson,
    journal: JournalJson,
}

#[derive(Serialize)]
struct JournalJson {
    oldest: u64,
    newest: u64,
    segments: u64,
    bytes: u64,
}

impl From<&JournalSize> for JournalJson {
    fn from(size: &JournalSize) -> Self {
        let JournalSize { segments, bytes, oldest, newest, .. } = *size;
        Self { oldest, newest, segments, bytes }
    }
}

/// The bytes of memory of each part, and their sum.
#[derive(Serialize)]
struct MemoryJson {
    total: u64,
    views: u64,
    links: u64,
    names: u64,
    backlinks: u64,
    registry: u64,
}

impl From<&MemoryUse> for MemoryJson {
    fn from(memory: &MemoryUse) -> Self {
        let MemoryUse { views, links, names, backlinks, registry, .. } = *memory;
        Self { total: memory.total(), views, links, names, backlinks, registry }
    }
}
