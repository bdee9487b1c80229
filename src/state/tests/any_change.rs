//! Arbitrary well-formed changes.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::commands::{project_key, resource, resource_type, view_key};
use crate::filter::{ResourceCondition, ResourceFilter, SetPredicate};
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::change_record::{
    FilterChange, Holds, LastChange, LinksChange, PutResource, Registration, RemovedCounts,
    RemovedLinks, RestoredView, Unregistered, ViewBefore,
};
use crate::model::key::{EnvironmentId, ViewKey};
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

/// The previous values of a view; its last change is filled in when the change is applied.
pub(super) fn of(fields: ViewFields) -> ViewBefore {
    ViewBefore { fields, last_change: None, updated_at: Timestamp::default() }
}

/// The id of the change with a revision, without a chain of hashes.
pub(super) fn last_change(revision: u64) -> LastChange {
    Some(ChangeId::new(revision, ChainHash::default()))
}

/// Fills in the current values of views, if a change leaves them open.
pub(super) fn fit(change: &mut ChangeRecord, state: &State) {
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
            Effect::ChangeFilter(change) => change.last_change = said(&change.view).unzip().0,
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

pub(super) fn name(resource_type: ResourceType, number: u16) -> String {
    resource(resource_type, number).name().as_str().to_owned()
}

/// The holders of links after the change; in most cases none change.
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
    let by_filter = prop::collection::btree_set(1..14_u16, 0..3);
    (0..4_u8, resource_type(), filter(), filter(), (0..3_u64, by_filter)).prop_filter_map(
        "a filter starts or ends",
        |(view, resource_type, before, filter, (links, by_filter))| {
            let replaced = before.is_some() && filter.is_some();
            let by_filter: BTreeSet<String> =
                by_filter.into_iter().map(|number| name(resource_type, number)).collect();
            let by_filter = by_filter.iter().filter(|_| !replaced).map(String::as_str).collect();
            (before.is_some() || filter.is_some()).then(|| FilterChange {
                last_change: None,
                view: view_key(view),
                resource_type,
                before,
                filter,
                links: if replaced { 0 } else { links },
                by_filter: Some(by_filter),
            })
        },
    )
}

/// A part in which some names are linked and others unlinked; its order may be invalid.
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
                last_change: None,
                resource_type,
                linked: linked.iter().map(String::as_str).collect(),
                order,
                restored: None,
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

/// Restored links, with times that may be inconsistent.
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

/// Resources that are removed from the registry, with the fields of a put.
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
        2 => filter_change().prop_map(Effect::ChangeFilter),
        1 => (0..3_u64, counts())
            .prop_map(|(views, unlinked)| Effect::DeleteProject { views, unlinked, detail: None }),
    ]
}

/// A change with a stamp relative to the state: in most cases the next one.
pub(super) fn change() -> impl Strategy<Value = (ChangeRecord, u64)> {
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
