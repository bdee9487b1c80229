//! The changes of the writers, and the content of their views after them.

use std::collections::BTreeSet;

use viewlink::{
    Batch, Error, LinkChange, LinkSort, NewView, Paging, Project, Report, ResourceType, Result,
    Snapshot,
};

/// The number of threads that write at the same time, each to two views of its own.
pub const WRITERS: usize = 4;

/// The number of keys of batches, by round.
const SIZES: [usize; 8] = [1, 3, 40, 2, 700, 12, 1, 130];

/// In the last of this many rounds a writer unlinks all its links.
const CLEARED_AFTER: usize = 24;

/// The project of all views.
pub const PROJECT: &str = "p";

/// A writer, and the content of its views after its changes.
#[derive(Clone, Debug)]
pub struct Writer {
    number: usize,
    changes: usize,
    views: [BTreeSet<String>; 2],
}

impl Writer {
    /// A writer that made this many changes.
    #[must_use]
    pub fn after(number: usize, changes: usize) -> Self {
        let mut writer = Self { number, changes: 0, views: Default::default() };
        while writer.changes < changes {
            writer.advance();
        }
        writer
    }

    /// The number of the writer.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// The number of changes that it made.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.changes
    }

    fn views(&self) -> [String; 2] {
        ["a", "b"].map(|name| format!("{name}-{}", self.number))
    }

    /// Four changes are one round.
    fn round(&self) -> usize {
        self.changes / 4
    }

    /// The keys of a round.
    fn keys(&self) -> Vec<String> {
        let size = SIZES.get((self.round() + 3 * self.number) % SIZES.len()).copied();
        (0..size.unwrap_or(1)).map(|key| self.key(&format!("{key:03}"))).collect()
    }

    /// The keys that the second change of a round removes from the first view.
    fn moved(&self) -> Vec<String> {
        let mut keys = self.keys();
        keys.truncate(keys.len().div_ceil(2));
        keys
    }

    fn key(&self, name: &str) -> String {
        format!("{}-{:05}-{name}", self.number, self.round())
    }

    fn clears(&self) -> bool {
        self.round() % CLEARED_AFTER == CLEARED_AFTER - 1
    }

    /// Creates its views, if they do not exist.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn begin(&self, project: &Project) -> Result<()> {
        let views = self.views();
        views.into_iter().try_for_each(|view| project.ensure_view(NewView::new(view, "")).map(drop))
    }

    /// Makes its next change; returns the revision.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub fn make(&self, project: &Project) -> Result<Option<u64>> {
        let project = project.comment(comment(self.number, self.changes));
        let [a, b] = self.views();
        match self.changes % 4 {
            0 => project.link(&a, Batch::flags(self.keys()))?.all_ok(),
            1 => all_ok(project.change_links([
                LinkChange::link(b, Batch::flags(self.keys())),
                LinkChange::unlink(a, Batch::flags(self.moved())),
            ])?),
            2 => project.unlink(&b, Batch::flags([self.key("000")]))?.all_ok(),
            _ if self.clears() => all_ok(project.change_links(
                [a, b].map(|view| LinkChange::replace(view, Batch::flags([""; 0]))),
            )?),
            _ => project.link(&a, Batch::flags([self.key("last")]))?.all_ok(),
        }
    }

    /// Counts its next change as made.
    pub fn advance(&mut self) {
        let (keys, moved, clears) = (self.keys(), self.moved(), self.clears());
        let (first, last) = (self.key("000"), self.key("last"));
        let [a, b] = &mut self.views;
        match self.changes % 4 {
            0 => a.extend(keys),
            1 => {
                b.extend(keys);
                a.retain(|key| !moved.contains(key));
            }
            2 => b.retain(|key| *key != first),
            _ if clears => {
                a.clear();
                b.clear();
            }
            _ => a.extend([last]),
        }
        self.changes += 1;
    }

    /// Counts changes as made until the writer is at the state of the store, up to this many; returns whether it got
    /// there.
    ///
    /// # Errors
    ///
    /// The errors of reading the store.
    pub fn find(&mut self, snapshot: &Snapshot, most: usize) -> Result<bool> {
        let there = self.there(snapshot)?;
        while self.views != there {
            if self.changes >= most {
                return Ok(false);
            }
            self.advance();
        }
        Ok(true)
    }

    /// The content of its views in a store; nothing if they do not exist.
    fn there(&self, snapshot: &Snapshot) -> Result<[BTreeSet<String>; 2]> {
        let mut there: [BTreeSet<String>; 2] = Default::default();
        for (view, keys) in self.views().iter().zip(&mut there) {
            let all = Paging::first(usize::MAX).sort(LinkSort::Key);
            let linked = snapshot
                .project(PROJECT)
                .and_then(|project| project.linked_resources(view, ResourceType::Flag, all));
            match linked {
                Err(Error::UnknownView { .. } | Error::UnknownProject { .. }) => {}
                linked => {
                    keys.extend(linked?.into_iter().map(|link| link.resource.key().to_string()));
                }
            }
        }
        Ok(there)
    }
}

/// The comment of a change of a writer.
#[must_use]
pub fn comment(writer: usize, change: usize) -> String {
    format!("change {change} of {writer}")
}

fn all_ok(reports: Vec<Report>) -> Result<Option<u64>> {
    let mut revision = None;
    for report in reports {
        revision = revision.max(report.all_ok()?);
    }
    Ok(revision)
}

#[cfg(test)]
mod tests {
    use viewlink::Options;

    use super::*;

    #[test]
    fn a_writer_knows_the_content_of_its_views_after_each_change() {
        let store = Options::new().open_in_memory().unwrap();
        let project = store.project(PROJECT).unwrap();
        for number in 0..WRITERS {
            let mut writer = Writer::after(number, 0);
            writer.begin(&project).unwrap();
            for change in 0..4 * CLEARED_AFTER + 4 {
                let before = store.snapshot().unwrap().revision();
                assert_eq!(writer.make(&project).unwrap(), Some(before + 1), "{change}");
                writer.advance();
                let mut found = Writer::after(number, change + 1);
                assert!(found.find(&store.snapshot().unwrap(), change + 1).unwrap(), "{change}");
            }
        }
    }

    #[test]
    fn a_half_change_is_not_accepted() {
        let store = Options::new().open_in_memory().unwrap();
        let project = store.project(PROJECT).unwrap();
        let writer = Writer::after(1, 0);
        writer.begin(&project).unwrap();
        let keys = writer.keys();
        assert!(keys.len() > 1);
        project.link("a-1", Batch::flags(&keys[1..])).unwrap().all_ok().unwrap();
        assert!(!Writer::after(1, 0).find(&store.snapshot().unwrap(), 100).unwrap());
    }
}
