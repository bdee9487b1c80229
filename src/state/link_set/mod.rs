//! The links of one view and type, in two orders: [by key](key_order), and [in the order in which they were
//! made](link_order), which is called link order. A link has the same place and sequence in both.

mod key_order;
mod link_order;
mod load;
mod restore;
#[cfg(test)]
mod tests;

use super::id_set::IdSet;
use super::names::Names;
use crate::model::{LinkRecord, Stamp};
use key_order::KeyOrder;
use link_order::LinkOrder;

/// A set with fewer links gets no bits. In tests of the state the number is small, so that small sets have bits, too.
const LARGE: u64 = if cfg!(test) { 16 } else { 4_096 };
/// Bits are created if at least 1 of 32 ids is linked, and dropped if fewer than 1 of 64 is. So they take at most 64
/// bits of memory for each link.
const DENSE: u64 = 32;

/// Whether a set with `len` links, among `ids` ids, should have bits; `has` is whether it has them now. A set that has
/// them keeps them until it is half as large, so that few changes near a limit create or drop them.
const fn has_members(len: u64, ids: u32, has: bool) -> bool {
    let sparse = if has { 2 } else { 1 };
    len * sparse >= LARGE && len * DENSE * sparse >= ids as u64
}

/// A link: the place of the name of its resource, and its sequence in link order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) place: u32,
    pub(super) sequence: u32,
}

/// A name that is searched or added: its prefix and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    prefix: u64,
    place: u32,
}

impl Entry {
    pub(super) fn new(names: &Names, place: u32) -> Self {
        Self { prefix: names.prefix(place), place }
    }

    /// The place of the name.
    pub(super) const fn place(self) -> u32 {
        self.place
    }
}

/// How far a change has made its links in one view and type. A change may make them in several parts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Portion {
    /// How many links the parts before it made; they may have been removed again.
    pub(super) before: u32,
    /// How many links this part and the parts after it make.
    pub(super) rest: usize,
}

impl Portion {
    /// Continues with the next part, after one that made this number of links.
    pub(super) const fn pass(&mut self, made: usize) {
        // A change has fewer than 2^32 links.
        self.before += made as u32;
        self.rest -= made;
    }
}

/// The links of one view and type, in chunks that are shared with snapshots.
///
/// Sequences are private. They are assigned in link order, and reassigned before they run out.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkSet {
    by_key: KeyOrder,
    by_time: LinkOrder,
    /// The ids of the links, if the set is large.
    members: Option<IdSet>,
    len: u64,
    /// The next sequence; the maximum is never assigned.
    next: u32,
}

impl LinkSet {
    /// The number of links.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Whether this number of links can be added.
    ///
    /// Cost: O(1), except once in 2^32 links.
    pub(super) fn has_room(&self, links: usize) -> bool {
        let fits = |used: u64| used.saturating_add(links as u64) < u64::from(u32::MAX);
        fits(u64::from(self.next)) || fits(self.by_time.span())
    }

    /// Links resources that are not linked. They are in key order; `order` is the rank of each in request order, which
    /// is the link order within a change.
    ///
    /// A change may have several parts, so its links get their sequences in several calls. Sequences are reassigned
    /// only before the first part: there is room for `portion.rest`. A link of this part gets the request index
    /// `portion.before` plus its rank, also if links of earlier parts were removed again.
    ///
    /// Cost: O(n log m + chunks they are in) with n links into m.
    pub(super) fn link(
        &mut self,
        names: &Names,
        added: &[Entry],
        order: impl Iterator<Item = u32>,
        portion: Portion,
        stamp: Stamp,
    ) {
        let Portion { before, rest } = portion;
        debug_assert!(self.has_room(rest), "the sequences were counted before");
        if u64::from(self.next) + rest as u64 >= u64::from(u32::MAX) {
            self.renumber();
        }
        // If an earlier part of the change removed all links, this set is new and begins with sequence 0. But the
        // request indexes of the earlier parts are used, so their sequences are skipped.
        let first = self.next.max(before);
        let mut in_order = vec![Link::default(); added.len()];
        let by_key: Vec<(u64, Link)> = added
            .iter()
            .zip(order)
            .map(|(entry, order)| {
                let link = Link { place: entry.place, sequence: first + order };
                if let Some(slot) = in_order.get_mut(order as usize) {
                    *slot = link;
                }
                (entry.prefix, link)
            })
            .collect();
        self.by_time.push(&in_order, first - before, stamp);
        self.by_key.insert(names, &by_key);
        // It is less than 2^32, because the room was checked.
        self.next = first + added.len() as u32;
        self.len += added.len() as u64;
        if let Some(members) = &mut self.members {
            members.insert(added.iter().map(|entry| names.id(entry.place)));
        }
        self.fit_members(names);
    }

    /// Creates or drops the bits, depending on the size of the set.
    ///
    /// Cost: O(1), and O(n) when the set or the number of ids has doubled or halved.
    fn fit_members(&mut self, names: &Names) {
        let has = self.members.is_some();
        match (has_members(self.len, names.ids(), has), has) {
            (true, false) => {
                let ids = self.by_key(names, None, 0).map(|link| names.id(link.place));
                self.members = Some(IdSet::new(ids));
            }
            (false, true) => self.members = None,
            _ => {}
        }
    }

    /// The bits of its members, if the set is large.
    pub(super) const fn members(&self) -> Option<&IdSet> {
        self.members.as_ref()
    }

    /// Reassigns sequences, without unused ones.
    fn renumber(&mut self) {
        let (changed, next) = self.by_time.renumber();
        self.by_key.renumber(&changed);
        self.next = next;
    }

    /// When links were made, in the given key order; `None` if one does not exist.
    ///
    /// Cost: O(n log m + chunks they are in).
    pub(super) fn find(&self, names: &Names, wanted: &[Entry]) -> Option<Vec<LinkRecord>> {
        let found = self.by_key.find(names, wanted)?;
        Some(found.into_iter().map(|link| self.record(link)).collect())
    }

    /// Removes links, which are in key order; `None` if one does not exist. Then some of the others may be removed.
    ///
    /// Cost: O(n log m + chunks they are in).
    pub(super) fn unlink(&mut self, names: &Names, wanted: &[Entry]) -> Option<()> {
        let mut sequences = Vec::with_capacity(wanted.len());
        self.by_key.remove(names, wanted, &mut sequences)?;
        sequences.sort_unstable();
        self.len = self.len.checked_sub(sequences.len() as u64)?;
        self.by_time.remove(&sequences)?;
        if let Some(members) = &mut self.members {
            members.remove(wanted.iter().map(|entry| names.id(entry.place)));
            self.fit_members(names);
        }
        Some(())
    }

    /// When a link was made.
    ///
    /// Cost: O(log n).
    pub(super) fn record(&self, link: Link) -> LinkRecord {
        self.by_time.record(link.sequence)
    }

    /// Whether a link has this time and this request index.
    ///
    /// Cost: O(log n).
    pub(super) fn has_record(&self, record: LinkRecord) -> bool {
        self.by_time.has(record)
    }

    /// The links in key order after a name, without the first `skip`.
    ///
    /// Cost: O(log n + skip / 384), and O(1) for each link.
    pub(super) fn by_key<'s>(
        &'s self,
        names: &Names,
        after: Option<&str>,
        skip: usize,
    ) -> impl Iterator<Item = Link> + use<'s> {
        self.by_key.iter(names, after, skip)
    }

    /// The links in link order after a link, without the first `skip`.
    ///
    /// Cost: O(log n + skip / 384), and O(1) for each link.
    pub(super) fn by_time(
        &self,
        after: Option<LinkRecord>,
        skip: usize,
    ) -> impl Iterator<Item = (Link, LinkRecord)> {
        self.by_time.iter(after, skip)
    }

    /// The bytes of its memory.
    ///
    /// Cost: O(n / 384).
    pub(super) fn memory(&self) -> usize {
        let members = self.members.as_ref().map_or(0, IdSet::memory);
        size_of::<Self>() + self.by_key.memory() + self.by_time.memory() + members
    }

    /// Checks the structure; the error describes a violation.
    ///
    /// Cost: O(n log n).
    pub(super) fn check(&self, names: &Names) -> Result<(), String> {
        self.by_key.check(names)?;
        self.by_time.check(self.next)?;
        let mut by_key: Vec<Link> = self.by_key(names, None, 0).collect();
        by_key.sort_unstable_by_key(|link| link.sequence);
        let by_time = self.by_time(None, 0).map(|(link, _)| link);
        if let Some(members) = &self.members {
            let mut ids: Vec<u32> = by_key.iter().map(|link| names.id(link.place)).collect();
            ids.sort_unstable();
            if !members.iter().eq(ids) {
                return Err("the bits of a set do not match its links".to_owned());
            }
        }
        if by_time.eq(by_key.iter().copied()) && by_key.len() as u64 == self.len {
            Ok(())
        } else {
            Err("key order and link order have different links".to_owned())
        }
    }
}
