//! Snapshots that are held while changes are made.

use proptest::prelude::*;

use super::cases;
use super::commands::any_commands;
use crate::state::State;

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_snapshot_is_exact_as_long_as_it_is_held(commands in any_commands(50)) {
        let mut state = State::default();
        let mut held = Vec::new();
        let mut changes = Vec::new();
        for timed in &commands {
            held.push((state.clone(), state.digest().unwrap(), changes.len()));
            changes.extend(state.carry_out(timed).ok().and_then(|decision| decision.change));
        }
        let newest = state.checked_digest();
        for (snapshot, digest, _) in &held {
            prop_assert_eq!(snapshot.checked_digest(), *digest);
        }
        // The same changes on a snapshot lead to the same state, and the other snapshots do not change.
        for (snapshot, digest, seen) in held.iter().step_by(7) {
            let mut other = snapshot.clone();
            changes[*seen..].iter().for_each(|change| other.apply(change).unwrap());
            prop_assert_eq!(other.checked_digest(), newest);
            prop_assert_eq!(snapshot.checked_digest(), *digest);
        }
        prop_assert_eq!(state.checked_digest(), newest);
    }
}
