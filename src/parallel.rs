//! Work on many items at once, on all cores.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, available_parallelism};

/// How many threads may work at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threads(usize);

impl Threads {
    /// Only the caller's thread.
    pub(crate) const ONE: Self = Self(1);

    /// One for each core.
    pub(crate) fn all_cores() -> Self {
        Self(available_parallelism().map_or(1, NonZero::get))
    }

    /// How many threads, at least one.
    pub(crate) const fn count(self) -> usize {
        if self.0 == 0 { 1 } else { self.0 }
    }

    /// The results of `each`, in the order of the items.
    ///
    /// The caller works too, so everything is done even if no thread can be started.
    pub(crate) fn map<T: Sync, R: Send>(
        self,
        items: &[T],
        each: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        let helpers = self.0.min(items.len()).saturating_sub(1);
        if helpers == 0 {
            return items.iter().map(each).collect();
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else { return done };
                done.push((at, each(item)));
            }
        };
        let mut done = thread::scope(|scope| {
            let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
            let started: Vec<_> = (0..helpers).filter_map(start).collect();
            let mut done = work();
            for helper in started {
                done.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            done
        });
        done.sort_unstable_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, made)| made).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_their_items_with_any_number_of_threads() {
        let items: Vec<u64> = (0..1_000).collect();
        let expected: Vec<u64> = items.iter().map(|item| item * item).collect();
        for threads in [0, 1, 2, 7] {
            assert_eq!(Threads(threads).map(&items, |item| item * item), expected);
        }
        assert!(Threads(4).map(&[0_u8; 0], |item| *item).is_empty());
    }

    #[test]
    fn a_panic_of_a_helper_reaches_the_caller() {
        let items: Vec<u64> = (0..1_000).collect();
        let act = || Threads(3).map(&items, |item| assert!(*item != 500, "no"));
        assert!(std::panic::catch_unwind(act).is_err());
    }
}
