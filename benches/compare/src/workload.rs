//! The links of a store, and the keys of requests.

use crate::clock::Clock;
use crate::random::{Random, permute, scatter};

/// How many links a view has.
pub(crate) const PER_VIEW: u64 = 1_000;

/// In how many views each resource is.
const VIEWS_OF_RESOURCE: u64 = 10;

/// A store of views with the same number of links, the same on every run with the same seed.
///
/// Resources are numbered. View `v` has the `PER_VIEW` numbers from `v * PER_VIEW` on, continuing at 0 after the last
/// one. Keys are texts in random order, so these numbers are not adjacent keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    seed: u64,
    links: u64,
}

impl Workload {
    /// The least number of links for which at least as many resources are outside of a view as in it.
    pub(crate) const LEAST: u64 = 2 * VIEWS_OF_RESOURCE * PER_VIEW;

    /// A number of links, a multiple of 10,000.
    pub(crate) const fn new(seed: u64, links: u64) -> Self {
        Self { seed, links }
    }

    /// The seed of the keys.
    pub(crate) const fn seed(self) -> u64 {
        self.seed
    }

    /// The number of links.
    pub(crate) const fn links(self) -> u64 {
        self.links
    }

    const fn view_count(self) -> u64 {
        self.links / PER_VIEW
    }

    const fn resources(self) -> u64 {
        self.links / VIEWS_OF_RESOURCE
    }

    fn key(self, number: u64) -> String {
        format!("flag-{:016x}", scatter(number ^ scatter(self.seed)))
    }

    /// The key of a view.
    pub(crate) fn view(self, number: u64) -> String {
        format!("view-{number}")
    }

    /// Every view with its keys, for loading; the clock advances with each view.
    pub(crate) fn all(self, clock: &Clock) -> impl Iterator<Item = (String, Vec<String>)> {
        (0..self.view_count()).map(move |view| {
            clock.set(Clock::START + view);
            let keys = (0..PER_VIEW).map(|place| self.key(self.linked(view, place)));
            (self.view(view), keys.collect())
        })
    }

    /// The keys of all views.
    pub(crate) fn views(self) -> impl Iterator<Item = String> {
        (0..self.view_count()).map(move |view| self.view(view))
    }

    /// The keys of all resources.
    pub(crate) fn keys(self) -> impl Iterator<Item = String> {
        (0..self.resources()).map(move |number| self.key(number))
    }

    /// The number of a resource that a view has.
    const fn linked(self, view: u64, place: u64) -> u64 {
        (view * PER_VIEW + place) % self.resources()
    }

    /// The same number of views, links and views per resource. But in any numbering of resources, few resources of a
    /// view are adjacent.
    pub(crate) fn all_random(self, clock: &Clock) -> impl Iterator<Item = (String, Vec<String>)> {
        (0..self.view_count()).map(move |view| {
            clock.set(Clock::START + view);
            (self.view(view), self.random_keys(view))
        })
    }

    /// The keys of a view that [`all_random`](Self::all_random) has.
    pub(crate) fn random_keys(self, view: u64) -> Vec<String> {
        (0..PER_VIEW).map(|place| self.key(self.random_linked(view, place))).collect()
    }

    /// Keys that a view of [`all_random`](Self::all_random) does not have, of resources that are in others.
    pub(crate) fn random_new_keys(self, random: &mut Random, view: u64, count: u64) -> Vec<String> {
        let lacking = self.resources() - PER_VIEW;
        let places = spread(random, lacking, count.min(lacking));
        places.map(|place| self.key(self.random_linked(view, PER_VIEW + place))).collect()
    }

    /// After all resources have been used once, they come in another order.
    fn random_linked(self, view: u64, place: u64) -> u64 {
        let begin = view * PER_VIEW;
        let turn = begin / self.resources();
        permute(scatter(self.seed) ^ turn, (begin + place) % self.resources(), self.resources())
    }

    /// A random view other than this one.
    pub(crate) fn other_view(self, random: &mut Random, view: u64) -> u64 {
        self.view_after(view, 1 + random.below(self.view_count() - 1))
    }

    /// The view this many steps after another one; continues at the beginning after the last one.
    pub(crate) const fn view_after(self, view: u64, steps: u64) -> u64 {
        (view + steps) % self.view_count()
    }

    /// A random view.
    pub(crate) fn some_view(self, random: &mut Random) -> u64 {
        random.below(self.view_count())
    }

    /// Keys of random resources.
    pub(crate) fn some_keys(self, random: &mut Random, count: u64) -> Vec<String> {
        spread(random, self.resources(), count).map(|number| self.key(number)).collect()
    }

    /// Keys that a view has.
    pub(crate) fn linked_keys(self, random: &mut Random, view: u64, count: u64) -> Vec<String> {
        let places = spread(random, PER_VIEW, count);
        places.map(|place| self.key(self.linked(view, place))).collect()
    }

    /// Keys that a view does not have: of resources in other views and, if these are too few, of resources in no view.
    pub(crate) fn new_keys(self, random: &mut Random, view: u64, count: u64) -> Vec<String> {
        let lacking = self.resources() - PER_VIEW;
        let places = spread(random, lacking, count.min(lacking));
        let existing = places.map(|place| self.linked(view, PER_VIEW + place));
        let unused = self.resources() + random.below(1 << 40);
        let fresh = unused..unused + count.saturating_sub(lacking);
        existing.chain(fresh).map(|number| self.key(number)).collect()
    }
}

/// A number of links as in the names of rows: `100k`, `1m`.
pub(crate) fn size_name(links: u64) -> String {
    if links.is_multiple_of(1_000_000) {
        format!("{}m", links / 1_000_000)
    } else {
        format!("{}k", links / 1_000)
    }
}

/// `count` different numbers below `size`, spread over the whole range.
fn spread(random: &mut Random, size: u64, count: u64) -> impl Iterator<Item = u64> + use<> {
    let start = random.below(size);
    let mut stride = 1 + random.below(size);
    while common_divisor(stride, size) > 1 {
        stride += 1;
    }
    (0..count).map(move |step| (start + step * stride) % size)
}

const fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn check(views: impl Iterator<Item = (String, Vec<String>)>) {
        let mut views_of = BTreeMap::<String, u64>::new();
        for (_, keys) in views {
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 1_000);
            keys.into_iter().for_each(|key| *views_of.entry(key).or_default() += 1);
        }
        assert_eq!(views_of.len(), 10_000);
        assert!(views_of.into_values().all(|views| views == 10));
    }

    #[test]
    fn every_resource_is_in_ten_views_and_every_view_has_a_thousand() {
        let workload = Workload::new(7, 100_000);
        check(workload.all(&Clock::at(0)));
        check(workload.all_random(&Clock::at(0)));
    }

    #[test]
    fn new_keys_of_a_random_view_are_different_and_not_in_it() {
        let workload = Workload::new(7, 30_000);
        let linked: BTreeSet<_> = workload.random_keys(5).into_iter().collect();
        let keys = workload.random_new_keys(&mut Random::new(1), 5, 1_000);
        let new: BTreeSet<_> = keys.into_iter().collect();
        assert_eq!(new.len(), 1_000);
        assert!(new.is_disjoint(&linked));
    }

    #[test]
    fn another_view_is_never_the_same() {
        let workload = Workload::new(7, 20_000);
        let mut random = Random::new(1);
        assert!((0..1_000).all(|view| workload.other_view(&mut random, view % 20) != view % 20));
    }

    #[test]
    fn new_keys_are_different_and_not_in_the_view() {
        let workload = Workload::new(7, 100_000);
        let mut random = Random::new(3);
        let view = workload.some_view(&mut random);
        let linked: BTreeSet<_> =
            workload.linked_keys(&mut random, view, 1_000).into_iter().collect();
        assert_eq!(linked.len(), 1_000);
        for count in [1, 100, 10_000] {
            let keys: BTreeSet<_> =
                workload.new_keys(&mut random, view, count).into_iter().collect();
            assert_eq!(keys.len() as u64, count);
            assert!(keys.is_disjoint(&linked));
        }
    }
}
