//! Commands and changes from arbitrary bytes, on a small state.

use super::{Pending, State, Unapply};
use crate::codec;
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::time::Timestamp;
use crate::model::view::ViewFields;
use crate::model::{ChangeMeta, ChangeRecord, Command, Operation, Precondition, Stamp};

/// Reads bytes as a command and as a change; neither may panic. After an accepted change all structural invariants
/// must hold. A decoded value must be the same after encoding and decoding it again.
pub(crate) fn read_commands_and_changes(bytes: &[u8]) {
    let Some(state) = small_state() else { return };
    if let Ok(change) = ChangeRecord::decode(bytes) {
        let again = change.encode().and_then(|bytes| ChangeRecord::decode(&bytes));
        assert_eq!(again.ok().as_ref(), Some(&change));
        apply(&state, &change);
    }
    if let Ok(command) = codec::decode::<Command>(bytes) {
        let pending = Pending::default();
        let stamp = pending.next_stamp(&state, Timestamp::from_millis(2));
        let decision = command.decide(&state, &pending, stamp);
        if let Some(change) = decision.ok().and_then(|decision| decision.change) {
            let after = apply(&state, &change);
            // After a decided change, views have the resources that match their filters.
            assert_eq!(after.map(|after| after.check_followed()), Some(Ok(())));
        }
    }
}

/// The state after a change, if the change fits.
fn apply(state: &State, change: &ChangeRecord) -> Option<State> {
    let mut after = state.clone();
    after.apply(change).ok()?;
    assert_eq!(after.check(), Ok(()));
    let mut unapply = Unapply::new(after.clone());
    // The change may contain any previous values; none of them may cause a panic.
    if unapply.undo(change).is_ok() {
        let before = state.head();
        drop(unapply.finish(Stamp { revision: before.revision, time: before.time }));
    }
    Some(after)
}

/// A state with a view.
fn small_state() -> Option<State> {
    let mut state = State::default();
    let (view, fields) = (ViewKey::parse("v").ok()?, ViewFields::default());
    let command = Command {
        project: ProjectKey::parse("p").ok()?,
        precondition: Precondition::default(),
        meta: ChangeMeta::default(),
        removal_detail: 0,
        link_limit: 100,
        operation: Operation::CreateView { view, fields, ensure: false },
    };
    let pending = Pending::default();
    let stamp = pending.next_stamp(&state, Timestamp::from_millis(1));
    state.apply(&command.decide(&state, &pending, stamp).ok()?.change?).ok()?;
    Some(state)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Batch, LinkCommand, LinkOp, LinkPolicy};

    /// The bytes of a command that links flags.
    fn linking() -> Vec<u8> {
        let view = ViewKey::parse("v").unwrap();
        let batch = Batch::flags(["a", "b", "a", "no key"]);
        let link = LinkCommand::new(view, LinkOp::Link, batch, LinkPolicy::Open, 256, 100);
        let command = Command {
            project: ProjectKey::parse("p").unwrap(),
            precondition: Precondition::default(),
            meta: ChangeMeta::default(),
            removal_detail: 10,
            link_limit: 100,
            operation: Operation::ChangeLinks { commands: vec![link], limit: 100 },
        };
        codec::encode(&command).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            read_commands_and_changes(&bytes);
        }

        #[test]
        fn a_modified_command_does_not_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut bytes = linking();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            read_commands_and_changes(&bytes);
        }
    }

    #[test]
    fn the_seeds_of_changes_are_changes_and_the_one_of_a_filter_fits() {
        let seeds = [
            &include_bytes!("../../fuzz/seeds/decoding/change-links")[..],
            include_bytes!("../../fuzz/seeds/decoding/change-view"),
            include_bytes!("../../fuzz/seeds/decoding/change-filter"),
        ];
        let state = small_state().unwrap();
        let fits = seeds.map(|seed| apply(&state, &ChangeRecord::decode(seed).unwrap()).is_some());
        assert_eq!(fits, [false, false, true]);
    }

    #[test]
    fn the_small_state_takes_a_command_of_bytes() {
        let state = small_state().unwrap();
        let command = codec::decode::<Command>(&linking()).unwrap();
        let pending = Pending::default();
        let stamp = pending.next_stamp(&state, Timestamp::from_millis(2));
        let change = command.decide(&state, &pending, stamp).unwrap().change;
        assert_eq!(change.unwrap().work(), 3);
    }
}
