//! Which views each resource is in: sorted slots of views by the id of the resource's name.
//!
//! A resource has a cell of one cache line. A list that is longer than a cell stands by itself, in chunks.

mod load;
mod long_list;
#[cfg(test)]
mod tests;

pub(super) use long_list::LongList;

use super::shared_vec::{SharedVec, Writer};

/// How many slots a cell has room for.
const CELL: usize = 15;
/// The length of a cell whose list stands elsewhere, at the place that is there instead of a slot.
const LONG: u32 = u32::MAX;
/// A list that gets as short as this goes back into its cell.
const SHORT: usize = CELL / 2;
/// In a list that is so many times longer than another one members of that are searched for.
const LONGER: usize = 16;
/// Cells that are looked at before they are changed, so that accesses to memory overlap.
const STAGE: usize = 64;

/// The views of one resource, or where they are.
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
    /// How many places for long lists were ever taken.
    long_len: u32,
    /// The first place that is free, with 1 added; each one holds the next.
    long_free: u32,
}

/// What became of a link that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removed {
    /// The resource was not in the view.
    Absent,
    /// It is in other views still, dead ones included.
    Others,
    /// It was its last one.
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

    /// Adds a slot; tells whether it was absent, or `None` when there is no room.
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
        // Without a way out of the loop, so that many questions overlap.
        let slots = cell.slots.iter().zip(0_u32..);
        slots.fold(false, |found, (one, at)| found | ((*one == slot) & (at < cell.len)))
    }

    /// How many views a resource is in, dead ones included.
    ///
    /// Cost: O(1).
    pub(super) fn count(&self, id: u32) -> usize {
        let Some(cell) = self.cells.get(id) else { return 0 };
        match cell.long() {
            Some(place) => self.long.get(place).map_or(0, LongList::len),
            None => cell.len as usize,
        }
    }

    /// The views of a resource, in the order of their slots, dead ones included.
    pub(super) fn iter(&self, id: u32) -> impl Iterator<Item = u32> {
        self.lists(id).flatten().copied()
    }

    /// The same in parts.
    fn lists(&self, id: u32) -> impl Iterator<Item = &[u32]> {
        let cell = self.cells.get(id);
        let long = cell.and_then(Cell::long).and_then(|place| self.long.get(place));
        let short = cell.filter(|_| long.is_none()).map(Cell::short);
        short.into_iter().chain(long.into_iter().flat_map(LongList::lists))
    }

    /// Keeps of slots, which are in order, those that a resource is in.
    ///
    /// Cost: O(m + n) with m slots and the n views of the resource, and no more than O(m log n).
    pub(super) fn retain(&self, id: u32, slots: &mut Vec<u32>) {
        if self.count(id) / LONGER > slots.len() {
            return slots.retain(|slot| self.contains(id, *slot));
        }
        let (mut at, mut kept) = (0, 0);
        for list in self.lists(id) {
            let mut own_at = 0;
            // Both lists go on by numbers that are computed: no branch depends on which slot is the next.
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

    /// Looks at cells, so that they are in the cache when they are needed.
    pub(super) fn touch(&self, ids: impl Iterator<Item = u32>) {
        let lengths = ids.filter_map(|id| self.cells.get(id)).map(|cell| cell.len);
        std::hint::black_box(lengths.fold(0, |all, len| all ^ len));
    }

    /// Puts resources into a view; tells whether none of them was in it.
    ///
    /// Cost: O(n), with the views of a resource that is in many O(log n + 512).
    pub(super) fn insert_all(&mut self, ids: &[u32], slot: u32) -> bool {
        let mut absent = true;
        for ids in ids.chunks(STAGE) {
            self.touch(ids.iter().copied());
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

    /// Puts a resource that is in many views, or in as many as a cell has room for, into one more.
    fn insert_long(&mut self, id: u32, slot: u32) -> bool {
        let place = match self.cells.get(id).and_then(Cell::long) {
            Some(place) => place,
            None => self.make_long(id),
        };
        self.long.get_mut(place).insert(slot)
    }

    /// Moves the list of a cell to a place of its own.
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

    /// Takes resources out of a view, one after the other, and tells what became of each.
    ///
    /// Cost: O(n), with the views of a resource that is in many O(log n + 512).
    pub(super) fn remove_all(
        &mut self,
        ids: &[u32],
        slot: u32,
        mut tell: impl FnMut(usize, Removed),
    ) {
        let mut place = 0;
        for ids in ids.chunks(STAGE) {
            self.touch(ids.iter().copied());
            for id in ids {
                let removed = self.remove(*id, slot);
                tell(place, removed);
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

    /// The bytes they take.
    ///
    /// Cost: O(resources / 1024 + lists that stand by themselves).
    pub(super) fn memory(&self) -> usize {
        let lists: usize = self.long.iter().map(|(_, list)| list.memory()).sum();
        self.cells.memory() + self.long.memory() + lists
    }
}
