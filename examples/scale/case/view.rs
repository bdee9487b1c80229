//! One view with very many links.

use std::path::Path;

use viewlink::{Batch, NewView, Options, Paging, ResourceType, Store, ViewPatch};

use super::{Case, Small};
use crate::Result;
use crate::times::{Times, flag, scatter, timed};

/// The number of links that one change makes.
const BATCH: u64 = 100_000;

/// A view with this number of links.
pub(crate) struct Large {
    pub(crate) links: u64,
}

impl Case for Large {
    fn options(&self) -> Options {
        // So that the view can be copied, and can be read as of an earlier revision after it was deleted.
        Options::new().batch_limit(2_000_000).removal_detail(2_000_000)
    }

    fn fill(&self, store: &Store) -> Result<()> {
        let project = store.project("scale")?;
        project.create_view(NewView::new("large", "A large view"))?;
        for from in (0..self.links).step_by(BATCH as usize) {
            let keys = (from..self.links.min(from + BATCH)).map(flag);
            project.link("large", Batch::flags(keys))?.all_ok()?;
        }
        Ok(())
    }

    fn small(&self, number: u64) -> Small {
        let first = self.links + number * 10;
        let keys = (first..first + 10).map(flag).collect();
        Small { project: "scale".to_owned(), view: "large".to_owned(), keys }
    }

    fn more(&self, store: Store, _: &Path) -> Result<()> {
        let project = store.project("scale")?;
        self.scattered(&store)?;
        self.pages(&store)?;
        let verified = timed("verify", || store.verify())?;
        assert!(verified.is_clean(), "{verified}");
        let before = store.stats().revision;
        let patch = ViewPatch::new().name("A copy");
        let copied = timed("copy the view", || project.copy_view("large", "copy", patch))?;
        assert_eq!(copied.links.total(), self.links, "all links are copied");
        let deleted = timed("delete the view", || project.delete_view("large"))?;
        assert_eq!(deleted.unlinked.total(), self.links, "no link is lost");
        let past = timed("read the state before that", || store.snapshot_at(before))?;
        assert_eq!(
            past.project("scale")?.view("large")?.links.total(),
            self.links,
            "the state is the old one"
        );
        Ok(())
    }
}

impl Large {
    /// Keys from the whole view are unlinked and linked again.
    fn scattered(&self, store: &Store) -> Result<()> {
        let project = store.project("scale")?;
        let (mut unlinks, mut links) = (Times::default(), Times::default());
        for number in 0..200 {
            let first = scatter(number) % self.links.saturating_sub(1_000).max(1);
            let keys = || (first..first + 1_000).map(flag);
            unlinks.take(|| project.unlink("large", Batch::flags(keys())))?.all_ok()?;
            links.take(|| project.link("large", Batch::flags(keys())))?.all_ok()?;
        }
        unlinks.print("unlink 1,000 keys of the whole view");
        links.print("link them again");
        Ok(())
    }

    /// Reads the whole view, page by page.
    fn pages(&self, store: &Store) -> Result<()> {
        let reader = store.project("scale")?.read()?;
        let (mut times, mut read, mut after) = (Times::default(), 0, None);
        loop {
            let paging = match after.take() {
                Some(cursor) => Paging::after(cursor, 1_000),
                None => Paging::first(1_000),
            };
            let page =
                times.take(|| reader.linked_resources("large", ResourceType::Flag, paging))?;
            read += page.items.len() as u64;
            match page.next {
                Some(cursor) => after = Some(cursor),
                None => break,
            }
        }
        times.print("a page of 1,000 of its links");
        assert_eq!(read, self.links, "no link is lost");
        Ok(())
    }
}
