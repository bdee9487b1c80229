//! The segments and their lengths.

use std::collections::BTreeMap;

/// The length in bytes of each segment, by its first revision.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    by_first: BTreeMap<u64, u64>,
    total: u64,
}

impl Lengths {
    /// The first revisions, ascending.
    pub(super) fn firsts(&self) -> impl Iterator<Item = u64> {
        self.by_first.keys().copied()
    }

    /// The first revisions of the segment with `revision`, and of the next one.
    pub(super) fn around(&self, revision: u64) -> (Option<u64>, Option<u64>) {
        let first = |(first, _): (&u64, _)| *first;
        let holding = self.by_first.range(..=revision).next_back().map(first);
        let next_first = revision.checked_add(1);
        let next_first = next_first.and_then(|next| self.by_first.range(next..).next().map(first));
        (holding, next_first)
    }

    /// The total length.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn count(&self) -> usize {
        self.by_first.len()
    }

    /// Sets the length of a segment; adds it if it is new.
    pub(super) fn set(&mut self, first: u64, length: u64) {
        let before = self.by_first.insert(first, length).unwrap_or(0);
        self.total = self.total.saturating_sub(before).saturating_add(length);
    }

    /// Removes a segment; returns its length.
    pub(super) fn remove(&mut self, first: u64) -> Option<u64> {
        let length = self.by_first.remove(&first)?;
        self.total = self.total.saturating_sub(length);
        Some(length)
    }
}

impl FromIterator<(u64, u64)> for Lengths {
    fn from_iter<I: IntoIterator<Item = (u64, u64)>>(segments: I) -> Self {
        let mut lengths = Self::default();
        segments.into_iter().for_each(|(first, length)| lengths.set(first, length));
        lengths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_sum_of_the_lengths() {
        let mut lengths: Lengths = [(1, 10), (5, 20)].into_iter().collect();
        assert_eq!((lengths.total(), lengths.count()), (30, 2));
        lengths.set(5, 7);
        lengths.set(9, 100);
        assert_eq!((lengths.total(), lengths.count()), (117, 3));
        assert_eq!((lengths.remove(1), lengths.remove(1)), (Some(10), None));
        assert_eq!((lengths.total(), lengths.count()), (107, 2));
        assert_eq!(lengths.firsts().collect::<Vec<_>>(), [5, 9]);
        assert_eq!(lengths.around(8), (Some(5), Some(9)));
        assert_eq!(lengths.around(u64::MAX), (Some(9), None));
        assert_eq!(lengths.around(4), (None, Some(5)));
    }
}
