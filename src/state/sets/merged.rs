//! Links of several views in one key order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::state::link_set::LinkSet;
use crate::state::names::{Name, Names};

/// Links that are looked at together, so that accesses to memory overlap.
const STAGE: usize = 64;

/// The names that some sets have, in key order, each once.
///
/// Cost: O(log sets) for each link.
pub(in crate::state) struct Merged<'s> {
    names: &'s Names,
    sets: Vec<Box<dyn Iterator<Item = u32> + 's>>,
    /// The next name of each set that has one, where there are several.
    next: BinaryHeap<Reverse<(&'s str, u32, usize)>>,
    last: Option<u32>,
}

impl<'s> Merged<'s> {
    /// The names of the sets from behind a name on.
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

    /// The next names, as many as are looked at together; none at the end. What is there before goes.
    pub(in crate::state) fn next_stage(&mut self, stage: &mut Vec<Name>) -> bool {
        stage.clear();
        while stage.len() < STAGE
            && let Some(place) = self.next_place()
        {
            stage.push(Name { place, id: 0 });
        }
        // In a pass of its own, so that accesses to memory overlap.
        stage.iter_mut().for_each(|name| name.id = self.names.id(name.place));
        !stage.is_empty()
    }
}
