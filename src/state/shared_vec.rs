//! A vector whose parts are shared with snapshots; parts that are not shared are changed in place.

use std::sync::Arc;

/// The values of a leaf, and the leaves of a branch.
const LEAF: usize = 16;
const BRANCH: usize = 64;

/// This number of values, or a multiple of it, fills whole branches.
pub(super) const WHOLE: usize = LEAF * BRANCH;

type Leaf<T> = Arc<[T; LEAF]>;
type Branch<T> = Arc<[Option<Leaf<T>>; BRANCH]>;

/// A vector of values by index; values that were never written are the default.
///
/// Cloning is O(1). After that, the first change copies one shared leaf, one branch and the list of branches.
#[derive(Clone, Debug)]
pub(super) struct SharedVec<T> {
    branches: Arc<Vec<Branch<T>>>,
}

impl<T> Default for SharedVec<T> {
    fn default() -> Self {
        Self { branches: Arc::default() }
    }
}

const fn split(index: u32) -> (usize, usize, usize) {
    let index = index as usize;
    (index / (LEAF * BRANCH), index / LEAF % BRANCH, index % LEAF)
}

impl<T: Clone + Default> SharedVec<T> {
    /// A vector of values from index 0 on.
    pub(super) fn from_values(values: Vec<T>) -> Self {
        let mut values = values.into_iter();
        let mut branches = Vec::new();
        while values.len() > 0 {
            branches.push(Arc::new(std::array::from_fn(|_| {
                let more = values.len() > 0;
                more.then(|| Arc::new(std::array::from_fn(|_| values.next().unwrap_or_default())))
            })));
        }
        Self { branches: Arc::new(branches) }
    }

    /// Appends the values of another vector; this vector consists of whole branches.
    pub(super) fn append_whole(&mut self, later: Self) {
        Arc::make_mut(&mut self.branches).extend(later.branches.iter().cloned());
    }

    /// The value at an index; `None` if its leaf was never written.
    ///
    /// Cost: O(1).
    pub(super) fn get(&self, index: u32) -> Option<&T> {
        let (branch, leaf, at) = split(index);
        self.branches.get(branch)?.get(leaf)?.as_ref()?.get(at)
    }

    /// The number of vectors that share the leaf of an index. A change of the value reads this count, which is in
    /// another cache line than the value.
    #[inline]
    pub(super) fn sharers(&self, index: u32) -> usize {
        let (branch, leaf, _) = split(index);
        let leaf = self.branches.get(branch).and_then(|branch| branch.get(leaf)?.as_ref());
        leaf.map_or(0, Arc::strong_count)
    }

    /// The value at an index, to be changed.
    ///
    /// Cost: O(1); if it is shared with a snapshot, O(n / 1024).
    pub(super) fn get_mut(&mut self, index: u32) -> &mut T {
        value_mut(Arc::make_mut(&mut self.branches), index)
    }

    /// Changes many values: the common parts are checked once.
    pub(super) fn writer(&mut self) -> Writer<'_, T> {
        Writer { branches: Arc::make_mut(&mut self.branches) }
    }

    /// All values that may have been written, with their indexes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        // Indexes are below 2^32, because every value is reached by one.
        self.branches.iter().zip(0_u32..).flat_map(|(branch, branch_at)| {
            branch.iter().zip(0_u32..).flat_map(move |(leaf, leaf_at)| {
                let first = (branch_at * BRANCH as u32 + leaf_at) * LEAF as u32;
                leaf.iter().flat_map(move |leaf| (first..).zip(leaf.iter()))
            })
        })
    }

    /// The bytes of its memory, without the data that its values reference.
    ///
    /// Cost: O(n / 1024).
    pub(super) fn memory(&self) -> usize {
        let leaves: usize =
            self.branches.iter().map(|branch| branch.iter().flatten().count()).sum();
        let counts = 2 * size_of::<usize>();
        leaves * (size_of::<[T; LEAF]>() + counts.max(align_of::<T>()))
            + self.branches.len() * (size_of::<[Option<Leaf<T>>; BRANCH]>() + counts)
            + self.branches.capacity() * size_of::<Branch<T>>()
    }
}

/// Changes values of a vector.
pub(super) struct Writer<'v, T> {
    branches: &'v mut Vec<Branch<T>>,
}

impl<T: Clone + Default> Writer<'_, T> {
    /// The value at an index, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> &mut T {
        value_mut(self.branches, index)
    }
}

fn value_mut<T: Clone + Default>(branches: &mut Vec<Branch<T>>, index: u32) -> &mut T {
    let (branch, leaf, at) = split(index);
    while branches.len() <= branch {
        branches.push(Arc::new(std::array::from_fn(|_| None)));
    }
    #[expect(clippy::indexing_slicing, reason = "the branch was made, the other is a remainder")]
    let slot = &mut Arc::make_mut(&mut branches[branch])[leaf];
    let leaf = slot.get_or_insert_with(|| Arc::new(std::array::from_fn(|_| T::default())));
    #[expect(clippy::indexing_slicing, reason = "a remainder")]
    &mut Arc::make_mut(leaf)[at]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn clones_do_not_change_and_the_vector_has_the_written_values(
            writes in prop::collection::vec((0_u32..5_000, any::<u8>(), any::<bool>()), 0..200),
        ) {
            let (mut vec, mut model) = (SharedVec::<u8>::default(), BTreeMap::new());
            let mut clones = Vec::new();
            for (index, value, clone) in writes {
                if clone {
                    clones.push((vec.clone(), model.clone()));
                }
                *vec.get_mut(index) = value;
                model.insert(index, value);
            }
            clones.push((vec, model));
            for (vec, model) in clones {
                for (index, value) in &model {
                    prop_assert_eq!(vec.get(*index), Some(value));
                }
                let written = vec.iter().filter(|(_, value)| **value != 0);
                let expected = model.iter().filter(|(_, value)| **value != 0);
                prop_assert!(written.map(|(at, value)| (at, *value)).eq(expected.map(|(at, value)| (*at, *value))));
            }
        }
    }
}
