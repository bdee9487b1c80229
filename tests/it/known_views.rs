//! What readers remember of views is shared by all snapshots, and right in each of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use viewlink::{Batch, Error, Fault, NewView, Options, Project, ProjectSnapshot, Snapshot, Store};

use crate::support::{
    all, assert_clean, create, flag, link, memory, project, two_views, view_keys,
};

/// The keys of the views of a flag, which must be those of the views themselves.
fn found(reader: &ProjectSnapshot<'_>, key: &str) -> Vec<String> {
    let page = reader.linked_view_keys(&flag(key), all()).unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let keys: Vec<String> = page.items.iter().map(|key| key.as_str().to_owned()).collect();
    assert_eq!(keys, view_keys(reader, &flag(key)));
    keys
}

/// In which of the views `v` and `w` a flag is, asked for in every way; `None` where a view is not.
fn linked(snapshot: &Snapshot, key: &str) -> [Option<bool>; 2] {
    let reader = snapshot.project("p").unwrap();
    let found = found(&reader, key);
    ["v", "w"].map(|view| match reader.is_linked(view, &flag(key)) {
        Ok(linked) => {
            assert_eq!(found.contains(&view.to_owned()), linked, "{view} of {key}");
            Some(linked)
        }
        Err(Error::UnknownView { .. }) => {
            assert!(!found.contains(&view.to_owned()));
            None
        }
        Err(other) => panic!("{other}"),
    })
}

#[test]
fn every_snapshot_knows_the_view_that_had_the_key_then_in_whatever_order_they_are_asked() {
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    for tail in [0, 1 << 20] {
        let store = Options::new().tail(tail, 1).open_in_memory().unwrap();
        let project = project(&store);
        let mut history: Vec<(Snapshot, [Option<bool>; 2])> = Vec::new();
        let mut now = |expected| history.push((store.snapshot().unwrap(), expected));
        create(&project, "w");
        now([None, NO]);
        create(&project, "v");
        now([NO, NO]);
        link(&project, "v", &["a"]);
        now([YES, NO]);
        link(&project, "w", &["a"]);
        now([YES, YES]);
        project.delete_view("v").unwrap();
        now([None, YES]);
        create(&project, "v");
        now([NO, YES]);
        link(&project, "v", &["a"]);
        now([YES, YES]);
        project.delete_view("w").unwrap();
        project.delete_view("v").unwrap();
        create(&project, "v");
        now([NO, None]);
        let numbers = 0..history.len();
        let orders = [numbers.clone().collect(), numbers.clone().rev().collect::<Vec<_>>()];
        let back_and_forth =
            numbers.clone().flat_map(|n| numbers.clone().flat_map(move |m| [n, m]));
        for order in orders.into_iter().chain([back_and_forth.collect()]) {
            for number in order {
                let (snapshot, expected) = &history[number];
                assert_eq!(&linked(snapshot, "a"), expected, "snapshot {number}, tail {tail}");
            }
        }
    }
}

#[test]
fn a_view_of_a_newer_snapshot_is_not_there_in_an_older_one() {
    let store = memory();
    let project = project(&store);
    create(&project, "w");
    let older = store.snapshot().unwrap();
    create(&project, "v");
    link(&project, "v", &["a"]);
    let newer = store.snapshot().unwrap();
    for _ in 0..3 {
        assert_eq!(linked(&newer, "a"), [Some(true), Some(false)]);
        assert_eq!(linked(&older, "a"), [None, Some(false)]);
    }
}

#[test]
fn the_same_view_key_in_many_projects_is_many_views() {
    let store = memory();
    let projects: Vec<Project> =
        (0..50).map(|number| store.project(&format!("p{number}")).unwrap()).collect();
    for (number, project) in projects.iter().enumerate() {
        create(project, "v");
        link(project, "v", &[&format!("f{number}")]);
    }
    let before = store.snapshot().unwrap();
    let check = |snapshot: &Snapshot, gone: &[usize]| {
        for number in 0..50 {
            let key = format!("p{number}");
            if gone.contains(&number) {
                assert!(matches!(snapshot.project(&key), Err(Error::UnknownProject { .. })));
                continue;
            }
            let reader = snapshot.project(&key).unwrap();
            for other in 0..50 {
                let flag = flag(&format!("f{other}"));
                assert_eq!(reader.is_linked("v", &flag).unwrap(), number == other);
            }
            assert_eq!(found(&reader, &format!("f{number}")), ["v"]);
        }
    };
    check(&before, &[]);
    projects[7].delete().unwrap();
    check(&store.snapshot().unwrap(), &[7]);
    check(&before, &[]);
    create(&projects[7], "v");
    let again = store.snapshot().unwrap();
    assert!(!again.project("p7").unwrap().is_linked("v", &flag("f7")).unwrap());
    assert_eq!(found(&again.project("p7").unwrap(), "f7"), [""; 0]);
    link(&projects[7], "v", &["f7"]);
    check(&store.snapshot().unwrap(), &[]);
    check(&before, &[]);
    assert_clean(&store);
}

#[test]
fn a_project_without_views_that_is_deleted_and_made_again_has_none_of_the_old_ones() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    project.delete_view("v").unwrap();
    for _ in 0..3 {
        let empty = store.snapshot().unwrap();
        assert!(empty.project("p").unwrap().is_linked("v", &flag("a")).is_err());
        project.delete().unwrap();
        create(&project, "v");
        link(&project, "v", &["a"]);
        assert_eq!(linked(&store.snapshot().unwrap(), "a"), [Some(true), None]);
        assert!(empty.project("p").unwrap().is_linked("v", &flag("a")).is_err());
        project.delete_view("v").unwrap();
    }
}

#[test]
fn a_view_whose_making_failed_is_forgotten_with_its_id() {
    for fault in [Fault::NotApplied, Fault::Unknown, Fault::Panic] {
        let (store, project) = two_views();
        link(&project, "v", &["a"]);
        let _ = linked(&store.snapshot().unwrap(), "a");
        store.fail_next_change(fault);
        project.create_view(NewView::new("x", "")).unwrap_err();
        store.recover().unwrap();
        // Another view may get the id that this one would have had.
        create(&project, "y");
        link(&project, "y", &["a"]);
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        if reader.is_linked("x", &flag("a")).is_err() {
            assert_eq!(found(&reader, "a"), ["v", "y"], "{fault:?}");
        }
        assert!(reader.is_linked("y", &flag("a")).unwrap());
        assert_clean(&store);
    }
}

#[test]
fn the_keys_of_views_page_like_the_views() {
    let store = memory();
    let project = project(&store);
    for number in 0..25 {
        let key = format!("v{:02}", number * 7 % 25);
        create(&project, &key);
        link(&project, &key, &["f"]);
    }
    project.delete_view("v03").unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let whole = found(&reader, "f");
    assert_eq!(whole.len(), 24);
    for limit in [1, 5, 24, 30] {
        let mut walked = Vec::new();
        let mut paging = viewlink::Paging::first(limit);
        loop {
            let keys = reader.linked_view_keys(&flag("f"), paging.clone()).unwrap();
            let views = reader.linked_views(&flag("f"), paging).unwrap();
            assert_eq!((keys.total, keys.next.clone()), (views.total, views.next));
            walked.extend(keys.items.iter().map(|key| key.as_str().to_owned()));
            let by_offset = viewlink::Paging::first(limit).offset(walked.len());
            let next = reader.linked_view_keys(&flag("f"), by_offset).unwrap();
            assert_eq!(next.items.first().map(|key| key.as_str()), {
                whole.get(walked.len()).map(String::as_str)
            });
            let Some(cursor) = keys.next else { break };
            paging = viewlink::Paging::after(cursor, limit);
        }
        assert_eq!(walked, whole);
    }
}

/// A view that comes and goes is never mistaken for the one before it: what is made with it is
/// linked, and what was in the one before is not.
#[test]
fn readers_beside_a_view_that_comes_and_goes_are_never_a_view_behind() {
    let (store, project) = two_views();
    let done = AtomicBool::new(false);
    let look = |store: &Store| {
        let mut seen = 0;
        while !done.load(Ordering::SeqCst) {
            let snapshot = store.snapshot().unwrap();
            let reader = snapshot.project("p").unwrap();
            let Ok(view) = reader.view("v") else { continue };
            for number in 0..200 {
                // The flag is named after the view it was linked to.
                let there = view.links.total() > 0 && view.name == format!("name-{number}");
                let flag = format!("f{number}");
                assert_eq!(reader.is_linked("v", &self::flag(&flag)).unwrap(), there);
                assert_eq!(found(&reader, &flag).len(), usize::from(there));
            }
            seen += 1;
        }
        seen
    };
    thread::scope(|scope| {
        let readers = [(); 3].map(|()| scope.spawn(|| look(&store)));
        for number in 0..200 {
            project.delete_view("v").unwrap();
            project.create_view(NewView::new("v", format!("name-{number}"))).unwrap();
            let _ = project.link("v", Batch::flags([format!("f{number}")])).unwrap();
            if number % 10 == 0 {
                thread::yield_now();
            }
        }
        done.store(true, Ordering::SeqCst);
        let seen: usize = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        assert!(seen > 0);
    });
    assert_clean(&store);
}
