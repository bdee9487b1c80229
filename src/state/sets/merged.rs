//! Merging the links of several views in key order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::state::link_set::LinkSet;
use crate::state::names::{Name, Names};

/// The number of links that are read together, so that memory accesses overlap.
const STAGE: usize = 64;

/// The union of the names of some sets, in key order.
///
/// Cost: O(log sets) for each link.
pub(in crate::state) struct Merged<'s> {
    names: &'s Names,
    sets: Vec<Box<dyn Iterator<Item = u32> + 's>>,
    /// If there are several sets, the next name of each set that has one.
    next: BinaryHeap<Reverse<(&'s str, u32, usize)>>,
    last: Option<u32>,
}

impl<'s> Merged<'s> {
    /// The names of the sets after a given name.
    pub(in crate::state) fn new(
        names: &'s Names,
        sets: Vec<&'s LinkSet>,
        after: Option<&str>,
    ) -> Self {
        let places = sets.into_iter().map(|set| {
            let places = set.by_key(names, after, 0).map(|link| link.place);
            Box::new(places) as Box<dyn Iterator<Item = u32> + 's>
        });
        let mut merged =
            Self { names, sets: places.collect(), next: BinaryHeap::new(), last: None };
        if merged.sets.len() > 1 {
            (0..merged.sets.len()).for_each(|set| merged.advance(set));
        }
        merged
    }

    fn advance(&mut self, set: usize) {
        let place = self.sets.get_mut(set).and_then(Iterator::next);
        self.next.extend(place.map(|place| Reverse((self.names.text(place), place, set))));
    }

    fn next_place(&mut self) -> Option<u32> {
        if let [set] = &mut self.sets[..] {
            return set.next();
        }
        loop {
            let Reverse((_, place, set)) = self.next.pop()?;
            self.advance(set);
            if self.last.replace(place) != Some(place) {
                return Some(place);
            }
        }
    }

    /// Reads the next names, as many as are read together; returns false at the end. It replaces the content of
    /// `stage`.
    pub(in crate::state) fn next_stage(&mut self, stage: &mut Vec<Name>) -> bool {
        stage.clear();
        while stage.len() < STAGE
            && let Some(place) = self.next_place()
        {
            stage.push(Name { place, id: 0 });
        }
        // In a separate pass, so that memory accesses overlap.
        stage.iter_mut().for_each(|name| name.id = self.names.id(name.place));
        !stage.is_empty()
    }
}
