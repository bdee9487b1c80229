//! Compares the whole content of a snapshot with the model.

use std::collections::BTreeMap;

use viewlink::{
    LinkSort, Paging, ProjectSnapshot, Resource, ResourceFilter, ResourceSort, ResourceType,
    SetPredicate, Snapshot, TypeCounts,
};

use super::call::{id_text, resource};
use super::filter::{Condition, Filter};
use super::registry::Registered;
use super::{Model, ModelProject, ModelView};

/// The number of filters that are tried on a snapshot. Its revision decides which, and in which order of lists.
const FILTERS: u64 = 2;

const LINK_SORTS: [LinkSort; 3] = [LinkSort::Key, LinkSort::LinkTime, LinkSort::Name];

const RESOURCE_SORTS: [ResourceSort; 2] = [ResourceSort::Key, ResourceSort::Name];

/// Compares the whole content of a snapshot with the model, in both directions.
pub(crate) fn assert_same(snapshot: &Snapshot, model: &Model) {
    let projects = snapshot.projects(Paging::first(100)).unwrap();
    let keys: Vec<_> = projects.items.iter().map(|project| project.key.to_string()).collect();
    assert!(keys.iter().eq(model.projects.keys()), "{keys:?}");
    for (info, (key, project)) in projects.items.iter().zip(&model.projects) {
        let reader = snapshot.project(key).unwrap();
        assert_eq!(reader.info(), *info);
        assert!(project.is_said(info), "{info:?}");
        assert_counts(&info.resources, project);
        assert_views(&reader, project);
        assert_registry(&reader, project);
        assert_unassigned(&reader, project);
        for (number, filter) in filters(snapshot.revision()) {
            let there = |key: String| project.views.contains_key(&key);
            if filter.views().all(there) {
                assert_found(&reader, project, number, &filter);
            }
        }
    }
}

/// Some filters of one or two conditions, different ones at each revision.
fn filters(revision: u64) -> impl Iterator<Item = (usize, Filter)> {
    (0..FILTERS).map(move |place| {
        let number = revision * FILTERS + place;
        let [kind, one, other] = [18, 5, 7].map(|below| (number % below) as u8);
        let second = number.is_multiple_of(3).then(|| Condition::of(kind + other, other, one));
        let first = Condition::of(kind, one, other);
        let conditions = [first].into_iter().chain(second).collect();
        (usize::try_from(number).unwrap(), Filter(conditions))
    })
}

fn assert_counts(found: &TypeCounts, project: &ModelProject) {
    let counts = project.counts();
    for resource_type in ResourceType::ALL {
        let expected = counts.get(&resource_type).copied().unwrap_or_default();
        assert_eq!(found.get(resource_type), expected, "{resource_type}");
    }
}

fn assert_views(reader: &ProjectSnapshot, project: &ModelProject) {
    let views = &project.views;
    let page = reader.views(Paging::first(100)).unwrap();
    assert_eq!(page.total, views.len() as u64);
    let found = page.items.iter().map(|view| (view.key.to_string(), view.version));
    assert!(found.eq(views.iter().map(|(key, view)| (key.clone(), view.version))));
    let mut transposed = BTreeMap::<&Resource, Vec<&String>>::new();
    for (key, view) in views {
        assert_links(reader, key, (project, view), None, &LINK_SORTS);
        view.links.keys().for_each(|linked| transposed.entry(linked).or_default().push(key));
    }
    for (resource, keys) in transposed {
        let page = reader.linked_views(resource, Paging::first(100)).unwrap();
        let found: Vec<_> = page.items.iter().map(|view| view.key.to_string()).collect();
        assert!(found.iter().eq(keys.iter().copied()), "{resource}: {found:?}");
        let only_keys = reader.linked_view_keys(resource, Paging::first(100)).unwrap();
        assert!(only_keys.items.iter().eq(page.items.iter().map(|view| &view.key)));
    }
}

/// Checks the links of a view, or those that a filter finds, in some orders.
fn assert_links(
    reader: &ProjectSnapshot,
    key: &str,
    (project, view): (&ModelProject, &ModelView),
    filter: Option<&Filter>,
    sorts: &[LinkSort],
) {
    let to_store = filter.map_or_else(ResourceFilter::all, Filter::to_store);
    let found = reader.view(key).unwrap();
    let follows = found.follows.iter().map(|of| (of.resource_type, of.filter.clone()));
    assert!(follows.eq(view.follows.iter().map(|(of, filter)| (*of, filter.to_store()))));
    let counts = found.links;
    for resource_type in ResourceType::ALL {
        let of_type =
            view.links.iter().filter(|(linked, _)| linked.resource_type() == resource_type);
        assert_eq!(counts.get(resource_type), of_type.clone().count() as u64);
        let found =
            of_type.filter(|(linked, _)| filter.is_none_or(|filter| project.finds(filter, linked)));
        let mut expected: Vec<_> = found.collect();
        for &sort in sorts {
            match sort {
                LinkSort::Key => expected.sort_by_key(|(linked, _)| *linked),
                LinkSort::Name => {
                    expected.sort_by_key(|(linked, _)| (project.title(linked), *linked));
                }
                _ => expected.sort_by_key(|(_, time)| **time),
            }
            let all = Paging::first(100).sort(sort);
            let page = reader.linked_resources_matching(key, resource_type, &to_store, all);
            let page = page.unwrap();
            let place = || format!("{key} {resource_type} by {sort:?} {filter:?}");
            assert_eq!(page.total, expected.len() as u64, "{}", place());
            let found = page.items.iter().map(|linked| &linked.resource);
            assert!(found.eq(expected.iter().map(|(linked, _)| *linked)), "{} {page:?}", place());
        }
    }
}

/// Checks the data of each resource, missing resources, and the segments of ids.
fn assert_registry(reader: &ProjectSnapshot, project: &ModelProject) {
    assert_resources(reader, project, None, &RESOURCE_SORTS);
    for (resource, known) in &project.resources {
        let found = reader.resource(resource).unwrap();
        assert_eq!(found.map(|found| Registered::of(&found)).as_ref(), Some(known), "{resource}");
    }
    for resource_type in ResourceType::ALL {
        for resource in [1, 4, 8].into_iter().filter_map(|number| resource(resource_type, number)) {
            let found = reader.resource(&resource).unwrap();
            assert_eq!(found.is_some(), project.resources.contains_key(&resource), "{resource}");
        }
    }
    for id in (1..5).map(id_text) {
        assert_eq!(reader.segment_by_id(&id).unwrap().as_ref(), project.by_id(&id), "{id}");
    }
}

/// Checks the registered resources in no view.
fn assert_unassigned(reader: &ProjectSnapshot, project: &ModelProject) {
    let in_no_view = SetPredicate::Exactly(vec![""; 0]);
    let in_no_view = ResourceFilter::all().in_views(in_no_view).unwrap();
    let linked = |resource: &&Resource| {
        project.views.values().any(|view| view.links.contains_key(*resource))
    };
    for resource_type in ResourceType::ALL {
        let page = reader.find_resources(resource_type, &in_no_view, Paging::first(100)).unwrap();
        let of_type = |resource: &&Resource| resource.resource_type() == resource_type;
        let expected: Vec<_> =
            project.resources.keys().filter(of_type).filter(|of| !linked(of)).collect();
        assert!(page.items.iter().eq(expected.iter().copied()), "{page:?} {expected:?}");
        assert_eq!(page.total, expected.len() as u64);
    }
}

/// Checks the list of registered resources, or the ones that a filter finds, in some orders.
fn assert_resources(
    reader: &ProjectSnapshot,
    project: &ModelProject,
    filter: Option<&Filter>,
    sorts: &[ResourceSort],
) {
    let to_store = filter.map_or_else(ResourceFilter::all, Filter::to_store);
    for resource_type in ResourceType::ALL {
        let mut expected: Vec<_> = project
            .resources
            .iter()
            .filter(|(resource, _)| resource.resource_type() == resource_type)
            .filter(|(resource, _)| filter.is_none_or(|filter| project.finds(filter, resource)))
            .collect();
        for &sort in sorts {
            match sort {
                ResourceSort::Name => {
                    expected.sort_by_key(|(resource, known)| (&known.name, *resource));
                }
                _ => expected.sort_by_key(|(resource, _)| *resource),
            }
            let all = Paging::first(100).sort(sort);
            let page = reader.resources(resource_type, &to_store, all).unwrap();
            let place = || format!("{resource_type} by {sort:?} {filter:?}");
            assert_eq!(page.total, expected.len() as u64, "{}", place());
            let found: Vec<_> =
                page.items.iter().map(|found| (&found.resource, Registered::of(found))).collect();
            let found = found.iter().map(|(resource, known)| (*resource, known));
            assert!(found.eq(expected.iter().copied()), "{} {page:?}", place());
        }
    }
}

/// Checks the resources that a filter finds, in the registry and among the links of each view.
fn assert_found(reader: &ProjectSnapshot, project: &ModelProject, number: usize, filter: &Filter) {
    assert_resources(reader, project, Some(filter), &[RESOURCE_SORTS[number / 3 % 2]]);
    for (key, view) in &project.views {
        let sort = LINK_SORTS[number % 3];
        assert_links(reader, key, (project, view), Some(filter), &[sort]);
    }
}
