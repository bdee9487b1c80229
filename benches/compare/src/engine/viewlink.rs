//! viewlink, through its public API and with its defaults.

use std::path::{Path, PathBuf};

use viewlink::{
    Batch, KeyOutcome, LinkSort, NewView, Options, Paging, Project, ProjectSnapshot, Report,
    Resource, ResourceType, Store, Timestamp,
};

use super::{Engine, Look, Order, Page, Reader, Size};
use crate::Result;
use crate::clock::Clock;
use crate::text::Text;

const PROJECT: &str = "compare";

/// More than the views of any resource in the workload.
const ALL_VIEWS: usize = 100_000;

/// An open store.
pub(super) struct Viewlink {
    store: Store,
    project: Project,
    dir: PathBuf,
}

impl Viewlink {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Self> {
        let dir = dir.join("store.viewlink");
        let now = move || Timestamp::from_millis(clock.now());
        let store = Options::new().clock(now).open(&dir)?;
        let project = store.project(PROJECT)?;
        Ok(Self { store, project, dir })
    }
}

impl Engine for Viewlink {
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()> {
        for (view, keys) in views {
            self.project.create_view(NewView::new(view.as_str(), "compare"))?;
            self.project.link(&view, Batch::flags(keys))?.all_ok()?;
        }
        Ok(())
    }

    fn create_view(&self, view: &str) -> Result<()> {
        self.project.create_view(NewView::new(view, "compare"))?;
        Ok(())
    }

    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        Ok(answers(&self.project.link(view, Batch::flags(keys))?))
    }

    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        Ok(answers(&self.project.unlink(view, Batch::flags(keys))?))
    }

    fn delete_view(&self, view: &str) -> Result<u64> {
        Ok(self.project.delete_view(view)?.unlinked.get(ResourceType::Flag))
    }

    fn read(&self, look: &mut Look<'_>) -> Result<()> {
        look(&Snapshot { project: self.project.read()? })
    }

    fn settle(&self) -> Result<()> {
        Ok(self.store.checkpoint()?)
    }

    /// The size of the state, without the journal, as for fjall.
    fn compact(&mut self) -> Result<Size> {
        self.store.compact()?;
        Ok(Size::OfClosed(self.dir.join("checkpoint.redb")))
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(self.store.close()?)
    }
}

fn answers(report: &Report) -> Vec<bool> {
    let changed = |outcome| matches!(outcome, &KeyOutcome::Linked | &KeyOutcome::Unlinked);
    report.outcomes().map(|(_, outcome)| changed(outcome)).collect()
}

/// The key of a flag.
fn key_of(resource: Resource) -> Text {
    match resource {
        Resource::Flag(key) | Resource::AiConfig(key) | Resource::Metric(key) => {
            Text::Resource(key)
        }
        Resource::Segment { key, .. } => Text::Resource(key),
    }
}

struct Snapshot {
    project: ProjectSnapshot,
}

impl Reader for Snapshot {
    fn is_linked(&self, view: &str, key: &str) -> Result<bool> {
        Ok(self.project.is_linked(view, &Resource::flag(key)?)?)
    }

    fn linked_views(&self, key: &str) -> Result<Vec<Text>> {
        let keys =
            self.project.linked_view_keys(&Resource::flag(key)?, Paging::first(ALL_VIEWS))?;
        Ok(keys.into_iter().map(Text::View).collect())
    }

    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page> {
        let sort = match order {
            Order::Key => LinkSort::Key,
            Order::LinkTime => LinkSort::LinkTime,
        };
        let paging = Paging::first(limit).sort(sort);
        let page = self.project.linked_resources(view, ResourceType::Flag, paging)?;
        let total = page.total;
        let link =
            |link: viewlink::LinkedResource| (key_of(link.resource), link.linked_at.as_millis());
        Ok(Page { items: page.into_iter().map(link).collect(), total })
    }
}
