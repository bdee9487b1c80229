//! States with the same changes.

use proptest::prelude::*;

use super::cases;
use super::commands::{any_commands, group};
use crate::model::change_record::LinksChange;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Effect, NameList};
use crate::state::State;

/// Applies changes; each is decoded from its bytes first.
fn replayed(changes: &[ChangeRecord]) -> State {
    let mut state = State::default();
    for change in changes {
        state.apply(&ChangeRecord::decode(&change.encode().unwrap()).unwrap()).unwrap();
    }
    state
}

/// Variants of the newest change.
fn alterations(change: &ChangeRecord) -> Vec<ChangeRecord> {
    let mut altered = Vec::new();
    let mut alter = |with: &dyn Fn(&mut ChangeRecord)| {
        let mut other = change.clone();
        with(&mut other);
        if other != *change {
            altered.push(other);
        }
    };
    alter(&|other| {
        other.stamp.time = Timestamp::from_millis(other.stamp.time.as_millis() + 1);
    });
    alter(&|other| match &mut other.effects[0] {
        Effect::CreateView { fields, .. } | Effect::UpdateView { fields, .. } => {
            fields.description.push('x');
        }
        Effect::PutProject { settings, .. } => settings.require_view_for_new_segments ^= true,
        Effect::PutResources(puts) => puts[0].fields.unbounded ^= true,
        // A later part may have undone an effect of an earlier one.
        Effect::ChangeLinks(parts) if parts.len() == 1 => without_first(&mut parts[0]),
        _ => {}
    });
    alter(&|other| {
        if let Effect::ChangeLinks(parts) = &mut other.effects[0]
            && parts.len() == 1
            && parts[0].linked.len() > 1
        {
            let mut order: Vec<u32> = parts[0].request_order().collect();
            order.swap(0, 1);
            parts[0].order = order;
        }
    });
    altered
}

fn without_first(part: &mut LinksChange) {
    if !part.linked.is_empty() {
        let rest: Vec<&str> = part.linked.iter().skip(1).collect();
        part.linked = rest.into_iter().collect::<NameList>();
        part.order = Vec::new();
    } else {
        let rest: Vec<&str> = part.unlinked.names.iter().skip(1).collect();
        let times = part.unlinked.times.iter().skip(1).collect();
        (part.unlinked.names, part.unlinked.times) = (rest.into_iter().collect(), times);
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn states_with_the_same_changes_are_equal_after_any_other_operations(
        commands in any_commands(40),
        more in group(6),
        meanwhile in prop::collection::vec(0..6_u8, 46),
    ) {
        let mut live = State::default();
        let mut changes = live.run(&commands);
        changes.extend(live.run(&more));
        let mut other = State::default();
        let mut held = Vec::new();
        for (at, (change, what)) in changes.iter().zip(meanwhile).enumerate() {
            match what {
                // Snapshots are taken and dropped, and one replaces the state.
                0 => held.push(other.clone()),
                1 => drop(held.pop()),
                2 => other = other.clone(),
                // It is loaded again, so that names, places and slots are different.
                3 => other = replayed(&changes[..at]),
                4 => drop(commands[0].command.decide(&other, &Default::default(), change.stamp)),
                _ => {}
            }
            other.apply(change).unwrap();
        }
        let digest = live.checked_digest();
        prop_assert_eq!(other.checked_digest(), digest);
        prop_assert_eq!(replayed(&changes).checked_digest(), digest);
    }

    #[test]
    fn states_that_differ_in_one_change_are_not_equal(
        commands in any_commands(20), last in group(3),
    ) {
        let mut state = State::default();
        let mut changes = state.run(&commands);
        changes.extend(state.run(&last));
        let mut before = State::default();
        for change in &changes {
            let mut after = before.clone();
            after.apply(change).unwrap();
            for other in alterations(change) {
                let mut altered = before.clone();
                if altered.apply(&other).is_ok() {
                    prop_assert_ne!(altered.digest().unwrap(), after.digest().unwrap(), "{:?}", other);
                }
            }
            prop_assert_ne!(before.digest().unwrap(), after.digest().unwrap());
            before = after;
        }
    }
}
