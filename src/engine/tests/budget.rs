//! A state never takes more memory than was counted for it.

use proptest::prelude::*;

use super::*;
use crate::engine::memory_budget::MemoryBudget;
use crate::model::limit::Limits;
use crate::model::resource::ResourceType;
use crate::model::{
    Attribute, AttributeValue, ChangeRecord, Decision, LinkOp, NewResource, Operation, ValidatedPut,
};
use crate::state::tests::commands::{
    any_commands, at, batch, change_links, command, create, group, links as links_of,
};
use crate::state::tests::{Timed, cases};
use crate::state::{Pending, State};

fn decide(state: &State, pending: &Pending, timed: &Timed) -> Option<ChangeRecord> {
    let stamp = pending.next_stamp(state, timed.now);
    let decided: Option<Decision> = timed.command.decide(state, pending, stamp).ok();
    decided?.change
}

proptest! {
    #![proptest_config(cases(96))]

    /// The limit is very high, so the state is counted once and the growth of all changes is added.
    #[test]
    fn changes_never_take_more_memory_than_was_counted_for_them(commands in any_commands(60)) {
        let (mut state, mut budget) = (State::default(), MemoryBudget::new(Some(u64::MAX)));
        for timed in &commands {
            let Some(change) = decide(&state, &Pending::default(), timed) else { continue };
            let bytes = change.encode().unwrap().len();
            let before = state.memory_use().total();
            budget.begin();
            budget.admit(&state, &change, bytes).unwrap();
            state.apply(&change).unwrap();
            budget.make();
            let (after, most) = (state.memory_use().total(), budget.most().unwrap_or(u64::MAX));
            prop_assert!(after <= most, "{after} of {most} bytes, {before} before {change:?}");
        }
    }

    /// With any limit and any groups of calls: a state within the limit stays within it.
    #[test]
    fn a_state_stays_within_its_limit(
        groups in prop::collection::vec(group(6), 1..8),
        limit in 20_000..2_000_000_u64,
    ) {
        let mut state = State::default();
        for view in 0..3 {
            for project in 0..2 {
                let made = decide(&state, &Pending::default(), &at(create(project, view)));
                state.apply(&made.unwrap()).unwrap();
            }
        }
        let mut budget = MemoryBudget::new(Some(limit));
        for group in &groups {
            let (mut pending, mut changes) = (Pending::default(), Vec::new());
            budget.begin();
            for timed in group {
                let Some(change) = decide(&state, &pending, timed) else { continue };
                let bytes = change.encode().unwrap().len();
                if budget.admit(&state, &change, bytes).is_ok() {
                    pending.add(&state, &change, Default::default());
                    changes.push(change);
                }
            }
            let before = state.memory_use().total();
            changes.iter().for_each(|change| state.apply(change).unwrap());
            budget.make();
            let after = state.memory_use().total();
            prop_assert!(after <= limit.max(before), "{after} of {limit} bytes, {before} before");
        }
    }
}

#[test]
fn many_short_tags_and_attributes_do_not_take_more_memory_than_was_counted() {
    let texts = || (0..64_u8).map(|number| char::from(b'0' + number).to_string());
    let names = [Attribute::Status, Attribute::FollowerId, Attribute::FilterEnv];
    let flag = |number: u16| {
        let flag = NewResource::flag(format!("f{number}")).tags(texts());
        names.iter().fold(flag, |flag, name| flag.attribute(*name, AttributeValue::texts(texts())))
    };
    let put = ValidatedPut::new((0..300).map(flag).collect(), Limits::default());
    let mut state = State::default();
    let put = at(command(0, Operation::PutResources(put)));
    let change = decide(&state, &Pending::default(), &put).unwrap();
    let mut budget = MemoryBudget::new(Some(u64::MAX));
    budget.admit(&state, &change, change.encode().unwrap().len()).unwrap();
    state.apply(&change).unwrap();
    let (after, most) = (state.memory_use().total(), budget.most().unwrap());
    assert!(after <= most, "{after} of {most} bytes");
}

/// Links this number of flags; no other `number` has the same flags.
fn linking(number: u16, keys: u16) -> Timed {
    let numbers: Vec<u16> = (number * 1_000 + 1..=number * 1_000 + keys).collect();
    at(change_links(0, vec![links_of(0, LinkOp::Link, batch(ResourceType::Flag, &numbers))]))
}

/// The state is counted in the middle of a group, and contains nothing of the group.
#[test]
fn admitted_changes_of_a_group_count_for_the_rest_of_the_group() {
    let mut state = State::default();
    state.apply(&decide(&state, &Pending::default(), &at(create(0, 0))).unwrap()).unwrap();
    let change =
        |state: &State, number| decide(state, &Pending::default(), &linking(number, 500)).unwrap();
    let admit = |budget: &mut MemoryBudget, state: &State, number| {
        let change = change(state, number);
        budget.admit(state, &change, change.encode().unwrap().len()).is_ok()
    };
    let growth = {
        let mut budget = MemoryBudget::new(Some(u64::MAX));
        assert!(admit(&mut budget, &state, 1));
        budget.most().unwrap() - state.memory_use().total()
    };
    // Room for two, and a little more.
    let limit = state.memory_use().total() + 2 * growth + growth / 2;
    let mut budget = MemoryBudget::new(Some(limit));
    budget.begin();
    let admitted = [1, 2, 3, 4].map(|number| admit(&mut budget, &state, number));
    assert_eq!(admitted, [true, true, false, false]);
    // None of them was made, so there is room again.
    budget.begin();
    assert!(admit(&mut budget, &state, 1));
    state.apply(&change(&state, 1)).unwrap();
    budget.make();
    // The next group reaches the limit, so the state is counted again in the middle of it.
    budget.begin();
    let admitted = [2, 3, 4, 5].map(|number| admit(&mut budget, &state, number));
    let made = admitted.iter().filter(|admitted| **admitted).count() as u64;
    assert!(state.memory_use().total() + made * growth <= limit, "{admitted:?}");
    assert!(admitted[0] && !admitted[3], "{admitted:?}");
}

#[test]
fn a_change_that_only_removes_is_made_at_the_memory_limit() {
    let disk = SimulatedDisk::new();
    let engine = start_with(disk.clone(), Options::new()).unwrap();
    make_view(&engine);
    (0..20).for_each(|number| link(&engine, number, 100).unwrap());
    let used = engine.sizes().unwrap().memory.total();
    engine.close().unwrap();
    let too_little = start_with(disk.clone(), Options::new().memory_limit(Some(used / 2))).err();
    assert!(matches!(too_little, Some(Error::MemoryLimit { .. })), "{too_little:?}");
    let engine = start_with(disk, Options::new().memory_limit(Some(used + 60_000))).unwrap();
    let (before, refused) = (links(&engine), link(&engine, 50, 1_000).unwrap_err());
    assert!(matches!(refused, Error::MemoryLimit { .. }), "{refused}");
    assert_eq!((links(&engine), engine.health()), (before, Health::Writable));
    let gone = Batch::flags((0..100).map(|key| format!("flag-3-{key}")));
    project(&engine).unlink("v", gone).unwrap().all_ok().unwrap();
    project(&engine).delete_view("v").unwrap();
    make_view(&engine);
    link(&engine, 50, 10).unwrap();
    assert_clean(&engine);
}
