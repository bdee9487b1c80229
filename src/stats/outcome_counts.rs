//! The number of keys for each outcome.

use crate::model::{FailureCode, KeyOutcome};

/// The number of keys of link changes for each outcome; see [`Stats::keys`](crate::Stats::keys).
///
/// ```
/// use viewlink::{Batch, FailureCode, NewView, Options};
///
/// let store = Options::new().open_in_memory()?;
/// let project = store.project("default")?;
/// project.create_view(NewView::new("my-view", "My view"))?;
/// project.link("my-view", Batch::flags(["a", "b"]))?.all_ok()?;
/// let report = project.unlink("my-view", Batch::flags(["a", "c"]))?;
/// assert_eq!(report.failure_count(), 1);
///
/// let keys = store.stats().keys;
/// assert_eq!((keys.linked(), keys.unlinked(), keys.failed()), (2, 1, 1));
/// assert_eq!(keys.failed_with(FailureCode::NotLinked), 1);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    pub(crate) counts: [u64; OUTCOMES],
}

/// The number of different outcomes.
pub(crate) const OUTCOMES: usize = FIRST_FAILURE + FailureCode::ALL.len();

const LINKED: usize = 0;
const ALREADY_LINKED: usize = 1;
const UNLINKED: usize = 2;
const NOT_LINKED: usize = 3;
const MOVED: usize = 4;
const RELEASED: usize = 5;
/// The failures follow these, in the order of their codes.
const FIRST_FAILURE: usize = 6;

impl OutcomeCounts {
    /// Counts outcomes, except those of registrations.
    ///
    /// Cost: O(n).
    pub(crate) fn of<'a>(outcomes: impl Iterator<Item = &'a KeyOutcome>) -> Self {
        let mut counts = [0; OUTCOMES];
        for place in outcomes.filter_map(place) {
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
        Self { counts }
    }

    /// How many were linked.
    #[must_use]
    pub fn linked(&self) -> u64 {
        self.at(LINKED)
    }

    /// How many were already linked, without a failure.
    #[must_use]
    pub fn already_linked(&self) -> u64 {
        self.at(ALREADY_LINKED)
    }

    /// How many were unlinked.
    #[must_use]
    pub fn unlinked(&self) -> u64 {
        self.at(UNLINKED)
    }

    /// How many were not linked, without a failure ([`ignore_missing`](crate::Batch::ignore_missing)).
    #[must_use]
    pub fn not_linked(&self) -> u64 {
        self.at(NOT_LINKED)
    }

    /// How many were moved to another view.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.at(MOVED)
    }

    /// How many are still linked because a standing filter holds them, and are no longer held by keys.
    #[must_use]
    pub fn released(&self) -> u64 {
        self.at(RELEASED)
    }

    /// How many failed with a code.
    #[must_use]
    pub fn failed_with(&self, code: FailureCode) -> u64 {
        self.at(FIRST_FAILURE + code as usize)
    }

    /// How many failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures().map(|(_, keys)| keys).sum()
    }

    /// Each code that occurred, with its number of keys.
    pub fn failures(&self) -> impl Iterator<Item = (FailureCode, u64)> + '_ {
        let counted = FailureCode::ALL.into_iter().map(|code| (code, self.failed_with(code)));
        counted.filter(|(_, keys)| *keys > 0)
    }

    /// The number of all outcomes together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn at(&self, place: usize) -> u64 {
        self.counts.get(place).copied().unwrap_or(0)
    }
}

fn place(outcome: &KeyOutcome) -> Option<usize> {
    match outcome {
        KeyOutcome::Linked => Some(LINKED),
        KeyOutcome::AlreadyLinked => Some(ALREADY_LINKED),
        KeyOutcome::Unlinked => Some(UNLINKED),
        KeyOutcome::NotLinked => Some(NOT_LINKED),
        KeyOutcome::Moved => Some(MOVED),
        KeyOutcome::Released => Some(RELEASED),
        KeyOutcome::Failed(reason) => Some(FIRST_FAILURE + reason.code() as usize),
        KeyOutcome::Registered | KeyOutcome::Updated | KeyOutcome::Unchanged => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureReason;

    #[test]
    fn each_code_has_its_own_counter() {
        for (place, code) in FailureCode::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, place, "{code}");
        }
    }

    #[test]
    fn each_outcome_is_counted_once_and_those_of_a_registration_are_not() {
        let failed = || KeyOutcome::Failed(FailureReason::Repeated);
        let outcomes = [
            KeyOutcome::Linked,
            KeyOutcome::AlreadyLinked,
            KeyOutcome::Unlinked,
            KeyOutcome::NotLinked,
            KeyOutcome::Moved,
            KeyOutcome::Released,
            KeyOutcome::Registered,
            KeyOutcome::Updated,
            KeyOutcome::Unchanged,
            failed(),
            KeyOutcome::Failed(FailureReason::LastView),
            failed(),
        ];
        let counts = OutcomeCounts::of(outcomes.iter());
        let ok = [counts.linked(), counts.already_linked(), counts.unlinked(), counts.not_linked()];
        assert_eq!((ok, counts.moved(), counts.released()), ([1; 4], 1, 1));
        assert_eq!((counts.failed(), counts.total()), (3, 9));
        let failures: Vec<_> = counts.failures().collect();
        assert_eq!(failures, [(FailureCode::Repeated, 2), (FailureCode::LastView, 1)]);
    }
}
