//! Which links there are, and which keys a request names.

use crate::clock::Clock;
use crate::random::{Random, scatter};

/// How many links a view has.
pub(crate) const PER_VIEW: u64 = 1_000;

/// In how many views each resource is.
const VIEWS_OF_RESOURCE: u64 = 10;

/// A store of views with the same number of links, the same on every run with the same seed.
///
/// Resources are numbered; view `v` has the run of numbers that begins at `v * PER_VIEW`, around
/// the end to the beginning. Keys are text in random order, so a run is no neighbourhood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    seed: u64,
    links: u64,
}

impl Workload {
    /// The least number of links for which a view lacks as many resources as it has.
    pub(crate) const LEAST: u64 = 2 * VIEWS_OF_RESOURCE * PER_VIEW;

    /// A number of links, a multiple of 10,000.
    pub(crate) const fn new(seed: u64, links: u64) -> Self {
        Self { seed, links }
    }

    /// What the keys follow from.
    pub(crate) const fn seed(self) -> u64 {
        self.seed
    }

    /// The number of links.
    pub(crate) const fn links(self) -> u64 {
        self.links
    }

    const fn views(self) -> u64 {
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

    /// Every view with its keys, for loading; the clock goes on with each view.
    pub(crate) fn all(self, clock: &Clock) -> impl Iterator<Item = (String, Vec<String>)> {
        (0..self.views()).map(move |view| {
            clock.set(Clock::START + view);
            let keys = (0..PER_VIEW).map(|place| self.key(self.linked(view, place)));
            (self.view(view), keys.collect())
        })
    }

    /// The number of a resource that a view has.
    const fn linked(self, view: u64, place: u64) -> u64 {
        (view * PER_VIEW + place) % self.resources()
    }

    /// Any view.
    pub(crate) fn some_view(self, random: &mut Random) -> u64 {
        random.below(self.views())
    }

    /// Keys of any resources.
    pub(crate) fn some_keys(self, random: &mut Random, count: u64) -> Vec<String> {
        spread(random, self.resources(), count).map(|number| self.key(number)).collect()
    }

    /// Keys that a view has.
    pub(crate) fn linked_keys(self, random: &mut Random, view: u64, count: u64) -> Vec<String> {
        let places = spread(random, PER_VIEW, count);
        places.map(|place| self.key(self.linked(view, place))).collect()
    }

    /// Keys that a view does not have: of resources that are in other views and, where these are
    /// too few, of resources that are in none.
    pub(crate) fn new_keys(self, random: &mut Random, view: u64, count: u64) -> Vec<String> {
        let lacking = self.resources() - PER_VIEW;
        let places = spread(random, lacking, count.min(lacking));
        let existing = places.map(|place| self.linked(view, PER_VIEW + place));
        let unused = self.resources() + random.below(1 << 40);
        let fresh = unused..unused + count.saturating_sub(lacking);
        existing.chain(fresh).map(|number| self.key(number)).collect()
    }
}

/// A number of links as it stands in the names of rows: `100k`, `1m`.
pub(crate) fn size_name(links: u64) -> String {
    if links.is_multiple_of(1_000_000) {
        format!("{}m", links / 1_000_000)
    } else {
        format!("{}k", links / 1_000)
    }
}

/// `count` different numbers below `size`, strewn all over.
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

    #[test]
    fn every_resource_is_in_ten_views_and_every_view_has_a_thousand() {
        let workload = Workload::new(7, 100_000);
        let mut views_of = BTreeMap::<String, u64>::new();
        for (_, keys) in workload.all(&Clock::at(0)) {
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 1_000);
            keys.into_iter().for_each(|key| *views_of.entry(key).or_default() += 1);
        }
        assert_eq!(views_of.len(), 10_000);
        assert!(views_of.into_values().all(|views| views == 10));
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
