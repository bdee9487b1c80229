//! A long history of many concurrent threads: eight write, eight read and hold snapshots, one copies the store and has
//! the copies read, one makes checkpoints and verifies, and one makes changes fail and recovers the store.
//!
//! It runs in rounds. After each round the feed has the order of the changes, and every answer of the round is compared
//! with a [model](content) in that order ([`judge`]).
//! `VIEWLINK_HISTORY_SECONDS=1800 cargo test --release --test it long_history -- --nocapture` runs for half an hour;
//! without the variable it takes a few seconds.

mod call;
mod content;
mod copies;
mod judge;
mod reader;
mod round;
mod trouble;

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use viewlink::{Options, Store};

use crate::support::assert_clean;
use call::Call;
use content::Content;
use judge::{Judge, Tally};
use reader::Held;
use round::Round;

/// The duration of the history.
fn duration() -> Duration {
    let seconds = std::env::var("VIEWLINK_HISTORY_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(4))
}

/// Small enough that each round uses many segments and some checkpoints.
fn options() -> Options {
    Options::new()
        .segment_size(16 << 10)
        .checkpoint_bytes(64 << 10)
        .keep_changes(Some(1_000_000))
        .keep_for(Some(Duration::from_secs(20)))
}

/// The store, and the number of its recoveries.
struct Tried {
    store: Store,
    recoveries: AtomicU64,
}

impl Tried {
    fn new(store: Store) -> Self {
        Self { store, recoveries: AtomicU64::new(0) }
    }
}

/// A round of calls, with the changes that the feed has from it.
fn round(
    tried: &Tried,
    judge: &Judge,
    held: &mut [Held],
    seed: u64,
) -> (Vec<Call>, Vec<(u64, u64)>) {
    let calls = Round::new(&tried.store, &tried.recoveries, judge.revision(), seed).run(held);
    // By then unknown outcomes are decided.
    let changes = tried.store.feed(judge.revision()).unwrap().next_page(usize::MAX).unwrap();
    let id = |comment: Option<String>| comment.unwrap().parse().unwrap();
    (calls, changes.into_iter().map(|change| (change.revision, id(change.comment))).collect())
}

#[test]
fn every_answer_of_many_threads_has_its_place_in_one_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let mut tried = Tried::new(options().open(&path).unwrap());
    let mut judge = Judge::new(content::begin(&tried.store));
    let mut held: Vec<Held> = (0..round::READERS).map(|_| Held::default()).collect();
    let (begun, mut tally) = (Instant::now(), Tally::default());
    for seed in 0.. {
        let (calls, changes) = round(&tried, &judge, &mut held, seed);
        tally +=
            judge.check(&calls, &changes).unwrap_or_else(|error| panic!("round {seed}: {error}"));
        if begun.elapsed() >= duration() {
            break;
        }
        if seed % 16 == 15 {
            // Snapshots end with the store.
            held.iter_mut().for_each(Held::drop_all);
            tried.store.close().unwrap();
            tried = Tried::new(options().open(&path).unwrap());
            let found = Content::of_store(&tried.store).unwrap();
            assert_eq!(found, (judge.revision(), judge.content()));
        }
    }
    assert_clean(&tried.store);
    println!("{tally:?} in {:?}; {:?}", begun.elapsed(), tried.store.stats());
    tally.assert_has_all();
}

/// Control: a wrong answer is detected, and so is a missing change.
#[test]
fn an_answer_without_a_place_in_the_order_is_detected() {
    let tried = Tried::new(options().open_in_memory().unwrap());
    let mut judge = Judge::new(content::begin(&tried.store));
    let mut held: Vec<Held> = (0..round::READERS).map(|_| Held::default()).collect();
    let (calls, changes) = round(&tried, &judge, &mut held, 3);
    let before = judge.clone();
    judge.check(&calls, &changes).unwrap();
    let (mut doctored, mut noticed) = (0, 0);
    for place in 0..calls.len() {
        let mut calls = calls.clone();
        if calls[place].doctor() {
            doctored += 1;
            noticed += u32::from(before.clone().check(&calls, &changes).is_err());
        }
    }
    assert!(doctored > 500 && noticed == doctored, "{noticed} of {doctored}");
    let without = |gone: usize| {
        let mut changes = changes.clone();
        changes.remove(gone);
        changes
    };
    assert!((0..changes.len()).all(|gone| before.clone().check(&calls, &without(gone)).is_err()));
}
