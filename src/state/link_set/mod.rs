//! The links of one view and type, in key order and in link order.

mod key_order;
mod link_order;
mod load;
mod put_back;
#[cfg(test)]
mod tests;

use super::id_set::IdSet;
use super::names::Names;
use crate::model::{LinkRecord, Stamp};
use key_order::KeyOrder;
use link_order::LinkOrder;

/// A set with fewer links has no bits; in tests of the state small ones have some.
const LARGE: u64 = if cfg!(test) { 16 } else { 4_096 };
/// Bits are made once one of so many ids is linked, and dropped when only one of twice as many is: a link takes
/// at most as many bits of memory.
const DENSE: u64 = 32;

/// Whether a set of so many links, of so many ids, is to have bits; `has` tells whether it has some.
const fn has_members(len: u64, ids: u32, has: bool) -> bool {
    let sparse = if has { 2 } else { 1 };
    len * sparse >= LARGE && len * DENSE * sparse >= ids as u64
}

/// A link: where the name of its resource stands, and its number in link order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) place: u32,
    pub(super) sequence: u32,
}

/// A name that is looked for or added: its prefix and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    prefix: u64,
    place: u32,
}

impl Entry {
    pub(super) fn new(names: &Names, place: u32) -> Self {
        Self { prefix: names.prefix(place), place }
    }

    /// Where the name stands.
    pub(super) const fn place(self) -> u32 {
        self.place
    }
}

/// Which of the links that a change makes in one view and type a part of it makes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Portion {
    /// How many the parts before it made; they may be gone again.
    pub(super) before: u32,
    /// How many it and the parts behind it make.
    pub(super) rest: usize,
}

impl Portion {
    /// Goes on to the next part, behind one that made so many.
    pub(super) const fn pass(&mut self, made: usize) {
        // A change has fewer than 2^32 links.
        self.before += made as u32;
        self.rest -= made;
    }
}

/// The links of one view and type, in chunks that snapshots share.
///
/// Sequences are private: they are given in link order, and given anew before there are no more.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkSet {
    by_key: KeyOrder,
    by_time: LinkOrder,
    /// Of a set that is large.
    members: Option<IdSet>,
    len: u64,
    /// The next sequence; the last one is never given.
    next: u32,
}

impl LinkSet {
    /// How many links there are.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Whether so many more links can be made.
    ///
    /// Cost: O(1) but for once in 2^32 links.
    pub(super) fn has_room(&self, links: usize) -> bool {
        let fits = |used: u64| used.saturating_add(links as u64) < u64::from(u32::MAX);
        fits(u64::from(self.next)) || fits(self.by_time.span())
    }

    /// Links resources that are not linked. They are given in key order; `order` tells for each its place
    /// in request order, which links of one change have in link order. Sequences are not given anew between
    /// the parts of a change, and the place of a link in its change does not depend on whether those before
    /// it are still there.
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
        // A set whose links are all gone begins anew, within a change, too.
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
        // Less than 2^32, as the room was looked at.
        self.next = first + added.len() as u32;
        self.len += added.len() as u64;
        if let Some(members) = &mut self.members {
            members.insert(added.iter().map(|entry| names.id(entry.place)));
        }
        self.fit_members(names);
    }

    /// Has bits of its members if they suit the set, and else none.
    ///
    /// Cost: O(1), and now and then O(n): the set or the ids doubled since, or halved.
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

    /// The bits of its members, of a set that is large.
    pub(super) const fn members(&self) -> Option<&IdSet> {
        self.members.as_ref()
    }

    /// Gives sequences anew, without those that no link needs.
    fn renumber(&mut self) {
        let (changed, next) = self.by_time.renumber();
        self.by_key.renumber(&changed);
        self.next = next;
    }

    /// When links were made, in key order as they are given; `None` if one of them is not there.
    ///
    /// Cost: O(n log m + chunks they are in).
    pub(super) fn find(&self, names: &Names, wanted: &[Entry]) -> Option<Vec<LinkRecord>> {
        let found = self.by_key.find(names, wanted)?;
        Some(found.into_iter().map(|link| self.record(link)).collect())
    }

    /// Removes links, which are given in key order; `None` if one of them is not there, and then some of
    /// the others may be gone.
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

    /// Whether a link was made at a time, and has a place in its change.
    ///
    /// Cost: O(log n).
    pub(super) fn has_record(&self, record: LinkRecord) -> bool {
        self.by_time.has(record)
    }

    /// The links in key order, from behind a name on, `skip` of them left out.
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

    /// The links in link order, from behind a link on, `skip` of them left out.
    ///
    /// Cost: O(log n + skip / 384), and O(1) for each link.
    pub(super) fn by_time(
        &self,
        after: Option<LinkRecord>,
        skip: usize,
    ) -> impl Iterator<Item = (Link, LinkRecord)> {
        self.by_time.iter(after, skip)
    }

    /// The bytes that it takes.
    ///
    /// Cost: O(n / 384).
    pub(super) fn memory(&self) -> usize {
        let members = self.members.as_ref().map_or(0, IdSet::memory);
        size_of::<Self>() + self.by_key.memory() + self.by_time.memory() + members
    }

    /// What does not hold of its structure, if anything does not.
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
                return Err("the bits of a set are not those of its links".to_owned());
            }
        }
        if by_time.eq(by_key.iter().copied()) && by_key.len() as u64 == self.len {
            Ok(())
        } else {
            Err("key order and link order have other links".to_owned())
        }
    }
}
