//! Links and posting lists are packed into rows: nothing of that shows, wherever a row ends.

use std::collections::BTreeSet;

use viewlink::{
    Batch, EnvironmentId, LinkSort, LinkedResource, NewView, Options, Paging, Project,
    ProjectSnapshot, Resource, ResourceType, Store,
};

use crate::support::{
    Random, all, assert_clean, assert_clean_and_replayed, content_of, copy, create, flag, flags,
    memory, project, two_views, view_keys, views_of,
};

/// Walks a list of flags in pages, by cursor or by offset.
fn walk(
    reader: &ProjectSnapshot<'_>,
    sort: LinkSort,
    limit: usize,
    by_cursor: bool,
) -> Vec<LinkedResource> {
    let read = |paging: Paging<LinkSort>| {
        reader.linked_resources("v", ResourceType::Flag, paging.sort(sort)).unwrap()
    };
    let mut walked: Vec<LinkedResource> = Vec::new();
    let mut page = read(Paging::first(limit));
    loop {
        walked.extend(page.items);
        let Some(next) = page.next else { return walked };
        page = match by_cursor {
            true => read(Paging::after(next, limit)),
            false => read(Paging::first(limit).offset(walked.len())),
        };
    }
}

/// The view has these flags, by key, by time, and whatever the pages.
fn assert_pages(store: &Store, expected: &BTreeSet<String>, limits: &[usize]) {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for sort in [LinkSort::Key, LinkSort::LinkTime] {
        let whole = reader.linked_resources("v", ResourceType::Flag, all().sort(sort)).unwrap();
        assert_eq!(whole.total, expected.len() as u64);
        let names: Vec<&str> =
            whole.items.iter().map(|link| link.resource.key().as_str()).collect();
        assert!(names.iter().copied().collect::<BTreeSet<_>>().iter().eq(expected), "{sort:?}");
        assert_eq!(names.len(), expected.len());
        match sort {
            LinkSort::Key => assert!(names.is_sorted()),
            _ => assert!(whole.items.is_sorted_by_key(|link| link.revision)),
        }
        for &limit in limits {
            assert_eq!(walk(&reader, sort, limit, true), whole.items, "{sort:?} {limit}");
            assert_eq!(walk(&reader, sort, limit, false), whole.items, "{sort:?} {limit}");
        }
    }
}

/// Names of one length that differ at their end, or at their beginning.
fn name(number: usize, length: usize, at_end: bool) -> String {
    let width = length.min(5);
    let (digits, filling) = (format!("{number:0width$}"), "x".repeat(length - width));
    if at_end { filling + &digits } else { digits + &filling }
}

#[test]
fn views_of_any_size_with_names_of_any_length_page_over_every_border() {
    for (count, length, at_end, limits) in [
        (1, 256, true, &[1, 2][..]),
        (200, 3, true, &[1, 7]),
        (200, 256, true, &[1, 13]),
        (200, 256, false, &[1, 13]),
        (5_000, 5, false, &[333, 4_999]),
        (5_000, 24, true, &[1_000]),
    ] {
        let store = memory();
        let project = project(&store);
        create(&project, "v");
        let names: BTreeSet<String> =
            (0..count).map(|number| name(number, length, at_end)).collect();
        // Every third one first, so that the others go in between.
        for part in 0..3 {
            let part = names.iter().skip(part).step_by(3);
            project.link("v", Batch::flags(part)).unwrap().all_ok().unwrap();
        }
        assert_pages(&store, &names, limits);
        assert_clean(&store);
    }
}

#[test]
fn links_that_come_and_go_at_the_edges_and_in_the_middle_leave_no_trace() {
    let mut random = Random(7);
    let store = Options::new().tail(50, 10).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let mut there = BTreeSet::new();
    for round in 0..120 {
        let length = [4, 30, 256][random.below(3)];
        let middle = random.below(400);
        let numbers = match random.below(3) {
            0 => 0..random.below(30),
            1 => 370..370 + random.below(30),
            _ => middle..middle + random.below(30),
        };
        let names: Vec<String> = numbers.map(|number| name(number, length, false)).collect();
        let batch = Batch::flags(&names);
        if random.below(5) < 3 {
            let report = project.link("v", batch).unwrap();
            assert_eq!(report.failure_count(), 0);
            there.extend(names);
        } else {
            let report = project.unlink("v", batch).unwrap();
            let gone = names.iter().filter(|name| there.remove(*name)).count();
            assert_eq!(report.success_count(), gone);
        }
        if round % 20 == 19 {
            assert_pages(&store, &there, &[1 + random.below(40)]);
        }
    }
    assert_clean(&store);
}

#[test]
fn nearly_all_links_of_a_large_view_go_and_the_rest_is_paged() {
    for kept in [1, 2, 9] {
        let (store, project) = two_views();
        let names: Vec<String> = (0..3_000).map(|number| name(number, 40, true)).collect();
        project.link("v", Batch::flags(&names)).unwrap().all_ok().unwrap();
        let stays = |number: usize| number % (3_000 / kept) == 1_400 / kept;
        let (stay, go): (Vec<_>, Vec<_>) =
            names.into_iter().enumerate().partition(|(number, _)| stays(*number));
        for part in go.chunks(700) {
            let part = part.iter().map(|(_, name)| name);
            project.unlink("v", Batch::flags(part)).unwrap().all_ok().unwrap();
        }
        let stay: BTreeSet<String> = stay.into_iter().map(|(_, name)| name).collect();
        assert_eq!(stay.len(), kept);
        assert_pages(&store, &stay, &[1, 4]);
        store.checkpoint().unwrap();
        for name in &stay {
            assert_eq!(views_of(&store, &flag(name)), ["v"]);
        }
        assert_clean(&store);
        project.unlink("v", Batch::flags(&stay)).unwrap().all_ok().unwrap();
        assert_eq!(flags(&store, "v"), [""; 0]);
        assert_clean(&store);
    }
}

fn environment(id: &str) -> EnvironmentId {
    EnvironmentId::parse(id).unwrap()
}

/// Links segments of an environment, in two changes of which the second is in between.
fn link_segments(project: &Project, environment: &str, count: usize) {
    let keys: Vec<String> = (0..count).map(|number| name(number, 24, true)).collect();
    for odd in [false, true] {
        let chosen = keys.iter().enumerate().filter(|(number, _)| (number % 4 == 1) == odd);
        let chosen = chosen.map(|(_, key)| (environment, key.as_str()));
        project.link("v", Batch::segments(chosen)).unwrap().all_ok().unwrap();
    }
}

/// The first row of posting lists goes with its last one, and what was in the next is found.
#[test]
fn an_environment_goes_as_a_whole_after_its_first_segments_went() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().tail(0, 1).open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    link_segments(&project, "env", 1_000);
    for gone in 0..500 {
        let first = [("env", name(gone, 24, true))];
        project.unlink("v", Batch::segments(first)).unwrap().all_ok().unwrap();
    }
    store.checkpoint().unwrap();
    let removed = project.remove_environment(&environment("env")).unwrap();
    assert_eq!((removed.resources, removed.links), (500, 500));
    assert_clean_and_replayed(&store);
    // A replay finds them, too, whatever it has folded.
    let killed = tempfile::tempdir().unwrap();
    copy(dir.path(), killed.path());
    let reopened = Options::new().open(killed.path()).unwrap();
    assert_eq!(content_of(&reopened), content_of(&store));
}

#[test]
fn an_environment_goes_and_the_ones_beside_it_stay() {
    let environments = ["a", "aa", "b", "b.c", "c"];
    for gone in environments {
        for changes in [0, 400] {
            let store = Options::new().tail(changes, 30).open_in_memory().unwrap();
            let project = project(&store);
            create(&project, "v");
            environments.iter().for_each(|environment| link_segments(&project, environment, 150));
            for first in environments.iter().take_while(|first| **first != gone) {
                let removed = project.remove_environment(&environment(first)).unwrap();
                assert_eq!(removed.resources, 150, "{first} before {gone}, tail of {changes}");
            }
            let removed = project.remove_environment(&environment(gone)).unwrap();
            assert_eq!((removed.resources, removed.links), (150, 150), "{gone} {changes}");
            let snapshot = store.snapshot().unwrap();
            let reader = snapshot.project("p").unwrap();
            let left = reader.linked_resources("v", ResourceType::Segment, all()).unwrap();
            assert!(
                left.items.iter().all(|link| {
                    link.resource.environment().is_some_and(|of| of.as_str() > gone)
                })
            );
            assert_clean(&store);
        }
    }
}

#[test]
fn segments_with_the_longest_names_are_linked_found_and_unlinked() {
    let store = Options::new().tail(0, 1).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    project.create_view(NewView::new("w".repeat(256), "")).unwrap();
    let views = ["v".to_owned(), "w".repeat(256)];
    let long = |number| (name(number / 10, 256, true), name(number, 256, false));
    let pairs: Vec<_> = (0..40).map(long).collect();
    for view in &views {
        project.link(view, Batch::segments(pairs.clone())).unwrap().all_ok().unwrap();
    }
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for (environment, key) in &pairs {
        let segment = Resource::segment(environment, key).unwrap();
        assert_eq!(view_keys(&reader, &segment), views);
        assert!(reader.is_linked("v", &segment).unwrap());
    }
    let removed = project.remove_environment(&environment(&pairs[15].0)).unwrap();
    assert_eq!((removed.resources, removed.links), (10, 20));
    let rest = pairs.iter().filter(|(environment, _)| *environment != pairs[15].0).cloned();
    project.unlink("v", Batch::segments(rest)).unwrap().all_ok().unwrap();
    assert_clean(&store);
}

#[test]
fn a_resource_in_very_many_views_has_a_list_of_its_own_among_others() {
    let store = Options::new().tail(100, 20).open_in_memory().unwrap();
    let project = project(&store);
    let views: Vec<String> = (0..2_000).map(|number| format!("v{number:05}")).collect();
    for view in &views {
        project.create_view(NewView::new(view, "")).unwrap();
        project.link(view, Batch::flags(["m"])).unwrap().all_ok().unwrap();
    }
    project.link("v00000", Batch::flags(["l", "n"])).unwrap().all_ok().unwrap();
    store.checkpoint().unwrap();
    assert_eq!(views_of(&store, &flag("m")), views);
    assert_eq!(views_of(&store, &flag("l")), ["v00000"]);
    for view in views.iter().step_by(2) {
        project.delete_view(view).unwrap();
    }
    let left: Vec<_> = views.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(views_of(&store, &flag("m")), left);
    assert_eq!(project.remove_resource(&flag("m")).unwrap().links, 1_000);
    assert_eq!(views_of(&store, &flag("n")), [""; 0]);
    assert_clean(&store);
}
