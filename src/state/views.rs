//! The views of a project, by key and by slot.

use std::collections::Bound;
use std::sync::Arc;

use super::key_map::KeyMap;
use super::names::Names;
use super::placed::{Sound, require};
use super::shared_vec::SharedVec;
use super::view::ViewState;
use crate::model::key::ViewKey;

/// The views of a project.
///
/// A view has a *slot*, which postings use to identify it. The slot of a deleted view stays dead until no posting has
/// it. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct Views {
    /// The order of keys.
    by_key: KeyMap<ViewKey, u32>,
    /// The keys again: a lookup here needs a third of the memory accesses.
    keys: Names,
    /// The slot of the view with a key, by the id of the key's name.
    slot_of: SharedVec<u32>,
    slots: SharedVec<Slot>,
    /// The number of slots that were ever used.
    taken: u32,
    /// The first free slot plus 1; each free slot contains the next one.
    free: u32,
}

#[derive(Clone, Debug)]
enum Slot {
    Live(Arc<ViewState>),
    /// Free: contains the next free slot plus 1; or dead, without a next one.
    Empty(u32),
}

impl Default for Slot {
    fn default() -> Self {
        Self::Empty(0)
    }
}

impl Views {
    /// Views in key order, in slots of that order.
    pub(super) fn load(views: Vec<ViewState>) -> Sound<Self> {
        let keys = views.iter().map(|view| &view.about().key);
        require(keys.is_sorted_by(|one, other| one < other), "views are not in key order")?;
        let taken = u32::try_from(views.len()).map_err(|_| "there are too many views")?;
        let mut all = Self { keys: Names::with_room(views.len()), taken, ..Self::default() };
        all.by_key = views.iter().map(|view| view.about().key.clone()).zip(0..).collect();
        let mut slots = all.slots.writer();
        for (slot, view) in (0..).zip(views) {
            *all.slot_of.get_mut(all.keys.add(view.about().key.as_str()).id) = slot;
            *slots.get_mut(slot) = Slot::Live(Arc::new(view));
        }
        Ok(all)
    }

    /// The number of views.
    pub(super) fn len(&self) -> u64 {
        self.by_key.len() as u64
    }

    /// Whether another view can be added: the storage of keys is limited.
    pub(super) fn has_room(&self) -> bool {
        self.keys.has_room(1)
    }

    /// The slot of the view with a key.
    ///
    /// Cost: O(1).
    pub(super) fn slot(&self, key: &ViewKey) -> Option<u32> {
        self.slot_of.get(self.keys.find(key.as_str())?.id).copied()
    }

    /// The view in a slot; `None` if it is dead.
    ///
    /// Cost: O(1).
    pub(super) fn get(&self, slot: u32) -> Option<&ViewState> {
        match self.slots.get(slot)? {
            Slot::Live(view) => Some(view),
            Slot::Empty(_) => None,
        }
    }

    /// The view with a key, and its slot.
    ///
    /// Cost: O(1).
    pub(super) fn find(&self, key: &ViewKey) -> Option<(u32, &ViewState)> {
        let slot = self.slot(key)?;
        Some((slot, self.get(slot)?))
    }

    /// The view in a slot, to be changed.
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut ViewState> {
        match self.slots.get_mut(slot) {
            Slot::Live(view) => Some(Arc::make_mut(view)),
            Slot::Empty(_) => None,
        }
    }

    /// Adds a view with a free key.
    pub(super) fn add(&mut self, view: ViewState) {
        let slot = match self.free.checked_sub(1) {
            Some(slot) => slot,
            None => {
                // Slots are reused, so there are fewer slots than ids of views.
                self.taken += 1;
                self.taken - 1
            }
        };
        self.add_key(&view.about().key, slot);
        let before = std::mem::replace(self.slots.get_mut(slot), Slot::Live(Arc::new(view)));
        if self.free > 0
            && let Slot::Empty(next) = before
        {
            self.free = next;
        }
    }

    /// Gives a view another key, which is free; `None` if the view does not exist.
    pub(super) fn rename(&mut self, key: &ViewKey, to: &ViewKey) -> Option<&mut ViewState> {
        debug_assert!(self.slot(to).is_none(), "the key {to} is taken");
        let slot = self.remove_key(key)?;
        self.add_key(to, slot);
        self.get_mut(slot)
    }

    fn add_key(&mut self, key: &ViewKey, slot: u32) {
        *self.slot_of.get_mut(self.keys.add(key.as_str()).id) = slot;
        self.by_key.insert_cow(key.clone(), slot);
    }

    fn remove_key(&mut self, key: &ViewKey) -> Option<u32> {
        let slot = self.by_key.remove_cow(key)?;
        self.keys.remove(self.keys.find(key.as_str())?.place);
        Some(slot)
    }

    /// Removes a view; after that its slot is dead.
    pub(super) fn remove(&mut self, key: &ViewKey) -> Option<(u32, Arc<ViewState>)> {
        let slot = self.remove_key(key)?;
        match std::mem::take(self.slots.get_mut(slot)) {
            Slot::Live(view) => Some((slot, view)),
            Slot::Empty(_) => None,
        }
    }

    /// Makes a dead slot free: no posting has it any more.
    pub(super) fn release(&mut self, slot: u32) {
        *self.slots.get_mut(slot) = Slot::Empty(self.free);
        self.free = slot + 1;
    }

    /// The views in key order, after a key.
    ///
    /// Cost: O(log views), and O(1) for each view.
    pub(super) fn iter<'v>(
        &'v self,
        after: Option<&ViewKey>,
    ) -> impl Iterator<Item = (u32, &'v ViewState)> + use<'v> {
        let start = after.cloned().map_or(Bound::Unbounded, Bound::Excluded);
        let slots = self.by_key.range::<ViewKey, _>((start, Bound::Unbounded));
        slots.filter_map(|(_, slot)| Some((*slot, self.get(*slot)?)))
    }

    /// The number of slots that were ever used.
    pub(super) const fn slots(&self) -> u32 {
        self.taken
    }

    /// Checks the slots; the error describes a violation. `dead` are the slots of views that are not swept.
    ///
    /// Cost: O(slots).
    pub(super) fn check(&self, dead: impl Iterator<Item = u32>) -> Result<(), String> {
        let mut used = vec![0_u8; self.taken as usize];
        let mut free = Vec::new();
        let mut next = self.free;
        while let Some(slot) = next.checked_sub(1).filter(|_| free.len() <= used.len()) {
            free.push(slot);
            next = match self.slots.get(slot) {
                Some(Slot::Empty(next)) => *next,
                _ => return Err("a free slot has a view".to_owned()),
            };
        }
        let live = self.by_key.into_iter().map(|(_, slot)| *slot);
        for slot in live.chain(dead).chain(free) {
            *used.get_mut(slot as usize).ok_or("a slot was never taken")? += 1;
        }
        let named = |(key, slot): (&ViewKey, &u32)| {
            let view = self.get(*slot);
            view.is_some_and(|view| view.about().key == *key) && self.slot(key) == Some(*slot)
        };
        if !self.by_key.into_iter().all(named) || u64::from(self.keys.len()) != self.len() {
            return Err("a key leads to another view".to_owned());
        }
        if used.iter().all(|used| *used == 1) {
            Ok(())
        } else {
            Err("a slot is lost or used twice".to_owned())
        }
    }

    /// The bytes of their fields, and of their links.
    ///
    /// Cost: O(views + links / 384).
    pub(super) fn memory(&self) -> (usize, usize) {
        let keys = |key: &ViewKey| key.as_str().len() + size_of::<ViewKey>() + 16;
        let by_key: usize = self.by_key.into_iter().map(|(key, _)| keys(key)).sum();
        let views = self.iter(None).map(|(_, view)| view.memory());
        let (about, links) = views.fold((0, 0), |all, view| (all.0 + view.0, all.1 + view.1));
        let keys = self.keys.memory() + self.slot_of.memory();
        (by_key + keys + self.slots.memory() + about, links)
    }
}
