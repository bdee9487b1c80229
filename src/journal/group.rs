//! Changes that were appended together, as they are read back.

use std::collections::VecDeque;

use super::point::{Age, Point};
use crate::model::chain_hash::ChainHash;

/// Changes that were appended together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The point of the journal before the first change.
    pub(super) before: Point,
    /// The age of the journal when they were appended.
    pub(super) age: Age,
    /// The mark that their writer added; empty in a single store.
    pub(super) mark: Vec<u8>,
    pub(super) changes: VecDeque<GroupChange>,
}

/// A change of a group, and the chain hash after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupChange {
    pub(super) hash: ChainHash,
    pub(super) payload: Vec<u8>,
}

impl AsRef<[u8]> for GroupChange {
    fn as_ref(&self) -> &[u8] {
        &self.payload
    }
}

impl Group {
    /// The point of the journal after the last change.
    pub(super) fn end(&self) -> Point {
        match self.changes.back() {
            None => self.before,
            Some(last) => Point {
                revision: self.before.revision + self.changes.len() as u64,
                hash: last.hash,
                age: self.age,
            },
        }
    }

    /// The chain hash after the change `revision`, which is in the group or directly before it.
    pub(super) fn hash_at(&self, revision: u64) -> Option<ChainHash> {
        match revision.checked_sub(self.before.revision)? {
            0 => Some(self.before.hash),
            distance => {
                let change = self.changes.get(usize::try_from(distance - 1).ok()?);
                change.map(|change| change.hash)
            }
        }
    }

    /// Removes and returns the first change.
    pub(super) fn take_first(&mut self) -> Option<(u64, Vec<u8>)> {
        let GroupChange { hash, payload } = self.changes.pop_front()?;
        let revision = self.before.revision + 1;
        self.before = Point { revision, hash, age: self.age };
        Some((revision, payload))
    }

    /// Removes changes outside of `from..=end`.
    pub(super) fn clip(&mut self, from: u64, end: u64) {
        while self.before.revision + 1 < from && self.take_first().is_some() {}
        let left = usize::try_from(end.saturating_sub(self.before.revision)).unwrap_or(usize::MAX);
        if left < self.changes.len() {
            // The mark belongs to the whole group.
            self.mark.clear();
            self.changes.truncate(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Group {
        let mut hash = ChainHash([1; 16]);
        let before = Point { revision: 4, hash, age: Age::default() };
        let changes = (5..=8_u8).map(|byte| {
            hash = hash.after(&[byte]);
            GroupChange { hash, payload: vec![byte] }
        });
        let age = Age { millis: 9, ..Age::default() };
        Group { before, age, mark: b"mark".to_vec(), changes: changes.collect() }
    }

    #[test]
    fn a_group_without_its_first_changes_begins_after_them() {
        let (whole, mut rest) = (group(), group());
        assert_eq!(rest.take_first(), Some((5, vec![5])));
        assert_eq!(rest.before.hash, whole.hash_at(5).unwrap());
        assert_eq!(rest.before.age, whole.age);
        assert_eq!((rest.end(), rest.end().revision), (whole.end(), 8));
        assert_eq!(whole.hash_at(4), Some(ChainHash([1; 16])));
        assert_eq!((whole.hash_at(3), whole.hash_at(9)), (None, None));
    }

    #[test]
    fn a_clipped_group_has_the_requested_changes() {
        for (from, end) in [(1, 9), (5, 8), (6, 7), (8, 8), (9, 9), (5, 4)] {
            let (whole, mut group) = (group(), group());
            group.clip(from, end);
            let expected: Vec<u64> = (from.max(5)..=end.min(8)).collect();
            let hash = expected.last().map(|&last| whole.hash_at(last).unwrap());
            assert!(hash.is_none_or(|hash| hash == group.end().hash));
            assert_eq!(group.mark.is_empty(), end < 8, "a mark is of the last change");
            let given = std::iter::from_fn(|| group.take_first()).map(|(revision, _)| revision);
            assert_eq!(given.collect::<Vec<_>>(), expected, "{from}..={end}");
        }
    }
}
