//! Random calls over the whole API on both engines: reports, pages, counts, feeds and errors are the same.
//!
//! `VIEWLINK_ORACLE=N` makes N calls with each of the seeds, `VIEWLINK_SEED=S` begins with another seed.

use std::sync::atomic::Ordering;

use viewlink::testing::ImageSnapshot;
use viewlink::{LinkPolicy, Snapshot};

use crate::call::Call;
use crate::pair::Pair;
use crate::random::Random;
use crate::reads::{self, Walk};

const SEEDS: u64 = 4;
/// Snapshots and walks that are held while changes are made.
const HELD: usize = 4;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

struct Held {
    store: Snapshot,
    image: ImageSnapshot,
    digest: String,
}

struct Run {
    pair: Pair,
    random: Random,
    held: Vec<Held>,
    walks: Vec<Walk>,
    /// The first revision that was not compared yet.
    next: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let policy = if seed.is_multiple_of(2) { LinkPolicy::Closed } else { LinkPolicy::Open };
        let (held, walks) = (Vec::new(), Vec::new());
        Self { pair: Pair::new(policy), random: Random(seed), held, walks, next: 1 }
    }

    fn step(&mut self) {
        // Times stand still, go on, and go back.
        match self.random.below(6) {
            0 => drop(self.pair.time.fetch_add(self.random.next() % 5, Ordering::Relaxed)),
            1 if self.random.once_in(4) => drop(self.pair.time.fetch_sub(3, Ordering::Relaxed)),
            _ => {}
        }
        self.pair.call(&Call::random(&mut self.random));
        let (store, image) = (self.pair.store.snapshot().unwrap(), self.pair.image.snapshot());
        for _ in 0..2 {
            reads::assert_same(&mut self.random, &store, &image);
        }
        self.walks.retain_mut(|walk| walk.step(&store, &image));
        if self.walks.len() < HELD {
            self.walks.push(Walk::random(&mut self.random));
        }
        match self.random.below(60) {
            0 => self.hold(store, image),
            1 if !self.held.is_empty() => self.release(),
            2 => self.next = self.pair.assert_same_changes(self.next),
            3 if self.random.once_in(8) => self.look_inside(),
            _ => {}
        }
    }

    fn hold(&mut self, store: Snapshot, image: ImageSnapshot) {
        if self.held.len() < HELD {
            let digest = image.digest().unwrap();
            self.held.push(Held { store, image, digest });
        }
    }

    /// A snapshot shows what it did, however much was changed since.
    fn release(&mut self) {
        let at = self.random.below(self.held.len());
        let Held { store, image, digest } = self.held.swap_remove(at);
        assert_eq!(image.digest().unwrap(), digest);
        for _ in 0..8 {
            reads::assert_same(&mut self.random, &store, &image);
        }
    }

    /// All invariants hold, and a state that only saw the changes is the same.
    fn look_inside(&self) {
        self.pair.image.check().unwrap();
        let digest = self.pair.image.digest().unwrap();
        if self.random.0.is_multiple_of(3) {
            self.pair.image.replay().unwrap();
            self.pair.image.check().unwrap();
        }
        assert_eq!(self.pair.image.digest().unwrap(), digest);
    }
}

#[test]
fn random_calls_come_to_the_same_on_both_engines() {
    let calls = number("VIEWLINK_ORACLE", 1_500);
    let first = number("VIEWLINK_SEED", 1);
    for seed in first..first + SEEDS {
        let mut run = Run::new(seed);
        for _ in 0..calls {
            run.step();
        }
        run.look_inside();
        let revision = run.pair.assert_same_changes(run.next) - 1;
        println!("seed {seed}: {calls} calls made {revision} changes");
    }
}
