//! Commands that share a group.

use proptest::prelude::*;

use super::commands::{any_commands, at, batch, change_links, create, following, group, links};
use super::{Timed, cases};
use crate::model::chain_hash::ChainHash;
use crate::model::error::Result;
use crate::model::resource::ResourceType;
use crate::model::{Command, Decision, LinkOp};
use crate::state::{Pending, State};

/// Decides commands together and then applies their changes; commands marked in `dropped` are only decided.
fn together(state: &mut State, commands: &[Timed], dropped: &[bool]) -> Vec<Result<Decision>> {
    let mut pending = Pending::default();
    let mut decisions = Vec::new();
    for (timed, dropped) in commands.iter().zip(dropped.iter().chain(std::iter::repeat(&false))) {
        assert!(timed.command.shares_group());
        let stamp = pending.next_stamp(state, timed.now);
        let decision = timed.command.decide(state, &pending, stamp);
        let change = decision.as_ref().ok().and_then(|decision| decision.change.as_ref());
        if let Some(change) = change.filter(|_| !dropped) {
            pending.add(state, change, ChainHash::default());
        }
        if !dropped {
            decisions.push(decision);
        }
    }
    for decision in decisions.iter().flatten() {
        decision.change.iter().for_each(|change| state.apply(change).unwrap());
    }
    decisions
}

/// Checks that a group gives the same results as its commands one by one, except the dropped ones.
fn assert_one_by_one(base: &State, commands: &[Timed], dropped: &[bool]) {
    let (mut grouped, mut single) = (base.clone(), base.clone());
    let decisions = together(&mut grouped, commands, dropped);
    let made = commands.iter().zip(dropped.iter().chain(std::iter::repeat(&false)));
    let made = made.filter(|(_, dropped)| !**dropped).map(|(timed, _)| timed);
    for (timed, decision) in made.zip(decisions) {
        let expected = single.carry_out(timed);
        match (&expected, &decision) {
            (Ok(expected), Ok(decision)) => assert_eq!(expected, decision),
            (expected, decision) => assert_eq!(format!("{expected:?}"), format!("{decision:?}")),
        }
    }
    assert_eq!(grouped.checked_digest(), single.checked_digest());
}

/// A state with two views.
fn two_views() -> State {
    let mut state = State::default();
    state.run(&[at(create(0, 0)), at(create(0, 1))]);
    state
}

/// An operation on some flags in a view.
type Part = (LinkOp, u8, &'static [u16]);

/// Links and unlinks of flags, in one change.
fn change(parts: &[Part]) -> Command {
    let links = |(op, view, numbers): &Part| links(*view, *op, batch(ResourceType::Flag, numbers));
    change_links(0, parts.iter().map(links).collect())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_group_gives_the_same_results_as_its_requests_one_by_one(
        before in any_commands(25),
        filters in prop::option::of(following()),
        commands in group(9),
        dropped in prop::collection::vec(prop::bool::weighted(0.15), 9),
    ) {
        let mut base = two_views();
        base.run(&filters.unwrap_or_default());
        base.run(&before);
        assert_one_by_one(&base, &commands, &dropped);
    }
}

#[test]
fn a_link_and_its_unlink_in_one_group_lead_to_the_same_state_as_one_by_one() {
    use LinkOp::{Link, Unlink};
    let groups: [&[&[Part]]; 6] = [
        // Linked and unlinked again; unlinked and linked again.
        &[&[(Link, 0, &[1, 2])], &[(Unlink, 0, &[2])], &[(Link, 0, &[2])]],
        &[&[(Link, 0, &[5])], &[(Unlink, 0, &[5])], &[(Unlink, 0, &[5])]],
        // Within one change.
        &[&[(Link, 0, &[1]), (Unlink, 0, &[1]), (Link, 0, &[2])], &[(Unlink, 0, &[2])]],
        &[&[(Link, 0, &[7]), (Unlink, 0, &[7]), (Link, 0, &[8, 6]), (Unlink, 0, &[6])]],
        &[&[(Link, 0, &[3, 2, 1]), (Unlink, 0, &[3]), (Link, 0, &[4])], &[(Unlink, 0, &[4, 2])]],
        // In two views; one keeps the name.
        &[&[(Link, 0, &[9]), (Link, 1, &[9])], &[(Unlink, 0, &[9])], &[(Link, 0, &[9, 1])]],
    ];
    let mut with_links = two_views();
    with_links.run(&[at(change(&[(Link, 0, &[5, 10, 11])]))]);
    for base in [two_views(), with_links] {
        for group in groups {
            let commands: Vec<Timed> = group.iter().map(|parts| at(change(parts))).collect();
            assert_one_by_one(&base, &commands, &[]);
        }
    }
}

#[test]
fn a_link_that_is_unlinked_in_its_own_change_has_the_time_of_the_state() {
    use LinkOp::{Link, Unlink};
    let mut state = two_views();
    state.run(&[at(change(&[(Link, 0, &[1]), (Unlink, 0, &[1]), (Link, 0, &[2])]))]);
    let unlink = at(change(&[(Unlink, 0, &[2])]));
    let one = state.decide(&unlink).unwrap();
    // The same with another link, so that the set is not empty.
    let mut other = two_views();
    other.run(&[at(change(&[(Link, 0, &[1]), (Link, 0, &[2]), (Unlink, 0, &[1])]))]);
    assert_eq!(one, other.decide(&unlink).unwrap());
}

#[test]
fn a_command_with_more_than_links_by_key_is_alone_in_its_group() {
    let flags = || batch(ResourceType::Flag, &[1]);
    let alone = |of: LinkOp, batch| !change_links(0, vec![links(0, of, batch)]).shares_group();
    assert!(!alone(LinkOp::Link, flags().refuse_existing()));
    assert!(!alone(LinkOp::Unlink, flags().ignore_missing().failures_only()));
    assert!(alone(LinkOp::Replace, flags()));
    assert!(alone(LinkOp::Unlink, flags().keep_last_view()));
    assert!(alone(LinkOp::Link, flags().and_matching(crate::filter::ResourceFilter::all())));
    assert!(alone(LinkOp::Link, crate::model::Batch::segment_ids(["id"])));
    assert!(!create(0, 0).shares_group());
    let mut conditional = change_links(0, vec![]);
    assert!(conditional.shares_group());
    conditional.precondition.store_at = Some(1);
    assert!(!conditional.shares_group());
}
