//! A thread that makes changes fail and recovers the store, and another one that makes checkpoints and verifies.

use std::thread;
use std::time::Duration;

use viewlink::{Fault, Health};

use super::round::Round;

/// Makes checkpoints, and sometimes verifies.
pub(super) fn check(round: &Round<'_>) {
    let mut random = round.random(200);
    while round.is_writing() {
        let recoveries = round.recoveries();
        let checked = match random.below(4) {
            0 => round.store.verify().map(|found| assert!(found.is_clean(), "{found}")),
            _ => round.store.checkpoint(),
        };
        if let Err(error) = checked {
            let recovered = round.was_recovered(recoveries);
            assert!(recovered || !is_well(round), "{error}");
        }
        thread::sleep(Duration::from_micros(random.below(3_000) as u64));
    }
}

fn is_well(round: &Round<'_>) -> bool {
    round.store.health() == Health::Writable
}

/// Makes changes fail, and recovers the store if that stopped the writes. It can be written at the end.
pub(super) fn make(round: &Round<'_>) {
    let mut random = round.random(300);
    while round.is_writing() {
        thread::sleep(Duration::from_micros(500 + random.below(8_000) as u64));
        if [1, 2].contains(&(round.seed % 4)) && is_well(round) {
            let fault = [Fault::NotApplied, Fault::Unknown, Fault::Committed, Fault::Panic]
                [random.below(4)];
            round.store.fail_next_change(fault);
        } else if !is_well(round) {
            round.recover();
        }
    }
    if !is_well(round) {
        round.recover();
    }
}
