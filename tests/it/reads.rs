//! Lists: their order and their pages.

use viewlink::{
    Batch, KeySort, LinkSort, LinkedResource, NewView, Page, Paging, Project, Resource,
    ResourceType, Store, Timestamp, ViewSort,
};

use crate::support::{
    Clock, all, batch, create, flag, keys, link, memory, project, resource, two_views, view_keys,
};

/// Flags of `v` in each order of a list.
const BY_TIME: [&str; 7] = ["m", "b", "z", "a", "a.b", "q", "B"];
const BY_KEY: [&str; 7] = ["B", "a", "a.b", "b", "m", "q", "z"];
/// The first three were linked in one millisecond, and the others in a later one.
const BY_MOMENT: [&str; 7] = ["b", "m", "z", "B", "a", "a.b", "q"];
const ORDERS: [(LinkSort, [&str; 7]); 3] =
    [(LinkSort::LinkTime, BY_TIME), (LinkSort::Key, BY_KEY), (LinkSort::LinkedAt, BY_MOMENT)];

fn seven() -> (Store, Project) {
    let clock = Clock::default();
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    create(&project, "w");
    link(&project, "v", &BY_TIME[..3]);
    link(&project, "w", &["a", "c", "x"]);
    clock.set(1_000);
    link(&project, "v", &BY_TIME[3..5]);
    link(&project, "v", &BY_TIME[5..]);
    (store, project)
}

/// Flags of `v`.
fn read(store: &Store, paging: Paging<LinkSort>) -> Page<LinkedResource> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    reader.linked_resources("v", ResourceType::Flag, paging).unwrap()
}

/// The part of a list for an offset and a limit.
fn part<'a>(list: &'a [&'a str], offset: usize, limit: usize) -> &'a [&'a str] {
    let start = offset.min(list.len());
    &list[start..start.saturating_add(limit).min(list.len())]
}

#[test]
fn linked_resources_come_by_link_time_unless_asked_by_key() {
    let (store, _) = seven();
    assert_eq!(keys(&read(&store, all())), BY_TIME);
    for (sort, expected) in ORDERS {
        let page = read(&store, all().sort(sort));
        assert_eq!(keys(&page), expected, "{sort:?}");
        assert_eq!((page.total, page.next), (7, None));
    }
}

#[test]
fn any_offset_and_limit_return_their_part_of_the_list() {
    let (store, _) = seven();
    for (sort, list) in ORDERS {
        for offset in (0..=8).chain([usize::MAX]) {
            for limit in (1..=8).chain([usize::MAX]) {
                let page = read(&store, Paging::first(limit).offset(offset).sort(sort));
                let expected = part(&list, offset, limit);
                assert_eq!(keys(&page), expected, "{sort:?} {offset} {limit}");
                assert_eq!(page.total, 7);
                let more = offset.saturating_add(limit) < 7;
                assert_eq!(page.next.is_some(), more, "{sort:?} {offset} {limit}");
            }
        }
    }
}

#[test]
fn cursors_lead_through_the_whole_list_whatever_the_limits() {
    let (store, _) = seven();
    for (sort, list) in ORDERS {
        for limits in [[1, 1], [2, 3], [7, 7], [6, 1], [3, 8]] {
            let mut limits = limits.into_iter().cycle();
            let mut page = read(&store, Paging::first(limits.next().unwrap()).sort(sort));
            let mut found = keys(&page);
            while let Some(cursor) = page.next.take() {
                let limit = limits.next().unwrap();
                page = read(&store, Paging::after(cursor, limit).sort(sort));
                assert!(!page.items.is_empty() && page.items.len() <= limit);
                assert_eq!(page.total, 7);
                found.extend(keys(&page));
                assert!(found.len() <= list.len(), "paging does not end: {found:?}");
            }
            assert_eq!(found, list, "{sort:?}");
        }
    }
}

#[test]
fn a_cursor_can_follow_an_offset_and_an_offset_replaces_a_cursor() {
    let (store, _) = seven();
    let cursor = read(&store, Paging::first(2).offset(1)).next.unwrap();
    let page = read(&store, Paging::after(cursor.clone(), 2));
    assert_eq!(keys(&page), BY_TIME[3..5]);
    let page = read(&store, Paging::after(cursor, 2).offset(0));
    assert_eq!(keys(&page), BY_TIME[..2]);
}

#[test]
fn a_limit_of_zero_reads_no_items_and_the_total() {
    let (store, _) = seven();
    for (sort, _) in ORDERS {
        let page = read(&store, Paging::first(0).sort(sort));
        assert_eq!((page.items.len(), page.total), (0, 7));
    }
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let views = reader.views(Paging::first(0)).unwrap();
    assert_eq!((views.items.len(), views.total), (0, 2));
    let views = reader.linked_views(&flag("a"), Paging::first(0)).unwrap();
    assert_eq!((views.items.len(), views.total), (0, 2));
    let projects = snapshot.projects(Paging::first(0)).unwrap();
    assert_eq!((projects.items.len(), projects.total), (0, 1));
}

#[test]
fn every_list_is_empty_beyond_its_end() {
    let (store, _) = seven();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for offset in [2, 3, usize::MAX] {
        let views = reader.views(Paging::first(5).offset(offset)).unwrap();
        assert_eq!((views.items.len(), views.total, views.next), (0, 2, None));
        let by_name = Paging::first(5).sort(ViewSort::Name).offset(offset);
        let views = reader.views(by_name).unwrap();
        assert_eq!((views.items.len(), views.total, views.next), (0, 2, None));
        let beyond: Paging<KeySort> = Paging::first(5).offset(offset);
        let views = reader.linked_views(&flag("a"), beyond.clone()).unwrap();
        assert_eq!((views.items.len(), views.total, views.next), (0, 2, None));
        let projects = snapshot.projects(beyond).unwrap();
        assert_eq!((projects.items.len(), projects.total, projects.next), (0, 1, None));
    }
}

#[test]
fn the_views_of_a_resource_come_in_key_order_a_page_at_a_time() {
    let store = memory();
    let project = project(&store);
    let sorted = ["a", "a-b", "a.b", "b", "c"];
    // Created and linked in other orders than that of the keys.
    ["c", "a.b", "a", "b", "a-b", "none"].iter().for_each(|key| create(&project, key));
    ["b", "a", "c", "a-b", "a.b"].iter().for_each(|view| link(&project, view, &["x"]));
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    assert_eq!(view_keys(&reader, &flag("x")), sorted);
    for limit in 1..=6 {
        let mut found = Vec::new();
        let mut next = Some(Paging::first(limit));
        while let Some(paging) = next {
            let page = reader.linked_views(&flag("x"), paging).unwrap();
            assert!(page.total == 5 && !page.items.is_empty() && page.items.len() <= limit);
            next = page.next.clone().map(|cursor| Paging::after(cursor, limit));
            found.extend(page.into_iter().map(|view| view.key.to_string()));
            assert!(found.len() <= sorted.len(), "paging does not end: {found:?}");
        }
        assert_eq!(found, sorted, "limit {limit}");
        for offset in 0..=6 {
            let page = reader.linked_views(&flag("x"), Paging::first(limit).offset(offset));
            let page = page.unwrap();
            let keys: Vec<_> = page.items.iter().map(|view| view.key.as_str()).collect();
            assert_eq!(keys, part(&sorted, offset, limit));
            assert_eq!(page.next.is_some(), offset + limit < 5);
        }
    }
}

#[test]
fn the_views_of_a_resource_are_whole_views() {
    let (store, project) = seven();
    project.create_view(NewView::new("x", "third").tags(["t"])).unwrap();
    link(&project, "x", &["a"]);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for view in reader.linked_views(&flag("a"), all()).unwrap() {
        assert_eq!(view, reader.view(view.key.as_str()).unwrap());
    }
}

#[test]
fn an_unlinked_resource_has_no_views() {
    let (store, project) = seven();
    project.link("v", Batch::segments([("env", "s")])).unwrap().all_ok().unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let unknown = [
        flag("nobody"),
        // Of another type, environment, or case.
        resource(ResourceType::Metric, "a"),
        Resource::segment("other", "s").unwrap(),
        Resource::segment("Env", "s").unwrap(),
        flag("M"),
    ];
    for resource in unknown {
        let page = reader.linked_views(&resource, all()).unwrap();
        assert_eq!((page.items.len(), page.total, page.next), (0, 0, None), "{resource}");
        assert!(!reader.is_linked("v", &resource).unwrap(), "{resource}");
    }
}

#[test]
fn a_view_without_links_of_a_type_has_an_empty_list() {
    let (store, project) = two_views();
    project.link("v", batch(ResourceType::Metric, &["a"])).unwrap().all_ok().unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for resource_type in ResourceType::ALL {
        let page = reader.linked_resources("v", resource_type, all()).unwrap();
        let expected = usize::from(resource_type == ResourceType::Metric);
        assert_eq!((page.items.len(), page.total), (expected, expected as u64));
    }
}

#[test]
fn a_linked_resource_has_the_time_and_revision_of_its_link() {
    let clock = Clock::default();
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    for (time, key) in [(70, "b"), (80, "a")] {
        clock.set(time);
        link(&project, "v", &[key]);
    }
    for sort in [LinkSort::LinkTime, LinkSort::Key] {
        for linked in read(&store, all().sort(sort)) {
            let first = linked.resource == flag("b");
            let expected = if first { (70, 2) } else { (80, 3) };
            let time = Timestamp::from_millis(expected.0);
            assert_eq!((linked.linked_at, linked.revision), (time, expected.1));
        }
    }
}

#[test]
fn an_unregistered_segment_is_sorted_by_its_key_and_not_by_its_environment() {
    let (store, project) = two_views();
    let segments = Batch::segments([("a", "m"), ("b", "k"), ("z", "a")]);
    project.link("v", segments).unwrap().all_ok().unwrap();
    let by_name = Paging::first(10).sort(LinkSort::Name);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let page = reader.linked_resources("v", ResourceType::Segment, by_name).unwrap();
    let named: Vec<String> = page.items.iter().map(|link| link.resource.to_string()).collect();
    assert_eq!(named, ["z/a", "b/k", "a/m"]);
}
