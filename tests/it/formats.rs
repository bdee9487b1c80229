//! Stores of every format there was: `tests/formats/` has them as the code of then wrote them.
//!
//! All hold the same twenty changes. Of each format one was closed, and the other one was copied
//! while it was open, so that its newest changes are in the journal only.

use std::path::Path;

use viewlink::{Batch, Options, Paging, Resource, ResourceType, Store};

use crate::support::{all, assert_clean_and_replayed, copy};

fn formats() -> impl Iterator<Item = tempfile::TempDir> {
    ["1-closed", "1-killed", "2-closed", "2-killed"].into_iter().map(|name| {
        let dir = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(name), dir.path());
        dir
    })
}

fn keys(store: &Store, view: &str, resource_type: ResourceType) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("default").unwrap();
    let page = reader.linked_resources(view, resource_type, all()).unwrap();
    page.into_iter().map(|link| link.resource.to_string()).collect()
}

fn views_of(store: &Store, resource: &Resource) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("default").unwrap();
    let views = reader.linked_views(resource, Paging::first(10)).unwrap();
    views.into_iter().map(|view| view.key.to_string()).collect()
}

fn assert_is_all_there(store: &Store) {
    assert_clean_and_replayed(store);
    assert_eq!(store.snapshot().unwrap().revision(), 20);
    // In the order they were linked in: 0, 7, 14... without those that were taken out since.
    let alpha: Vec<String> = (0..150)
        .map(|n| n * 7 % 150)
        .filter(|n| ![0, 7, 149].contains(n))
        .map(|n| format!("flag-{n:03}"))
        .collect();
    assert_eq!(keys(store, "alpha", ResourceType::Flag), alpha);
    assert_eq!(keys(store, "beta", ResourceType::Flag).len(), 60);
    assert_eq!(keys(store, "gamma", ResourceType::Segment), ["production/beta-users"]);
    assert_eq!(keys(store, "gamma", ResourceType::AiConfig), ["chat"]);
    assert_eq!(keys(store, "gamma", ResourceType::Metric), ["latency", "errors"]);
    let flag = |key| Resource::flag(key).unwrap();
    assert_eq!(views_of(store, &flag("flag-014")), ["alpha", "beta"]);
    assert_eq!(views_of(store, &flag("flag-007")), [""; 0]);
    let segment = Resource::segment("production", "beta-users").unwrap();
    assert_eq!(views_of(store, &segment), ["gamma"]);
}

#[test]
fn a_store_of_any_format_opens_with_all_it_holds() {
    for dir in formats() {
        let store = Store::open(dir.path()).unwrap();
        assert_is_all_there(&store);
        drop(store);
        // And is in the present format from then on.
        assert_is_all_there(&Store::open(dir.path()).unwrap());
    }
}

#[test]
fn a_store_of_any_format_can_be_changed_at_once() {
    for dir in formats() {
        let store = Store::open(dir.path()).unwrap();
        let project = store.project("default").unwrap();
        let keys = (0..3_000).map(|n| format!("flag-{n:03}"));
        let report = project.link("alpha", Batch::flags(keys)).unwrap();
        assert_eq!(report.revision(), Some(21));
        store.close().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(keys_of(&store), 3_000);
        assert_clean_and_replayed(&store);
    }
}

fn keys_of(store: &Store) -> usize {
    keys(store, "alpha", ResourceType::Flag).len()
}

#[test]
fn a_store_of_any_format_is_brought_up_to_date_with_all_pages_checked_and_without_a_cache() {
    for dir in formats() {
        let options = Options::new().check_pages(true).cache_size(0);
        assert_is_all_there(&options.open(dir.path()).unwrap());
        assert_is_all_there(&Store::open(dir.path()).unwrap());
    }
}
