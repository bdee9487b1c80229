//! Changes that are well formed and were not decided on the state they are applied to.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::cases;
use super::commands::{any_commands, key, project_key, resource, resource_type, view_key};
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::change_record::{
    LastChange, LinksChange, PutResource, Registration, RemovedCounts, RemovedLinks, RestoredView,
    Unregistered, ViewBefore,
};
use crate::model::key::{EnvironmentId, ViewKey};
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::view::ViewFields;
use crate::model::{
    Attributes, ChangeMeta, ChangeRecord, Effect, LinkRecord, ResourceFields, Stamp,
};
use crate::state::State;

fn fields() -> impl Strategy<Value = ViewFields> {
    "[ab]{0,1}".prop_map(|name| ViewFields { name, ..ViewFields::default() })
}

/// What a view was before; when it was changed last is filled in where a change is applied.
fn of(fields: ViewFields) -> ViewBefore {
    ViewBefore { fields, last_change: None, updated_at: Timestamp::default() }
}

/// The change with a revision, where there is no chain of hashes.
fn last_change(revision: u64) -> LastChange {
    Some(ChangeId::new(revision, ChainHash::default()))
}

/// Says of views what they are on a state, as far as a change leaves them to it.
fn fit(change: &mut ChangeRecord, state: &State) {
    let project = state.projects.get(&change.project);
    change.begins_project = project.is_none();
    let mut seen = BTreeSet::new();
    let mut said = |key: &ViewKey| {
        let view = project.and_then(|project| Some(project.views.find(key)?.1.to_view()));
        let view = view.filter(|_| seen.insert(key.clone()));
        view.map(|view| (view.change, view.updated_at))
    };
    for effect in &mut change.effects {
        match effect {
            Effect::CreateView { view, .. } => drop(said(view)),
            Effect::UpdateView { view, before, .. } => {
                let (change, updated_at) = said(view).unzip();
                before.last_change = change;
                before.updated_at = updated_at.unwrap_or(before.updated_at);
            }
            Effect::ChangeLinks(parts) => {
                parts.iter_mut().for_each(|part| part.last_change = said(&part.view).unzip().0);
            }
            _ => {}
        }
    }
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

/// Some names linked, some others unlinked, in an order that is one of them or not.
fn part() -> impl Strategy<Value = LinksChange> {
    let numbers = prop::collection::btree_map(1..14_u16, any::<bool>(), 1..7);
    (0..4_u8, resource_type(), numbers, prop::option::of(any::<u64>())).prop_map(
        |(view, resource_type, numbers, shuffle)| {
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
                last_change: None,
                resource_type,
                linked: linked.iter().map(String::as_str).collect(),
                order,
                restored: None,
                unlinked: RemovedLinks {
                    names: unlinked.iter().map(String::as_str).collect(),
                    times: (0..unlinked.len() as u64).map(record).collect(),
                },
            }
        },
    )
}

/// Links that come back, with times that fit each other or do not.
fn restoring() -> impl Strategy<Value = LinksChange> {
    (part(), vec((0..12_u64, 0..3_u64, 0..6_u32), 7)).prop_map(|(part, times)| {
        let record = |(revision, late, request_index)| LinkRecord {
            linked_at: Timestamp::from_millis(revision + late / 2),
            revision,
            request_index,
        };
        let times = times.into_iter().take(part.linked.len()).map(record);
        LinksChange { order: Vec::new(), restored: Some(times.collect()), ..part }
    })
}

fn restored_view() -> impl Strategy<Value = Option<RestoredView>> {
    let restored = (1..3_u64, 0..20_u64, 0..20_u64);
    restored.prop_map(|(version, created, updated)| {
        let (created_at, updated_at) =
            (Timestamp::from_millis(created), Timestamp::from_millis(updated));
        Some(RestoredView { version, created_at, updated_at })
    })
}

/// Resources that are taken out of the registry, as a put would have put them.
fn unregistered(puts: Vec<PutResource>) -> Vec<Unregistered> {
    let gone = |put: PutResource| Unregistered {
        resource_type: put.resource_type,
        name: put.name,
        before: Registration { fields: put.fields, revision: 1 },
    };
    puts.into_iter().map(gone).collect()
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
        2 => (view(), fields()).prop_map(|(view, fields)| Effect::CreateView { view, fields, restored: None }),
        1 => (view(), fields(), fields())
            .prop_map(|(view, before, fields)| Effect::UpdateView { view, before: of(before), fields }),
        1 => (prop::option::of(any::<bool>()), any::<bool>()).prop_map(|(before, after)| {
            let settings = |of| ProjectSettings::new().require_view_for_new_flags(of);
            Effect::PutProject { before: before.map(settings), settings: settings(after) }
        }),
        1 => (0..3_u8, 0..3_u8).prop_map(|(view, to)| {
            let to = if to == view { 3 } else { to };
            let (view, to) = (view_key(view), view_key(to));
            let updated_at = Timestamp::from_millis(1);
            Effect::RenameView { view, to, last_change: None, updated_at }
        }),
        1 => (view(), counts())
            .prop_map(|(view, unlinked)| Effect::DeleteView { view, unlinked, detail: None }),
        6 => vec(part(), 1..4).prop_map(Effect::ChangeLinks),
        2 => vec(restoring(), 1..3).prop_map(Effect::ChangeLinks),
        1 => vec(put(), 1..3).prop_map(|puts| Effect::Unregister(unregistered(puts))),
        1 => (view(), fields(), restored_view())
            .prop_map(|(view, fields, restored)| Effect::CreateView { view, fields, restored }),
        3 => vec(put(), 1..4).prop_map(Effect::PutResources),
        1 => (resource_type(), 1..14_u16, removed_counts()).prop_map(|(of, number, removed)| {
            let name = name(of, number);
            Effect::RemoveResource { resource_type: of, name, removed, detail: None }
        }),
        1 => (environment, removed_counts()).prop_map(|(environment, removed)| {
            Effect::RemoveEnvironment { environment, removed, detail: None }
        }),
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
        (ChangeRecord { stamp, meta, project, begins_project: false, effects }, behind)
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_change_that_does_not_fit_is_refused_and_one_that_does_leaves_all_invariants(
        commands in any_commands(20),
        changes in vec((change(), prop::bool::weighted(0.9)), 1..40),
    ) {
        let mut state = State::default();
        state.run(&commands);
        for ((mut change, behind), fits) in changes {
            change.stamp.revision = state.head().revision + behind;
            if fits {
                fit(&mut change, &state);
            }
            // Some are none at all: their steps do not go together.
            let Ok(change) = ChangeRecord::decode(&change.encode().unwrap()) else { continue };
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
            last_change: last_change(2),
            resource_type: ResourceType::Flag,
            linked: linked.iter().map(String::as_str).collect(),
            order: Vec::new(),
            restored: None,
            unlinked: RemovedLinks {
                names: unlinked.iter().map(String::as_str).collect(),
                times: unlinked.iter().map(|_| record).collect(),
            },
        }
    };
    let view = || view_key(0);
    let unlinked = TypeCounts::default();
    let fields = ViewFields::default;
    let before = || of(fields());
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
    let again = vec![put("id-1", 1), put("id-2", 1)];
    let other = || ProjectSettings::new().name("other");
    let cases = BTreeMap::from([
        (
            "the project had other settings",
            Effect::PutProject { before: Some(other()), settings: other() },
        ),
        ("a link already exists", Effect::ChangeLinks(vec![part(&[1], &[])])),
        ("a link is not there", Effect::ChangeLinks(vec![part(&[], &[3])])),
        (
            "there is no such view",
            Effect::UpdateView { view: view_key(3), before: before(), fields: fields() },
        ),
        (
            "the view had another last change",
            Effect::ChangeLinks(vec![LinksChange {
                last_change: last_change(1),
                ..part(&[3], &[])
            }]),
        ),
        (
            "the view is there",
            Effect::CreateView { view: view(), fields: fields(), restored: None },
        ),
        (
            "the view had other fields",
            Effect::UpdateView { view: view(), before: before(), fields: fields() },
        ),
        ("the view had other links", Effect::DeleteView { view: view(), unlinked, detail: None }),
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
            "the project had other views or links",
            Effect::DeleteProject { views: 1, unlinked, detail: None },
        ),
    ]);
    let apply = |change: ChangeRecord| {
        let change = ChangeRecord::decode(&change.encode().unwrap()).unwrap();
        state.clone().apply(&change).unwrap_err().to_string()
    };
    let stamp = Stamp { revision: 3, time: Timestamp::from_millis(9) };
    let record = |stamp, effect| ChangeRecord {
        stamp,
        meta: ChangeMeta::default(),
        project: project_key(0),
        begins_project: false,
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
    assert!(apply(elsewhere.clone()).contains("its project begins with it"));
    let elsewhere = ChangeRecord { begins_project: true, ..elsewhere };
    assert!(apply(elsewhere).contains("there is no such project"));
}
