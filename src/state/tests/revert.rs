//! Reverting changes with new changes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::commands::{any_commands, at, batch, change_links, command, create, following, links};
use super::history::History;
use super::{Timed, cases};
use crate::filter::ResourceCondition;
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::resource::ResourceType;
use crate::model::reverted::RevertResult;
use crate::model::time::Timestamp;
use crate::model::view::ViewFields;
use crate::model::{
    Answer, ChangeRecord, Command, Decision, Effect, FailureReason, LinkOp, LinkPolicy, LinkRecord,
    Operation, ResourceFields, StandingFilter, ViewTrace,
};
use crate::state::{State, Unapply};

/// A view without the values that every change of it increases.
#[derive(Debug, PartialEq)]
struct View {
    fields: ViewFields,
    created_at: Timestamp,
    filters: Vec<StandingFilter>,
    /// Links, each with whether keys hold it.
    links: BTreeMap<(ResourceType, String), (LinkRecord, bool)>,
}

/// The data that callers made: views with their links, and the registry.
#[derive(Debug, PartialEq, Default)]
struct Content {
    views: BTreeMap<(ProjectKey, ViewKey), View>,
    registered: BTreeMap<(ProjectKey, ResourceType, String), ResourceFields>,
}

impl Content {
    fn of(state: &State) -> Self {
        let mut content = Self::default();
        for (key, project) in &state.projects {
            for (_, view) in project.views.iter(None) {
                let mut links = BTreeMap::new();
                for of in ResourceType::ALL {
                    for (link, record) in view.links(of).iter().flat_map(|all| all.by_time(None, 0))
                    {
                        let name = project.of(of).names.text(link.place).to_owned();
                        let id = project.of(of).names.id(link.place);
                        let standing = view.standing(of);
                        let by_keys = standing.is_none_or(|standing| standing.keys_hold(id));
                        links.insert((of, name), (record, by_keys));
                    }
                }
                let (fields, created_at) = (view.about().fields.clone(), view.about().created_at);
                let place = (key.clone(), view.about().key.clone());
                let filters = view.filters();
                content.views.insert(place, View { fields, created_at, filters, links });
            }
            for of in ResourceType::ALL {
                for (name, row) in project.registry.iter(of, None) {
                    content
                        .registered
                        .insert((key.clone(), of, name.to_owned()), row.fields.clone());
                }
            }
        }
        content
    }
}

/// The command that reverts a change of a history, or an invented change.
fn revert(history: &History, change: &ChangeRecord, policy: LinkPolicy) -> Timed {
    let mut trace = ViewTrace::new(change);
    let later = history.changes.iter().filter(|later| later.stamp.revision > change.stamp.revision);
    later.for_each(|later| trace.follow(later));
    let same_views = history.state.same_views(&trace);
    let operation = Operation::Revert { change: Box::new(change.clone()), same_views, policy };
    at(Command { project: change.project.clone(), ..command(0, operation) })
}

fn result(decision: &Decision) -> &RevertResult {
    match &decision.answer {
        Answer::Reverted(result) => result,
        other => panic!("{other:?}"),
    }
}

/// Whether a change can be reverted at all.
fn is_kept(change: &ChangeRecord) -> bool {
    !change.effects.iter().any(Effect::has_counts_alone)
}

/// Whether a view follows a filter that names views.
fn names_views(timed: &Timed) -> bool {
    let Operation::Follow { filter, .. } = &timed.command.operation else { return false };
    filter.conditions().iter().any(|condition| matches!(condition, ResourceCondition::View(_)))
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn undoing_a_change_gives_the_state_before_it_and_undoing_the_undo_the_state_after_it(
        filters in following(), commands in any_commands(40),
    ) {
        let mut history = History::of(&[]);
        for timed in filters.iter().chain(&commands) {
            let Some(before) = history.carry_out(timed) else { continue };
            let change = history.changes.last().unwrap().clone();
            if !is_kept(&change) {
                continue;
            }
            let before = Content::of(&before);
            let after = Content::of(&history.state);
            let undo = revert(&history, &change, LinkPolicy::Open);
            let decision = history.state.decide(&undo).unwrap();
            prop_assert_eq!(&result(&decision).failures, &vec![]);
            history.carry_out(&undo);
            prop_assert_eq!(&Content::of(&history.state), &before, "{:?}", change);
            history.state.check().unwrap();
            history.state.check_followed().unwrap();
            if filters.iter().any(names_views) {
                // A redo of such a change may report a link as changed: see "Reverting a change" in docs/design.md.
                continue;
            }
            let redo = revert(&history, history.changes.last().unwrap(), LinkPolicy::Open);
            let decision = history.state.decide(&redo).unwrap();
            prop_assert_eq!(&result(&decision).failures, &vec![]);
            history.carry_out(&redo);
            prop_assert_eq!(Content::of(&history.state), after, "{:?}", change);
        }
    }

    #[test]
    fn a_history_with_undone_changes_is_valid(
        filters in following(), commands in any_commands(40),
        reverts in prop::collection::vec((any::<prop::sample::Index>(), prop::bool::weighted(0.3)), 60),
    ) {
        let mut history = History::of(&[]);
        for (timed, (which, reverts)) in filters.iter().chain(&commands).zip(reverts) {
            history.carry_out(timed);
            if reverts && !history.changes.is_empty() {
                let change = which.get(&history.changes).clone();
                let undo = revert(&history, &change, [LinkPolicy::Open, LinkPolicy::Closed][which.index(2)]);
                let before = history.state.digest().unwrap();
                let decision = history.state.decide(&undo);
                prop_assert_eq!(decision.is_ok(), is_kept(&change));
                prop_assert_eq!(history.state.digest().unwrap(), before);
                history.carry_out(&undo);
            }
        }
        let mut unapply = Unapply::new(history.state.clone());
        for (revision, change) in history.changes.iter().enumerate().rev().take_while(|(_, of)| is_kept(of)) {
            unapply.undo(change).unwrap();
            let then = unapply.clone().finish(history.stamp(revision)).unwrap();
            prop_assert_eq!(then.checked_digest(), history.digests[revision], "{:?}", change);
        }
        prop_assert_eq!(history.state.checked_digest(), *history.digests.last().unwrap());
        history.state.check_followed().unwrap();
    }

    #[test]
    fn a_restored_view_is_the_same_as_before(
        filters in following(), commands in any_commands(50), which in any::<prop::sample::Index>(),
    ) {
        let mut history = History::of(&[]);
        let mut seen = Vec::new();
        for timed in filters.iter().chain(&commands) {
            history.carry_out(timed);
            seen.push(history.state.clone());
        }
        prop_assume!(!seen.is_empty());
        let then = which.get(&seen);
        for (project, of) in &then.projects {
            for (_, view) in of.views.iter(None) {
                let detail = crate::state::detail::detail(of, view);
                let operation =
                    Operation::RevertView { view: Box::new(detail), policy: LinkPolicy::Open };
                let timed = at(Command { project: project.clone(), ..command(0, operation) });
                history.carry_out(&timed);
                let place = (project.clone(), view.about().key.clone());
                let (expected, found) = (Content::of(then), Content::of(&history.state));
                prop_assert_eq!(&expected.views[&place].fields, &found.views[&place].fields);
                let (expected, found) = (&expected.views[&place], &found.views[&place]);
                if expected.filters.is_empty() {
                    prop_assert_eq!(&expected.filters, &found.filters);
                    prop_assert_eq!(&expected.links, &found.links);
                }
                let by_keys = |view: &View| -> Vec<_> {
                    let links = view.links.iter().filter(|(_, link)| link.1);
                    links.map(|(name, link)| (name.clone(), *link)).collect()
                };
                prop_assert_eq!(by_keys(expected), by_keys(found));
                prop_assert_eq!(history.state.decide(&timed).unwrap().change, None);
            }
        }
        history.state.check().unwrap();
    }
}

/// The failures of a revert, as text.
fn failures(history: &History, revision: usize, policy: LinkPolicy) -> Vec<String> {
    let undo = revert(history, &history.changes[revision - 1], policy);
    let decision = history.state.decide(&undo).unwrap();
    result(&decision).failures.iter().map(ToString::to_string).collect()
}

fn flags(op: LinkOp, view: u8, numbers: &[u16]) -> Timed {
    at(change_links(0, vec![links(view, op, batch(ResourceType::Flag, numbers))]))
}

#[test]
fn later_changes_are_failures_by_key_and_the_rest_is_reverted() {
    let mut history = History::of(&[
        at(create(0, 0)),
        flags(LinkOp::Link, 0, &[1, 5, 9]),
        flags(LinkOp::Unlink, 0, &[5]),
        flags(LinkOp::Unlink, 0, &[9]),
        flags(LinkOp::Link, 0, &[9]),
    ]);
    let since = |key: &str| format!("link of {key} to view-0: changed again later (changed_since)");
    assert_eq!(failures(&history, 2, LinkPolicy::Open), [since("f5"), since("f9")]);
    history.carry_out(&revert(&history, &history.changes[1].clone(), LinkPolicy::Open));
    let content = Content::of(&history.state);
    let (_, view) = content.views.first_key_value().unwrap();
    let left: Vec<_> = view.links.keys().map(|(_, name)| name.as_str()).collect();
    assert_eq!(left, ["f9"]);
    // It is linked again, so its unlinking cannot be reverted; the unlinking of the other one can.
    assert_eq!(failures(&history, 4, LinkPolicy::Open), [since("f9")]);
    assert_eq!(failures(&history, 3, LinkPolicy::Open), [""; 0]);
    let unknown = "link of f5 to view-0: not registered in the project \
                   (unknown_resource)";
    assert_eq!(failures(&history, 3, LinkPolicy::Closed), [unknown]);
    // A view with links, and a view that was replaced by another one.
    let view_since = "view view-0: changed again later (changed_since)";
    assert_eq!(failures(&history, 1, LinkPolicy::Open), [view_since]);
    let delete = command(0, Operation::DeleteView { view: super::commands::view_key(0) });
    history.carry_out(&Timed { command: delete, now: Timestamp::from_millis(900) });
    history.carry_out(&Timed { command: create(0, 0), now: Timestamp::from_millis(901) });
    assert_eq!(failures(&history, 3, LinkPolicy::Open), [since("f5")]);
    assert_eq!(failures(&history, 7, LinkPolicy::Open), [view_since]);
}

#[test]
fn a_change_of_another_project_or_of_the_future_is_refused() {
    let history = History::of(&[at(create(0, 0))]);
    let change = &history.changes[0];
    let elsewhere = Timed {
        command: Command {
            project: super::commands::project_key(1),
            ..revert(&history, change, LinkPolicy::Open).command
        },
        now: Timestamp::from_millis(5),
    };
    let error = history.state.decide(&elsewhere).unwrap_err().to_string();
    assert_eq!(error, "change 1 was made in project project-0: revert it there");
    let mut ahead = change.clone();
    ahead.stamp.revision = 2;
    let error =
        history.state.decide(&revert(&history, &ahead, LinkPolicy::Open)).unwrap_err().to_string();
    assert_eq!(error, "revision 2 does not exist yet: the newest is 1");
    assert_eq!(FailureReason::ChangedSince.to_string(), "changed again later");
}
