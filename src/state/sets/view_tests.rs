//! Finding resources by the views they are in.

use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::set_predicate::SetPredicate;
use crate::state::id_set::{Block, IdSet};
use crate::state::link_set::LinkSet;
use crate::state::project::ProjectState;

/// Conditions on the views of a resource.
pub(in crate::state) struct ViewTests<'s> {
    project: &'s ProjectState,
    resource_type: ResourceType,
    /// The slots of views that it must be in, each once.
    all: Vec<u32>,
    /// For each of these lists, it must be in at least one view.
    any: Vec<Vec<u32>>,
    /// The slots of views that it must not be in.
    none: Vec<u32>,
    /// The required number of views; several different numbers match nothing.
    exactly: Vec<usize>,
}

impl<'s> ViewTests<'s> {
    /// Looks the views up; `slot` returns the slot of a key, or the error for a missing view.
    pub(in crate::state) fn new<'f, E>(
        project: &'s ProjectState,
        resource_type: ResourceType,
        tests: impl Iterator<Item = &'f SetPredicate<ViewKey>>,
        slot: impl Fn(&ViewKey) -> Result<u32, E>,
    ) -> Result<Self, E> {
        let (all, any, none, exactly) = Default::default();
        let mut of = Self { project, resource_type, all, any, none, exactly };
        for test in tests {
            let mut slots = test.members().iter().map(&slot).collect::<Result<Vec<u32>, E>>()?;
            slots.sort_unstable();
            slots.dedup();
            match test {
                SetPredicate::AllOf(_) => of.all.extend(slots),
                SetPredicate::AnyOf(_) => of.any.push(slots),
                SetPredicate::NoneOf(_) => of.none.extend(slots),
                SetPredicate::Exactly(_) => {
                    of.exactly.push(slots.len());
                    of.all.extend(slots);
                }
            }
        }
        of.all.sort_unstable();
        of.all.dedup();
        Ok(of)
    }

    /// Whether they hold for every resource.
    pub(in crate::state) fn is_empty(&self) -> bool {
        let Self { all, any, none, exactly, .. } = self;
        all.is_empty() && any.is_empty() && none.is_empty() && exactly.is_empty()
    }

    /// Whether they may hold for a resource that is in a view.
    pub(in crate::state) fn may_be_linked(&self) -> bool {
        !self.exactly.contains(&0)
    }

    /// Whether they hold for a resource that is in no view.
    pub(in crate::state) fn hold_for_unlinked(&self) -> bool {
        self.all.is_empty() && self.any.is_empty() && self.exactly.iter().all(|count| *count == 0)
    }

    /// Whether they hold for the resource with an id.
    ///
    /// Cost: O(1) for each view that they name.
    pub(in crate::state) fn hold(&self, id: u32) -> bool {
        let postings = &self.project.of(self.resource_type).postings;
        let is_in = |slot: &u32| postings.contains(id, *slot);
        let count = |count: &usize| self.project.view_count(self.resource_type, id) == *count;
        self.all.iter().all(is_in)
            && !self.none.iter().any(is_in)
            && self.any.iter().all(|slots| slots.iter().any(is_in))
            && self.exactly.iter().all(count)
    }

    /// The smallest known list of sets that together contain every match; `None` if a match may be in no view.
    pub(in crate::state) fn sets(&self) -> Option<Vec<&'s LinkSet>> {
        let one = self.all.iter().map(std::slice::from_ref);
        let sets = one.chain(self.any.iter().map(Vec::as_slice)).map(|slots| {
            let sets = slots.iter().filter_map(|slot| self.set(*slot));
            sets.collect::<Vec<&LinkSet>>()
        });
        sets.min_by_key(|sets| sets.iter().map(|set| set.len()).sum::<u64>())
    }

    fn set(&self, slot: u32) -> Option<&'s LinkSet> {
        self.project.views.get(slot)?.links(self.resource_type)
    }

    /// The number of matches, if bits are enough to count them: all sets are large or empty, at least one condition
    /// requires a view, and there is no condition on the number of views.
    ///
    /// Cost: O(v · ids / 512) with v views.
    pub(in crate::state) fn count_by_bits(&self) -> Option<u64> {
        if !self.exactly.is_empty() || (self.all.is_empty() && self.any.is_empty()) {
            return None;
        }
        let all = self.members(&self.all)?;
        let none = self.members(&self.none)?;
        let any = self.any.iter().map(|slots| self.members(slots));
        let any = any.collect::<Option<Vec<_>>>()?;
        let sets = any.iter().flatten().chain(&all).flatten();
        let blocks = sets.map(|set| set.blocks()).max().unwrap_or(0);
        let count = (0..blocks).map(|at| {
            let mut found: Block = [u64::MAX; 8];
            for set in &all {
                and(&mut found, &block(*set, at));
            }
            for sets in &any {
                and(&mut found, &union(sets, at));
            }
            and(&mut found, &union(&none, at).map(|word| !word));
            found.iter().map(|word| u64::from(word.count_ones())).sum::<u64>()
        });
        Some(count.sum())
    }

    /// The bits of views; an entry is `None` for a view without links. `None` as a whole if a view with links has no
    /// bits.
    fn members(&self, slots: &[u32]) -> Option<Vec<Option<&'s IdSet>>> {
        let members = |slot: &u32| match self.set(*slot) {
            Some(set) => set.members().map(Some),
            None => Some(None),
        };
        slots.iter().map(members).collect()
    }
}

fn block(members: Option<&IdSet>, at: u32) -> Block {
    members.map(|members| members.block(at)).unwrap_or_default()
}

fn and(block: &mut Block, other: &Block) {
    block.iter_mut().zip(other).for_each(|(one, other)| *one &= other);
}

fn union(sets: &[Option<&IdSet>], at: u32) -> Block {
    let mut union = Block::default();
    for set in sets {
        union.iter_mut().zip(block(*set, at)).for_each(|(one, other)| *one |= other);
    }
    union
}
