//! Changes that are well formed and were not decided on the state they are applied to.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::cases;
use super::commands::{any_commands, key, project_key, resource, resource_type, view_key};
use crate::filter::{ResourceCondition, ResourceFilter, SetPredicate};
use crate::model::change_record::{
    FilterChange, Holds, LinksChange, PutResource, Registration, RemovedCounts, RemovedLinks,
};
use crate::model::key::EnvironmentId;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::view::ViewFields;
use crate::model::{
    Attributes, ChangeMeta, ChangeRecord, Effect, LinkRecord, NameList, ResourceFields, Stamp,
};
use crate::state::State;

fn fields() -> impl Strategy<Value = ViewFields> {
    "[ab]{0,1}".prop_map(|name| ViewFields { name, ..ViewFields::default() })
}

fn counts() -> impl Strategy<Value = TypeCounts> {
    any::<[bool; 4]>().prop_map(|marks| {
        let mut counts = TypeCounts::default();
        for (resource_type, mark) in ResourceType::ALL.into_iter().zip(marks) {
            *counts.get_mut(resource_type) = if mark { u64::MAX } else { 0 };
        }
        counts
    })
}

fn removed_counts() -> impl Strategy<Value = RemovedCounts> {
    (0..2_u64, 0..3_u64, 0..4_u64).prop_map(|(registered, linked, links)| RemovedCounts {
        registered,
        linked,
        links,
    })
}

fn name(resource_type: ResourceType, number: u16) -> String {
    resource(resource_type, number).name().as_str().to_owned()
}

/// Who holds links since; mostly nothing is said.
fn holds() -> impl Strategy<Value = (bool, BTreeSet<u16>, BTreeSet<u16>)> {
    let some = || prop::collection::btree_set(1..14_u16, 0..3);
    let any = (any::<bool>(), some(), some());
    prop_oneof![3 => Just((false, BTreeSet::new(), BTreeSet::new())), 1 => any]
}

fn filter_change() -> impl Strategy<Value = FilterChange> {
    let filter = || {
        let tag = |tag: u8| {
            let tags = SetPredicate::AnyOf(vec![format!("t{tag}")]);
            ResourceFilter::all().and(ResourceCondition::Tags(tags))
        };
        prop::option::of((0..2_u8).prop_map(tag))
    };
    (0..4_u8, resource_type(), filter(), filter(), 0..3_u64).prop_filter_map(
        "it begins or ends",
        |(view, resource_type, before, filter, links)| {
            let replaced = before.is_some() && filter.is_some();
            (before.is_some() || filter.is_some()).then(|| FilterChange {
                view: view_key(view),
                resource_type,
                before,
                filter,
                links: if replaced { 0 } else { links },
                by_filter: None,
            })
        },
    )
}

/// Some names linked, some others unlinked, in an order that is one of them or not.
fn part() -> impl Strategy<Value = LinksChange> {
    let numbers = prop::collection::btree_map(1..14_u16, any::<bool>(), 1..7);
    let about = (prop::option::of(any::<u64>()), holds());
    (0..4_u8, resource_type(), numbers, about).prop_map(
        |(view, resource_type, numbers, (shuffle, (by_filter, held, released)))| {
            let names = |numbers: BTreeSet<u16>| {
                let names: BTreeSet<String> =
                    numbers.into_iter().map(|number| name(resource_type, number)).collect();
                names.iter().map(String::as_str).collect::<NameList>()
            };
            let (held, released) = (names(held), names(released));
            let of = |wanted: bool| -> BTreeSet<String> {
                let of = numbers.iter().filter(|(_, linked)| **linked == wanted);
                of.map(|(number, _)| name(resource_type, *number)).collect()
            };
            let (linked, unlinked) = (of(true), of(false));
            let mut order: Vec<u32> = (0..linked.len() as u32).collect();
            match shuffle {
                None => order.clear(),
                Some(by) => order.rotate_left(by as usize % linked.len().max(1)),
            }
            let record = |revision| LinkRecord {
                linked_at: Timestamp::from_millis(revision),
                revision,
                request_index: 7,
            };
            LinksChange {
                view: view_key(view),
                resource_type,
                linked: linked.iter().map(String::as_str).collect(),
                order,
                unlinked: RemovedLinks {
                    names: unlinked.iter().map(String::as_str).collect(),
                    times: (0..unlinked.len() as u64).map(record).collect(),
                    by_filter: NameList::default(),
                },
                holds: Holds { by_filter, held, released },
            }
        },
    )
}

fn put() -> impl Strategy<Value = PutResource> {
    let said = || {
        (0..3_u8, any::<bool>()).prop_map(|(id, archived)| ResourceFields {
            id: (id > 0).then(|| format!("id-{id}").parse().unwrap()),
            name: "n".to_owned(),
            tags: vec!["t1".to_owned(), "t1".to_owned(), "a".to_owned()],
            maintainer: None,
            archived,
            temporary: false,
            unbounded: false,
            created_at: Timestamp::default(),
            attributes: Attributes::new(),
        })
    };
    let before = prop::option::weighted(0.2, (said(), 0..4_u64));
    (resource_type(), 1..14_u16, before, said()).prop_map(
        |(resource_type, number, before, mut fields)| {
            if resource_type != ResourceType::Segment {
                fields.id = None;
            }
            PutResource {
                resource_type,
                name: name(resource_type, number),
                before: before.map(|(fields, revision)| Registration { fields, revision }),
                fields,
            }
        },
    )
}

fn effect() -> impl Strategy<Value = Effect> {
    let view = || (0..4_u8).prop_map(view_key);
    let environment = prop::sample::select(vec!["env", "e"]);
    let environment = environment.prop_map(|id| EnvironmentId::parse(id).unwrap());
    prop_oneof![
        2 => (view(), fields()).prop_map(|(view, fields)| Effect::CreateView { view, fields }),
        1 => (view(), fields(), fields())
            .prop_map(|(view, before, fields)| Effect::UpdateView { view, before, fields }),
        1 => (prop::option::of(any::<bool>()), any::<bool>()).prop_map(|(before, after)| {
            let settings = |of| ProjectSettings::new().require_view_for_new_flags(of);
            Effect::PutProject { before: before.map(settings), settings: settings(after) }
        }),
        1 => (view(), counts())
            .prop_map(|(view, unlinked)| Effect::DeleteView { view, unlinked, detail: None }),
        6 => vec(part(), 1..4).prop_map(Effect::ChangeLinks),
        3 => vec(put(), 1..4).prop_map(Effect::PutResources),
        1 => (resource_type(), 1..14_u16, removed_counts()).prop_map(|(of, number, removed)| {
            let name = name(of, number);
            Effect::RemoveResource { resource_type: of, name, removed, detail: None }
        }),
        1 => (environment, removed_counts()).prop_map(|(environment, removed)| {
            Effect::RemoveEnvironment { environment, removed, detail: None }
        }),
        2 => filter_change().prop_map(Effect::ChangeFilter),
        1 => (0..3_u64, counts())
            .prop_map(|(views, unlinked)| Effect::DeleteProject { views, unlinked, detail: None }),
    ]
}

/// A change with a stamp relative to the state: mostly the next one.
fn change() -> impl Strategy<Value = (ChangeRecord, u64)> {
    let behind = prop_oneof![10 => Just(1_u64), 1 => 0..4_u64];
    let is_of_links = |effect: &Effect| matches!(effect, Effect::ChangeLinks(_));
    let steps = vec(effect(), 2..4).prop_filter("links change in one step", move |steps| {
        steps.iter().filter(|step| is_of_links(step)).count() < 2
    });
    let effects = prop_oneof![4 => vec(effect(), 1), 1 => steps];
    (0..2_u8, effects, behind, 0..2_000_u64).prop_map(|(project, effects, behind, time)| {
        let stamp = Stamp { revision: 0, time: Timestamp::from_millis(900 + time) };
        let (project, meta) = (project_key(project), ChangeMeta::default());
        (ChangeRecord { stamp, meta, project, effects }, behind)
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_change_that_does_not_fit_is_refused_and_one_that_does_leaves_all_invariants(
        commands in any_commands(20),
        changes in vec(change(), 1..40),
    ) {
        let mut state = State::default();
        state.run(&commands);
        for (mut change, behind) in changes {
            change.stamp.revision = state.head().revision + behind;
            let change = ChangeRecord::decode(&change.encode().unwrap()).unwrap();
            let digest = state.digest().unwrap();
            let mut next = state.clone();
            match next.apply(&change) {
                Ok(()) => {
                    prop_assert_eq!(behind, 1);
                    next.check().unwrap_or_else(|broken| panic!("{broken:?} after {change:?}"));
                    state = next;
                }
                Err(error) => {
                    prop_assert!(error.to_string().contains("does not fit the state"), "{}", error);
                    prop_assert_eq!(state.checked_digest(), digest);
                }
            }
        }
    }
}

#[test]
fn each_way_not_to_fit_is_told() {
    use super::commands::{at, batch, change_links, create, links};
    use crate::model::LinkOp;
    let mut state = State::default();
    let flags = batch(ResourceType::Flag, &[1, 2]);
    state.run(&[at(create(0, 0)), at(change_links(0, vec![links(0, LinkOp::Link, flags)]))]);
    let part = |linked: &[u16], unlinked: &[u16]| {
        let names = |numbers: &[u16]| -> BTreeSet<String> {
            numbers.iter().map(|number| key(*number)).collect()
        };
        let (linked, unlinked) = (names(linked), names(unlinked));
        let record = LinkRecord { linked_at: Timestamp::default(), revision: 1, request_index: 0 };
        LinksChange {
            view: view_key(0),
            resource_type: ResourceType::Flag,
            linked: linked.iter().map(String::as_str).collect(),
            order: Vec::new(),
            unlinked: RemovedLinks {
                names: unlinked.iter().map(String::as_str).collect(),
                times: unlinked.iter().map(|_| record).collect(),
                by_filter: NameList::default(),
            },
            holds: Holds::default(),
        }
    };
    let view = || view_key(0);
    let unlinked = TypeCounts::default();
    let fields = ViewFields::default;
    let nothing = RemovedCounts::default();
    let flag = || name(ResourceType::Flag, 1);
    let put = |id: &str, number| PutResource {
        resource_type: ResourceType::Segment,
        name: name(ResourceType::Segment, number),
        before: None,
        fields: ResourceFields {
            id: Some(id.parse().unwrap()),
            name: String::new(),
            tags: Vec::new(),
            maintainer: None,
            archived: false,
            temporary: false,
            unbounded: false,
            created_at: Timestamp::default(),
            attributes: Attributes::new(),
        },
    };
    let filter = || Some(ResourceFilter::all());
    let following = || FilterChange {
        view: view(),
        resource_type: ResourceType::Flag,
        before: None,
        filter: filter(),
        links: 1,
        by_filter: None,
    };
    let by_filter =
        |part| LinksChange { holds: Holds { by_filter: true, ..Holds::default() }, ..part };
    let again = vec![put("id-1", 1), put("id-2", 1)];
    let other = || ProjectSettings::new().name("other");
    let cases = [
        (
            "the project had other settings",
            Effect::PutProject { before: Some(other()), settings: other() },
        ),
        ("the view had other links", Effect::DeleteView { view: view(), unlinked, detail: None }),
        ("a link already exists", Effect::ChangeLinks(vec![part(&[1], &[])])),
        ("a link is not there", Effect::ChangeLinks(vec![part(&[], &[3])])),
        (
            "there is no such view",
            Effect::UpdateView { view: view_key(3), before: fields(), fields: fields() },
        ),
        ("the view is there", Effect::CreateView { view: view(), fields: fields() }),
        (
            "the view had other fields",
            Effect::UpdateView { view: view(), before: fields(), fields: fields() },
        ),
        ("a resource had other fields", Effect::PutResources(again)),
        ("an id leads to another segment", Effect::PutResources(vec![put("i", 1), put("i", 2)])),
        (
            "other resources or links were to be removed",
            Effect::RemoveResource {
                resource_type: ResourceType::Flag,
                name: flag(),
                removed: nothing,
                detail: None,
            },
        ),
        (
            "the view followed another filter",
            Effect::ChangeFilter(FilterChange { before: filter(), links: 0, ..following() }),
        ),
        ("the view had other links", Effect::ChangeFilter(following())),
        ("the view follows nothing", Effect::ChangeLinks(vec![by_filter(part(&[3], &[]))])),
        (
            "the project had other views or links",
            Effect::DeleteProject { views: 1, unlinked, detail: None },
        ),
    ];
    let apply = |change: ChangeRecord| {
        let change = ChangeRecord::decode(&change.encode().unwrap()).unwrap();
        state.clone().apply(&change).unwrap_err().to_string()
    };
    let stamp = Stamp { revision: 3, time: Timestamp::from_millis(9) };
    let record = |stamp, effect| ChangeRecord {
        stamp,
        meta: ChangeMeta::default(),
        project: project_key(0),
        effects: vec![effect],
    };
    for (detail, effect) in cases {
        let error = apply(record(stamp, effect));
        assert!(error.contains(&format!("state: {detail};")), "{detail}: {error}");
    }
    let late = || Effect::ChangeLinks(vec![part(&[3], &[])]);
    for (revision, time) in [(2, 9), (4, 9), (3, 4)] {
        let stamp = Stamp { revision, time: Timestamp::from_millis(time) };
        let error = apply(record(stamp, late()));
        assert!(error.contains("its revision is not the next one"), "{error}");
    }
    let elsewhere = ChangeRecord { project: project_key(5), ..record(stamp, late()) };
    assert!(apply(elsewhere).contains("there is no such project"));
}
