//! Changes as bytes.

use proptest::prelude::*;

use super::cases;
use super::commands::any_commands;
use crate::model::ChangeRecord;
use crate::state::State;

/// Decodes bytes and applies the change, if they are one, to a copy of a state: it is refused, or all invariants hold.
fn assert_harmless(state: &State, bytes: &[u8]) {
    let Ok(change) = ChangeRecord::decode(bytes) else { return };
    let mut other = state.clone();
    if other.apply(&change).is_ok() {
        other.check().unwrap_or_else(|broken| panic!("{broken:?} after {change:?}"));
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_change_is_the_same_after_decoding_and_truncated_bytes_are_an_error(
        commands in any_commands(30), cut: prop::sample::Index,
    ) {
        let mut state = State::default();
        for change in state.run(&commands) {
            let bytes = change.encode().unwrap();
            prop_assert_eq!(&ChangeRecord::decode(&bytes).unwrap(), &change);
            let mut lengths: Vec<usize> = (0..bytes.len().min(80)).collect();
            lengths.extend([cut.index(bytes.len()), bytes.len() - 1]);
            for length in lengths {
                prop_assert!(ChangeRecord::decode(&bytes[..length]).is_err(), "{} of {:?}", length, change);
            }
            let mut longer = bytes;
            longer.push(0);
            prop_assert!(ChangeRecord::decode(&longer).is_err());
        }
    }

    #[test]
    fn modified_bytes_are_an_error_or_a_harmless_change(
        commands in any_commands(25),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..24),
    ) {
        let mut state = State::default();
        for timed in &commands {
            let before = state.clone();
            let Some(change) = state.carry_out(timed).ok().and_then(|decision| decision.change) else {
                continue;
            };
            let bytes = change.encode().unwrap();
            let digest = before.digest().unwrap();
            for (at, bit) in &flips {
                let mut flipped = bytes.clone();
                flipped[at.index(bytes.len())] ^= 1 << bit;
                assert_harmless(&before, &flipped);
                // The byte is near the end, because the head is a large part of a short change.
                let mut flipped = bytes.clone();
                flipped[bytes.len() - 1 - at.index(bytes.len().min(40))] ^= 1 << bit;
                assert_harmless(&before, &flipped);
            }
            prop_assert_eq!(before.checked_digest(), digest);
        }
    }
}
