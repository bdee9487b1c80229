//! Decisions that are never applied.

use proptest::prelude::*;

use super::commands::{any_commands, group};
use super::{Timed, cases};
use crate::state::{Pending, State};

/// All data of a state: the data that readers see, ids, places, slots and memory.
fn everything(state: &State) -> String {
    let memory = state.memory_use();
    format!("{:?} {memory:?} {state:?}", state.checked_digest())
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_decision_that_is_never_applied_leaves_no_trace(
        before in any_commands(25), dropped in any_commands(25), grouped in group(5),
    ) {
        let mut state = State::default();
        state.run(&before);
        let trace = everything(&state);
        for timed in &dropped {
            let _ = state.decide(timed);
        }
        let mut pending = Pending::default();
        for Timed { command, now } in &grouped {
            let decision = command.decide(&state, &pending, pending.next_stamp(&state, *now));
            if let Some(change) = decision.ok().and_then(|decision| decision.change) {
                pending.add(&state, &change, Default::default());
            }
        }
        prop_assert_eq!(everything(&state), trace);
    }

    #[test]
    fn a_command_decides_the_same_every_time_and_after_it_was_encoded(
        before in any_commands(25), commands in any_commands(12),
    ) {
        let mut state = State::default();
        state.run(&before);
        for timed in &commands {
            let bytes = crate::codec::encode(&timed.command).unwrap();
            let command: crate::model::Command = crate::codec::decode(&bytes).unwrap();
            prop_assert_eq!(&command, &timed.command);
            let again = Timed { command, now: timed.now };
            let (one, other) = (state.decide(timed), state.clone().decide(&again));
            prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
    }
}
