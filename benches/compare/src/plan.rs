//! The number of rounds for each measurement.

use std::collections::BTreeSet;

/// Rounds for each group of rows, and the selected rows.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Sizes of batches, and how often one is linked and unlinked again.
    pub(crate) batches: [(u64, usize); 5],
    /// How often many threads change the store at once.
    pub(crate) concurrent: usize,
    /// How many batches of reads there are of each kind.
    pub(crate) reads: usize,
    /// How often each question over sets is asked.
    pub(crate) sets: usize,
    /// How often a batch goes to a view that does not profit from a numbering.
    pub(crate) scattered: usize,
    /// How often a batch is linked while a reader keeps a snapshot.
    pub(crate) held: usize,
    /// How often many reads run during changes.
    pub(crate) beside: usize,
    /// How many views are deleted.
    pub(crate) deletions: usize,
    /// How many commits the tail is taken from, half of them unlinking what the others linked.
    pub(crate) tail: usize,
    /// How often a store is opened.
    pub(crate) openings: usize,
    /// How often a process is killed.
    pub(crate) crashes: usize,
    /// The selected rows; empty for all.
    only: BTreeSet<String>,
}

impl Plan {
    /// About six minutes for a million links and all engines.
    pub(crate) fn quick(only: BTreeSet<String>) -> Self {
        Self {
            batches: [(1, 200), (10, 150), (100, 100), (1_000, 25), (10_000, 5)],
            concurrent: 3,
            reads: 100,
            sets: 21,
            scattered: 25,
            held: 25,
            beside: 3,
            deletions: 8,
            tail: 2_000,
            openings: 5,
            crashes: 3,
            only,
        }
    }

    /// For published numbers.
    pub(crate) fn thorough(only: BTreeSet<String>) -> Self {
        Self {
            batches: [(1, 1_000), (10, 600), (100, 400), (1_000, 100), (10_000, 20)],
            concurrent: 9,
            reads: 400,
            sets: 101,
            scattered: 100,
            held: 100,
            beside: 9,
            deletions: 30,
            tail: 4_000,
            openings: 11,
            crashes: 5,
            only,
        }
    }

    /// Whether one of these rows is selected.
    pub(crate) fn wants<R: AsRef<str>>(&self, rows: impl IntoIterator<Item = R>) -> bool {
        self.only.is_empty() || rows.into_iter().any(|row| self.only.contains(row.as_ref()))
    }
}
