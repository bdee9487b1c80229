//! The guard of last views sees the effects of earlier parts of its change.

use super::commands::{at, batch, change_links, create, links};
use crate::model::resource::ResourceType;
use crate::model::{Answer, Command, FailureReason, KeyOutcome, LinkOp, LinkPolicy};
use crate::state::State;

/// An operation on flag 1 in a view; the last part of a change keeps last views.
type Part = (LinkOp, u8);

fn change(parts: &[Part]) -> Command {
    let mut commands = Vec::new();
    for (op, view) in parts {
        commands.push(links(*view, *op, batch(ResourceType::Flag, &[1])));
    }
    if let Some(last) = commands.last_mut() {
        last.choices.keep_last_view = true;
    }
    change_links(0, commands)
}

/// The outcome of flag 1 in the last part, if it is in some views before.
fn outcome(linked: &[u8], parts: &[Part]) -> KeyOutcome {
    let mut state = State::default();
    (0..3).for_each(|view| drop(state.run(&[at(create(0, view))])));
    for view in linked {
        state.run(&[at(change(&[(LinkOp::Link, *view)]))]);
    }
    let Answer::Links(results) = state.carry_out(&at(change(parts))).unwrap().answer else {
        panic!("these are links")
    };
    state.check().unwrap();
    results.last().unwrap().outcomes[0].clone()
}

#[test]
fn a_resource_stays_in_its_last_view_after_earlier_parts_of_the_change() {
    use LinkOp::{Link, Unlink};
    let kept = KeyOutcome::Failed(FailureReason::LastView);
    let cases: [(&[u8], &[Part], &KeyOutcome); 7] = [
        (&[0], &[(Unlink, 0)], &kept),
        (&[0, 1], &[(Unlink, 0)], &KeyOutcome::Unlinked),
        (&[0], &[(Link, 1), (Unlink, 0)], &KeyOutcome::Unlinked),
        (&[0], &[(Link, 1), (Unlink, 1), (Unlink, 0)], &kept),
        (&[0, 1], &[(Unlink, 1), (Unlink, 0)], &kept),
        (&[0, 1], &[(Unlink, 1), (Link, 2), (Unlink, 0)], &KeyOutcome::Unlinked),
        (&[0], &[(Unlink, 0), (Link, 0), (Unlink, 0)], &kept),
    ];
    for (linked, parts, expected) in cases {
        assert_eq!(outcome(linked, parts), *expected, "in {linked:?}, {parts:?}");
    }
}

#[test]
fn a_guard_over_many_views_checks_the_views_of_each_name() {
    let mut state = State::default();
    let views = 250;
    (0..views).for_each(|view| drop(state.run(&[at(create(0, view))])));
    let flags: Vec<u16> = (1..40).collect();
    let guarded = |op, view| {
        let mut of = links(view, op, batch(ResourceType::Flag, &flags));
        of.choices.keep_last_view = true;
        of
    };
    let all = |op| (0..views).map(move |view| guarded(op, view));
    let parts = all(LinkOp::Link).chain(all(LinkOp::Unlink)).collect();
    let Answer::Links(results) = state.carry_out(&at(change_links(0, parts))).unwrap().answer
    else {
        panic!("these are links")
    };
    // From all views except the last one.
    let outcomes = results.iter().skip(usize::from(views)).map(|result| &result.outcomes[0]);
    let kept = outcomes.map(|outcome| outcome.is_failure());
    assert!(kept.eq((0..views).map(|view| view == views - 1)));
    state.check().unwrap();
}

#[test]
fn a_closed_policy_refuses_links_of_unregistered_resources_and_allows_unlinking_them() {
    let mut state = State::default();
    state.run(&[at(create(0, 0)), at(change(&[(LinkOp::Link, 0)]))]);
    let closed = |op| {
        let mut of = links(0, op, batch(ResourceType::Flag, &[1, 2]));
        of.policy = LinkPolicy::Closed;
        at(change_links(0, vec![of]))
    };
    let outcomes = |state: &State, op| match state.decide(&closed(op)).unwrap().answer {
        Answer::Links(results) => results[0].outcomes.clone(),
        other => panic!("{other:?}"),
    };
    let unknown = KeyOutcome::Failed(FailureReason::UnknownResource);
    assert_eq!(outcomes(&state, LinkOp::Link), [unknown.clone(), unknown]);
    let not_linked = KeyOutcome::Failed(FailureReason::NotLinked);
    assert_eq!(outcomes(&state, LinkOp::Unlink), [KeyOutcome::Unlinked, not_linked]);
}
