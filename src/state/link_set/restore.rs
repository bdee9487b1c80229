//! Restoring removed links with their times.

use super::link_order::LinkOrder;
use super::{Entry, Link, LinkSet};
use crate::model::LinkRecord;
use crate::state::names::Names;

impl LinkSet {
    /// Restores links at their positions; they are in key order and do not exist. `None` if two links would have the
    /// same position, or if there are too many; then the set must not be used.
    ///
    /// All sequences are reassigned, so the cost is the same for one link as for many.
    ///
    /// Cost: O(m + n log m) for n links into m.
    pub(in crate::state) fn restore(
        &mut self,
        names: &Names,
        links: &[(Entry, LinkRecord)],
    ) -> Option<()> {
        let merged = self.merged(links);
        let (by_time, next) = LinkOrder::of(&merged)?;
        let mut placed = by_time.sequences();
        let (mut changed, mut new) = (Vec::with_capacity(merged.len()), Vec::new());
        for (link, _) in &merged {
            match (link.sequence, placed.next()?) {
                (NEW, sequence) => new.push((link.place, sequence)),
                (before, sequence) => changed.push((before, sequence)),
            }
        }
        drop(placed);
        new.sort_unstable();
        let added: Option<Vec<(u64, Link)>> = links
            .iter()
            .map(|(entry, _)| {
                let at = new.binary_search_by_key(&entry.place, |(place, _)| *place).ok()?;
                let (place, sequence) = *new.get(at)?;
                Some((entry.prefix, Link { place, sequence }))
            })
            .collect();
        self.by_key.renumber(&changed);
        self.by_key.insert(names, &added?);
        (self.by_time, self.next, self.len) = (by_time, next, merged.len() as u64);
        if let Some(members) = &mut self.members {
            members.insert(links.iter().map(|(entry, _)| names.id(entry.place)));
        }
        self.fit_members(names);
        Some(())
    }

    /// The existing and the restored links, in link order.
    fn merged(&self, links: &[(Entry, LinkRecord)]) -> Vec<(Link, LinkRecord)> {
        let new = |(entry, record): &(Entry, LinkRecord)| {
            (Link { place: entry.place, sequence: NEW }, *record)
        };
        let mut new: Vec<_> = links.iter().map(new).collect();
        new.sort_unstable_by_key(|(_, record)| *record);
        let mut new = new.into_iter().peekable();
        let mut merged = Vec::with_capacity(links.len());
        for (link, record) in self.by_time(None, 0) {
            while let Some(earlier) = new.next_if(|(_, new)| *new < record) {
                merged.push(earlier);
            }
            merged.push((link, record));
        }
        merged.extend(new);
        merged
    }
}

/// Marks a link without a sequence; the maximum is never assigned.
const NEW: u32 = u32::MAX;
