//! Renaming and copying views, and moving links between them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::commands::{
    any_commands, at, batch, change_links, command, create, links, over_views, project_key,
    resource_type, view_key,
};
use super::dump::{Counters, Dump, DumpedView};
use super::{Timed, cases};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::{
    Answer, ChangeRecord, Decision, Effect, KeyOutcome, LinkOp, LinkRecord, Operation,
};
use crate::state::State;

/// A resource by type and name.
type Named = (ResourceType, String);

/// The state before and after an operation in project 0, and its result.
struct Carried {
    before: Dump,
    after: Dump,
    decision: Decision,
}

impl Carried {
    /// `None` if the operation is refused; then nothing changes.
    fn out(commands: &[Timed], operation: Operation) -> Option<Self> {
        let mut state = State::default();
        state.run(commands);
        let before = Dump::of(&state);
        let decision = state.carry_out(&at(command(0, operation)));
        state.check().unwrap();
        let after = Dump::of(&state);
        match decision {
            Ok(decision) => Some(Self { before, after, decision }),
            Err(_) => {
                assert_eq!(before, after);
                None
            }
        }
    }

    fn change(&self) -> Option<&ChangeRecord> {
        self.decision.change.as_ref()
    }

    /// Checks that all other views are unchanged.
    fn assert_others_stay(&self, views: &[&ViewKey]) {
        let others = |dump: &Dump| -> BTreeMap<_, DumpedView> {
            let of = |view: &ViewKey| !views.contains(&view);
            let views = dump
                .views
                .iter()
                .filter(|((project, view), _)| *project != project_key(0) || of(view));
            views.map(|(place, view)| (place.clone(), view.clone())).collect()
        };
        assert_eq!(others(&self.before), others(&self.after));
        assert_eq!(self.before.registered, self.after.registered);
    }
}

fn view<'d>(dump: &'d Dump, view: &ViewKey) -> &'d DumpedView {
    &dump.views[&(project_key(0), view.clone())]
}

fn assert_renamed(carried: &Carried, from: &ViewKey, to: &ViewKey) {
    let Some(change) = carried.change() else {
        assert_eq!((from, &carried.before), (to, &carried.after));
        return;
    };
    assert!(!carried.after.views.contains_key(&(project_key(0), from.clone())));
    let mut expected = view(&carried.before, from).clone();
    expected.counters = Counters {
        version: expected.counters.version + 1,
        revision: change.stamp.revision,
        updated_at: change.stamp.time,
        ..expected.counters
    };
    assert_eq!(*view(&carried.after, to), expected);
    carried.assert_others_stay(&[from, to]);
}

/// Names in link order, one type after another.
fn in_link_order(view: &DumpedView) -> Vec<&Named> {
    let mut links: Vec<(ResourceType, &LinkRecord, &Named)> =
        view.links.iter().map(|(named, record)| (named.0, record, named)).collect();
    links.sort_unstable();
    links.into_iter().map(|(_, _, named)| named).collect()
}

fn assert_copied(carried: &Carried, from: &ViewKey, to: &ViewKey) {
    let (of, copy) = (view(&carried.before, from), view(&carried.after, to));
    let stamp = carried.change().unwrap().stamp;
    assert_eq!(in_link_order(copy), in_link_order(of));
    assert!(copy.links.values().all(|record| record.revision == stamp.revision));
    assert_eq!((copy.counters.version, copy.counters.created_at), (1, stamp.time));
    assert_eq!(copy.fields.tags, of.fields.tags);
    let Answer::View(answer) = &carried.decision.answer else { panic!() };
    assert_eq!((&answer.key, answer.links.total()), (to, of.links.len() as u64));
    assert_eq!((answer.id, &answer.name), (copy.counters.id, &copy.fields.name));
    carried.assert_others_stay(&[to]);
}

fn assert_moved(carried: &Carried, from: &ViewKey, to: &ViewKey) {
    let sets = |dump: &Dump| {
        [from, to].map(|key| view(dump, key).links.keys().cloned().collect::<BTreeSet<Named>>())
    };
    let ([from_before, to_before], [from_after, to_after]) =
        (sets(&carried.before), sets(&carried.after));
    let Answer::Links(results) = &carried.decision.answer else { panic!() };
    let outcomes = results.iter().flat_map(|result| &result.outcomes);
    let count = |of: &KeyOutcome| outcomes.clone().filter(|outcome| *outcome == of).count();
    let (moved, unlinked) = (count(&KeyOutcome::Moved), count(&KeyOutcome::Unlinked));
    let Some(change) = carried.change() else {
        assert_eq!((moved, unlinked, &carried.before), (0, 0, &carried.after));
        return;
    };
    assert_ne!(from, to, "a view that is moved to itself does not change");
    let gone: BTreeSet<&Named> = from_before.difference(&from_after).collect();
    let new: BTreeSet<&Named> = to_after.difference(&to_before).collect();
    assert!(from_after.is_subset(&from_before) && to_before.is_subset(&to_after));
    assert!(new.is_subset(&gone) && gone.iter().all(|named| to_after.contains(*named)));
    assert_eq!((new.len(), gone.len()), (moved, moved + unlinked));
    for (named, record) in &view(&carried.after, to).links {
        match new.contains(named) {
            true => assert_eq!(record.revision, change.stamp.revision),
            false => assert_eq!(*record, view(&carried.before, to).links[named]),
        }
    }
    carried.assert_others_stay(&[from, to]);
}

/// Commands after which most views exist and have common links, made in any order.
fn linked_views() -> impl Strategy<Value = Vec<Timed>> {
    let numbers = prop::collection::vec(1..24_u16, 1..12);
    let link = (0..4_u8, resource_type(), numbers).prop_map(|(view, of, numbers)| {
        at(change_links(0, vec![links(view, LinkOp::Link, batch(of, &numbers))]))
    });
    let made = (any_commands(12), 2..5_u8, prop::collection::vec(link, 4..16));
    made.prop_map(|(mut commands, views, links)| {
        commands.extend((0..views).map(|view| at(create(0, view))));
        commands.extend(links);
        commands
    })
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_rename_keeps_all_links_a_copy_has_them_all_and_a_move_loses_none(
        commands in linked_views(), operation in over_views(),
    ) {
        let Some(carried) = Carried::out(&commands, operation.clone()) else { return Ok(()) };
        match &operation {
            Operation::RenameView { view, to } => assert_renamed(&carried, view, to),
            Operation::CopyView { view, to, .. } => assert_copied(&carried, view, to),
            Operation::MoveLinks { commands, to, .. } => {
                assert_moved(&carried, &commands[0].view, to);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_copy_of_a_view_without_links_is_a_change_with_one_step() {
    let commands = [at(create(0, 1))];
    let operation = Operation::CopyView {
        view: view_key(1),
        to: view_key(2),
        patch: Default::default(),
        limits: Default::default(),
        limit: 0,
    };
    let carried = Carried::out(&commands, operation).unwrap();
    let effects = &carried.change().unwrap().effects;
    assert!(matches!(effects.as_slice(), [Effect::CreateView { .. }]), "{effects:?}");
}
