//! The views of each resource: sorted slots of views by the id of the resource's name.
//!
//! A resource has a cell of one cache line. A list that does not fit into a cell is stored separately, in chunks.

mod load;
mod long_list;
#[cfg(test)]
mod tests;

pub(super) use long_list::LongList;

use super::shared_vec::{SharedVec, Writer};

/// How many slots a cell has room for.
const CELL: usize = 15;
/// The length of a cell whose list is stored separately; the first slot then contains the place of the list.
const LONG: u32 = u32::MAX;
/// When a list has become as short as this, it is moved back into its cell.
const SHORT: usize = CELL / 2;
/// If a list is this number of times longer than another list, the members of the other list are searched in it.
const LONGER: usize = 16;
/// The number of cells that are read before they are changed, so that memory accesses overlap.
const STAGE: usize = 64;

/// The views of one resource, or the place of their list.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
struct Cell {
    len: u32,
    slots: [u32; CELL],
}

/// The views of each resource. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    cells: SharedVec<Cell>,
    long: SharedVec<LongList>,
    /// The number of places for long lists that were ever used.
    long_len: u32,
    /// The first free place plus 1; each free place contains the next one.
    long_free: u32,
}

/// The result of removing a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removed {
    /// The resource was not in the view.
    Absent,
    /// It is still in other views, including deleted ones.
    Others,
    /// It was its last view.
    Last,
}

impl Cell {
    fn short(&self) -> &[u32] {
        self.slots.get(..self.len as usize).unwrap_or_default()
    }

    /// The place of the long list.
    const fn long(&self) -> Option<u32> {
        if self.len == LONG { Some(self.slots[0]) } else { None }
    }

    /// Adds a slot; returns whether it was absent, or `None` if there is no room.
    fn insert(&mut self, slot: u32) -> Option<bool> {
        match self.short().binary_search(&slot) {
            Ok(_) => Some(false),
            Err(_) if self.len as usize == CELL => None,
            Err(at) => {
                let end = self.len as usize;
                self.slots.get_mut(at..=end)?.rotate_right(1);
                *self.slots.get_mut(at)? = slot;
                self.len += 1;
                Some(true)
            }
        }
    }

    fn remove(&mut self, slot: u32) -> Removed {
        let Ok(at) = self.short().binary_search(&slot) else { return Removed::Absent };
        let end = self.len as usize;
        if let Some(rest) = self.slots.get_mut(at..end) {
            rest.rotate_left(1);
        }
        self.len -= 1;
        if self.len == 0 { Removed::Last } else { Removed::Others }
    }
}

impl Postings {
    /// Whether a resource is in a view.
    ///
    /// Cost: O(1), or O(log n) with the n views of a resource that is in many.
    #[inline]
    pub(super) fn contains(&self, id: u32, slot: u32) -> bool {
        let Some(cell) = self.cells.get(id) else { return false };
        if let Some(place) = cell.long() {
            return self.long.get(place).is_some_and(|list| list.contains(slot));
        }
        // The loop has no early exit, so that many lookups overlap.
        let slots = cell.slots.iter().zip(0_u32..);
        slots.fold(false, |found, (one, at)| found | ((*one == slot) & (at < cell.len)))
    }

    /// The number of views of a resource, including deleted ones.
    ///
    /// Cost: O(1).
    pub(super) fn count(&self, id: u32) -> usize {
        let Some(cell) = self.cells.get(id) else { return 0 };
        match cell.long() {
            Some(place) => self.long.get(place).map_or(0, LongList::len),
            None => cell.len as usize,
        }
    }

    /// The views of a resource, in the order of their slots, including deleted ones.
    pub(super) fn iter(&self, id: u32) -> impl Iterator<Item = u32> {
        self.lists(id).flatten().copied()
    }

    /// The same, in chunks.
    fn lists(&self, id: u32) -> impl Iterator<Item = &[u32]> {
        let cell = self.cells.get(id);
        let long = cell.and_then(Cell::long).and_then(|place| self.long.get(place));
        let short = cell.filter(|_| long.is_none()).map(Cell::short);
        short.into_iter().chain(long.into_iter().flat_map(LongList::lists))
    }

    /// Keeps only the slots, which are in order, of views that a resource is in.
    ///
    /// Cost: O(m + n) with m slots and the n views of the resource, and at most O(m log n).
    pub(super) fn retain(&self, id: u32, slots: &mut Vec<u32>) {
        if self.count(id) / LONGER > slots.len() {
            return slots.retain(|slot| self.contains(id, *slot));
        }
        let (mut at, mut kept) = (0, 0);
        for list in self.lists(id) {
            let mut own_at = 0;
            // Both indexes advance by computed numbers, so no branch depends on which slot is smaller.
            while let (Some(own), Some(slot)) = (list.get(own_at), slots.get(at).copied()) {
                let own = *own;
                if let Some(place) = slots.get_mut(kept) {
                    *place = slot;
                }
                kept += usize::from(own == slot);
                own_at += usize::from(own <= slot);
                at += usize::from(slot <= own);
            }
        }
        slots.truncate(kept);
    }

    /// Reads cells, so that they are in the cache when they are needed.
    pub(super) fn touch(&self, ids: impl Iterator<Item = u32>) {
        let lengths = ids.filter_map(|id| self.cells.get(id)).map(|cell| cell.len);
        std::hint::black_box(lengths.fold(0, |all, len| all ^ len));
    }

    /// Reads cells and the counts of their leaves, so that both are in the cache when the cells are changed.
    fn touch_to_change(&self, ids: &[u32]) {
        let sharers = ids.iter().map(|id| self.cells.sharers(*id));
        std::hint::black_box(sharers.fold(0, |all, sharers| all ^ sharers));
        self.touch(ids.iter().copied());
    }

    /// Adds resources to a view; returns whether none of them was in it.
    ///
    /// Cost: O(n); for a resource in many views O(log n + 512) with its views.
    pub(super) fn insert_all(&mut self, ids: &[u32], slot: u32) -> bool {
        let mut absent = true;
        for ids in ids.chunks(STAGE) {
            self.touch_to_change(ids);
            let mut cells = self.cells.writer();
            let mut full = Vec::new();
            for id in ids {
                match cells.get_mut(*id).insert(slot) {
                    Some(was_absent) => absent &= was_absent,
                    None => full.push(*id),
                }
            }
            full.into_iter().for_each(|id| absent &= self.insert_long(id, slot));
        }
        absent
    }

    /// Adds a view to a resource whose cell is full or whose list is stored separately.
    fn insert_long(&mut self, id: u32, slot: u32) -> bool {
        let place = match self.cells.get(id).and_then(Cell::long) {
            Some(place) => place,
            None => self.make_long(id),
        };
        self.long.get_mut(place).insert(slot)
    }

    /// Moves the list of a cell to a separate place.
    fn make_long(&mut self, id: u32) -> u32 {
        let place = match self.long_free.checked_sub(1) {
            Some(place) => {
                self.long_free = self.long.get(place).map_or(0, LongList::next_free);
                place
            }
            None => {
                self.long_len += 1;
                self.long_len - 1
            }
        };
        let cell = self.cells.get_mut(id);
        *self.long.get_mut(place) = LongList::new(cell.short());
        *cell = Cell { len: LONG, slots: [0; CELL] };
        cell.slots[0] = place;
        place
    }

    /// Removes resources from a view, one after another, and calls `report` with the index and the result of each.
    ///
    /// Cost: O(n); for a resource in many views O(log n + 512) with its views.
    pub(super) fn remove_all(
        &mut self,
        ids: &[u32],
        slot: u32,
        mut report: impl FnMut(usize, Removed),
    ) {
        let mut place = 0;
        for ids in ids.chunks(STAGE) {
            self.touch_to_change(ids);
            for id in ids {
                let removed = self.remove(*id, slot);
                report(place, removed);
                place += 1;
            }
        }
    }

    fn remove(&mut self, id: u32, slot: u32) -> Removed {
        if self.cells.get(id).is_none() {
            return Removed::Absent;
        }
        let mut cells: Writer<'_, Cell> = self.cells.writer();
        let cell = cells.get_mut(id);
        let Some(place) = cell.long() else { return cell.remove(slot) };
        let list = self.long.get_mut(place);
        if !list.remove(slot) {
            return Removed::Absent;
        }
        if list.len() <= SHORT {
            *cell = Cell::default();
            for (to, from) in cell.slots.iter_mut().zip(list.iter()) {
                *to = from;
                cell.len += 1;
            }
            *list = LongList::free(self.long_free);
            self.long_free = place + 1;
        }
        Removed::Others
    }

    /// The bytes of its memory.
    ///
    /// Cost: O(resources / 1024 + separate lists).
    pub(super) fn memory(&self) -> usize {
        let lists: usize = self.long.iter().map(|(_, list)| list.memory()).sum();
        self.cells.memory() + self.long.memory() + lists
    }
}
