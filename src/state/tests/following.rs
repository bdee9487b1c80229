//! Standing filters.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::cases;
use super::commands::{
    any_commands, at, batch, change_links, command, create, following, key, links, project_key,
    view_key,
};
use crate::filter::{ResourceCondition, ResourceFacts, ResourceFilter, SetPredicate};
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::change_record::{Holds, LinksChange, RemovedLinks};
use crate::model::key::ViewKey;
use crate::model::limit::Limits;
use crate::model::resource::ResourceType;
use crate::model::{
    ChangeMeta, ChangeRecord, Effect, LinkOp, NewResource, Operation, Stamp, ValidatedPut,
};
use crate::state::State;
use crate::state::project::ProjectState;

/// The links by resource: its views.
type Links = BTreeMap<(ResourceType, String), BTreeSet<ViewKey>>;

/// The links of a project in a state.
fn links_of(project: &ProjectState) -> Links {
    let mut links = Links::new();
    for (_, view) in project.views.iter(None) {
        for resource_type in ResourceType::ALL {
            let names = &project.of(resource_type).names;
            let linked = view.links(resource_type).into_iter();
            for link in linked.flat_map(|links| links.by_key(names, None, 0)) {
                let name = (resource_type, names.text(link.place).to_owned());
                links.entry(name).or_default().insert(view.about().key.clone());
            }
        }
    }
    links
}

/// Whether a filter matches a registered resource, given these links.
fn finds(
    project: &ProjectState,
    filter: &ResourceFilter,
    (resource_type, name): &(ResourceType, String),
    links: &Links,
) -> bool {
    let Some(row) = project.registry.get(*resource_type, name) else { return false };
    let nothing = BTreeSet::new();
    let views = links.get(&(*resource_type, name.clone())).unwrap_or(&nothing);
    let holds = |condition: &ResourceCondition| match condition {
        ResourceCondition::View(SetPredicate::AnyOf(of)) => of.iter().any(|v| views.contains(v)),
        ResourceCondition::View(SetPredicate::AllOf(of)) => of.iter().all(|v| views.contains(v)),
        ResourceCondition::View(SetPredicate::NoneOf(of)) => !of.iter().any(|v| views.contains(v)),
        _ => true,
    };
    filter.matches(&ResourceFacts::new(name, Some(&row.fields)))
        && filter.conditions().iter().all(holds)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn after_every_change_a_view_has_the_links_of_keys_and_the_matches_of_its_filter(
        filters in following(), commands in any_commands(40),
    ) {
        let mut state = State::default();
        for timed in filters.iter().chain(&commands) {
            if state.carry_out(timed).is_err() {
                continue;
            }
            state.check().unwrap();
            state.check_followed().unwrap();
            for (_, project) in &state.projects {
                let links = links_of(project);
                for (_, view) in project.views.iter(None) {
                    for following in view.filters() {
                        let (of, key) = (following.resource_type, &view.about().key);
                        let standing = view.standing(of).unwrap();
                        let names = &project.of(of).names;
                        let registered = project.registry.iter(of, None).map(|(name, _)| name);
                        let linked = links.keys().filter(|(linked, _)| *linked == of);
                        let all: BTreeSet<String> = registered
                            .map(str::to_owned)
                            .chain(linked.map(|(_, name)| name.clone()))
                            .collect();
                        for name in all {
                            let resource = (of, name);
                            let by_keys = names
                                .find(&resource.1)
                                .is_some_and(|name| standing.keys_hold(name.id));
                            let found = finds(project, &following.filter, &resource, &links);
                            let is_linked =
                                links.get(&resource).is_some_and(|views| views.contains(key));
                            prop_assert_eq!(is_linked, by_keys || found, "{:?} in {}", resource, key);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn states_with_different_links_held_by_keys_are_not_equal() {
    let filter = ResourceFilter::all();
    let flags = [1, 2].map(|number| NewResource::flag(key(number))).to_vec();
    let put = Operation::PutResources(ValidatedPut::new(flags, Limits::default()));
    let (view, resource_type) = (view_key(0), ResourceType::Flag);
    let follow = Operation::Follow { view, resource_type, filter };
    let mut state = State::default();
    state.run(&[at(create(0, 0)), at(command(0, put)), at(command(0, follow))]);
    let digests = [1, 2].map(|number| {
        let batch = batch(ResourceType::Flag, &[number]);
        let link = at(change_links(0, vec![links(0, LinkOp::Link, batch)]));
        let mut after = state.clone();
        assert!(after.carry_out(&link).unwrap().change.is_some());
        after.check_followed().unwrap();
        after.checked_digest()
    });
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn a_link_held_by_a_filter_that_does_not_match_it_is_a_violation() {
    let (view, resource_type) = (view_key(0), ResourceType::Flag);
    let filter = ResourceFilter::all();
    let follow = Operation::Follow { view: view.clone(), resource_type, filter };
    let mut state = State::default();
    state.run(&[at(create(0, 0)), at(command(0, follow))]);
    let part = LinksChange {
        view,
        last_change: Some(ChangeId::new(2, ChainHash::default())),
        resource_type,
        linked: ["f1"].into_iter().collect(),
        order: Vec::new(),
        restored: None,
        unlinked: RemovedLinks::default(),
        holds: Holds { by_filter: true, ..Holds::default() },
    };
    let change = ChangeRecord {
        stamp: Stamp { revision: 3, time: state.head.time },
        meta: ChangeMeta::default(),
        project: project_key(0),
        begins_project: false,
        effects: vec![Effect::ChangeLinks(vec![part])],
    };
    assert_eq!(state.check_followed(), Ok(()));
    state.apply(&change).unwrap();
    assert_eq!(state.check(), Ok(()));
    let violation = state.check_followed().unwrap_err();
    assert_eq!(violation.invariant, 10, "{violation:?}");
}
