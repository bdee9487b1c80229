//! Very many views and links.

use std::path::Path;

use viewlink::{Batch, NewView, Paging, ResourceType, Store};

use super::{Case, Small};
use crate::Result;
use crate::times::{Times, flag, scatter, timed};

/// The number of links of a view.
const IN_VIEW: u64 = 100;
/// The number of views of a resource.
const VIEWS_OF: u64 = 10;

/// This number of views with 100 links each; each resource is in ten of them.
pub(crate) struct Links {
    pub(crate) views: u64,
}

impl Links {
    const fn resources(&self) -> u64 {
        self.views * IN_VIEW / VIEWS_OF
    }

    fn view(number: u64) -> String {
        format!("view-{number:06}")
    }

    /// The flags of a view, beginning at a given number.
    fn flags(&self, view: u64, from: u64, count: u64) -> Vec<String> {
        let first = view * IN_VIEW + from;
        (first..first + count).map(|number| flag(number % self.resources())).collect()
    }
}

impl Case for Links {
    fn fill(&self, store: &Store) -> Result<()> {
        let project = store.project("scale")?;
        for view in 0..self.views {
            let key = Self::view(view);
            project.create_view(NewView::new(&*key, "A view"))?;
            project.link(&key, Batch::flags(self.flags(view, 0, IN_VIEW)))?.all_ok()?;
        }
        Ok(())
    }

    fn small(&self, number: u64) -> Small {
        let view = scatter(number) % self.views;
        // The flags of the next view.
        let keys = self.flags(view, IN_VIEW, 10);
        Small { project: "scale".to_owned(), view: Self::view(view), keys }
    }

    fn more(&self, store: Store, _: &Path) -> Result<()> {
        let reader = store.project("scale")?.read()?;
        let mut pages = Times::default();
        for number in 0..10_000 {
            let view = Self::view(scatter(number) % self.views);
            let page = pages
                .take(|| reader.linked_resources(&view, ResourceType::Flag, Paging::first(100)))?;
            assert_eq!(page.total, IN_VIEW, "no link is lost");
        }
        pages.print("the 100 links of a view");
        let verified = timed("verify", || store.verify())?;
        assert!(verified.is_clean(), "{verified}");
        assert_eq!(verified.counts.links.total(), self.views * IN_VIEW, "no link is lost");
        Ok(())
    }
}
