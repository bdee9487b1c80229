//! Stores of every format there was: `tests/formats/` has them as the code of then wrote them.
//!
//! All hold the same twenty changes, those of format 3 and later four more, which began the
//! registry. Of each format one was closed, and the other one was copied while it was open, so that
//! its newest changes are in the journal only. [`writes_stores_of_the_present_format`] makes them.

use std::path::{Path, PathBuf};

use viewlink::{
    Batch, Maintainer, NewResource, NewView, Options, Paging, Project, Resource, ResourceFilter,
    ResourceType, Store, Timestamp,
};

use crate::support::{all, assert_clean_and_replayed, copy, files};

/// The formats that had no registry.
const WITHOUT_REGISTRY: [&str; 4] = ["1-closed", "1-killed", "2-closed", "2-killed"];
const WITH_REGISTRY: [&str; 2] = ["3-closed", "3-killed"];

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

fn stores(names: &[&str]) -> impl Iterator<Item = tempfile::TempDir> {
    names.iter().map(|name| {
        let dir = tempfile::tempdir().unwrap();
        copy(&kept().join(name), dir.path());
        dir
    })
}

fn formats() -> impl Iterator<Item = tempfile::TempDir> {
    stores(&WITHOUT_REGISTRY).chain(stores(&WITH_REGISTRY))
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
fn a_store_of_any_format_is_read_with_all_it_holds_and_stays_in_its_format() {
    for dir in formats() {
        let before = files(dir.path());
        let store = Options::new().read_only(true).open(dir.path()).unwrap();
        assert_is_all_there(&store);
        store.close().unwrap();
        assert!(files(dir.path()) == before);
    }
}

#[test]
fn a_store_of_any_format_can_be_changed_at_once() {
    for dir in formats() {
        let store = Store::open(dir.path()).unwrap();
        let project = store.project("default").unwrap();
        let keys = (0..3_000).map(|n| format!("flag-{n:03}"));
        let next = store.snapshot().unwrap().revision() + 1;
        let report = project.link("alpha", Batch::flags(keys)).unwrap();
        assert_eq!(report.revision(), Some(next));
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

fn registered(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("default").unwrap();
    let list = |resource_type| {
        reader.resources(resource_type, &ResourceFilter::all(), Paging::first(10)).unwrap().items
    };
    let lines = ResourceType::ALL.into_iter().flat_map(list).map(|known| {
        let id = known.id.map(|id| id.to_string()).unwrap_or_default();
        let (tags, created) = (known.tags.join("+"), known.created_at.as_millis());
        format!("{} {id} {:?} {tags} {created} {}", known.resource, known.name, known.revision)
    });
    lines.collect()
}

#[test]
fn a_store_from_before_the_registry_has_an_empty_one_that_takes_resources() {
    for dir in stores(&WITHOUT_REGISTRY) {
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.snapshot().unwrap().revision(), 20);
        assert_eq!(registered(&store), [""; 0]);
        fill_registry(&store.project("default").unwrap());
        assert_eq!(store.snapshot().unwrap().revision(), 24);
        assert_eq!(registered(&store).len(), 4);
        store.close().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(registered(&store).len(), 4);
        assert_is_all_there(&store);
    }
}

#[test]
fn a_store_of_a_format_with_a_registry_opens_with_all_of_it() {
    for dir in stores(&WITH_REGISTRY) {
        let store = Store::open(dir.path()).unwrap();
        assert_is_all_there(&store);
        assert_eq!(store.snapshot().unwrap().revision(), 24);
        let expected = [
            "flag-000  \"Flag zero\" old+payments 7 24",
            "flag-014  \"Flag 14\" payments 1700000021000 21",
            "production/beta-users 61f3b0c2 \"Beta users\"  1700000022000 22",
            "latency  \"latency\"  1700000022000 22",
        ];
        assert_eq!(registered(&store), expected);
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("default").unwrap();
        let segment = reader.segment_by_id("61f3b0c2").unwrap().unwrap();
        assert_eq!(segment.to_string(), "production/beta-users");
        for (filter, found) in [("tags:payments", 2), ("tags:old", 1), ("maintainerId:ann", 0)] {
            let filter = ResourceFilter::parse(ResourceType::Flag, filter).unwrap();
            let page = reader.resources(ResourceType::Flag, &filter, Paging::first(10)).unwrap();
            assert_eq!(page.total, found, "{filter:?}");
        }
    }
}

/// Changes 21 to 24: the ones behind those that every format has.
fn fill_registry(project: &Project) {
    let put = |resources: Vec<NewResource>| {
        let report = project.put_resources(resources).unwrap();
        assert_eq!(report.failure_count(), 0);
    };
    put(vec![
        NewResource::flag("flag-000")
            .tags(["payments"])
            .maintainer(Maintainer::Member("ann".into())),
        NewResource::flag("flag-014").name("Flag 14").tags(["payments"]),
        NewResource::ai_config("gone"),
    ]);
    put(vec![
        NewResource::segment_with_id("production", "beta-users", "61f3b0c2").name("Beta users"),
        NewResource::metric("latency"),
    ]);
    let removed = project.remove_resource(&Resource::ai_config("gone").unwrap()).unwrap();
    assert_eq!((removed.registered, removed.links), (1, 0));
    put(vec![
        NewResource::flag("flag-000")
            .name("Flag zero")
            .tags(["old", "payments"])
            .maintainer(Maintainer::Team("core".into()))
            .created_at(Timestamp::from_millis(7)),
    ]);
}

/// Changes 1 to 20.
fn fill(store: &Store) {
    let project = store.project("default").unwrap().actor("ann").comment("made by format 3");
    let link = |project: &Project, view, batch| {
        project.link(view, batch).unwrap().all_ok().unwrap();
    };
    let flags = |places: std::ops::Range<usize>| {
        Batch::flags(places.map(|place| format!("flag-{:03}", place * 7 % 150)))
    };
    for view in ["alpha", "beta", "gamma", "gone"] {
        project.create_view(NewView::new(view, view).description("d").tags(["t"])).unwrap();
    }
    link(&project, "alpha", flags(0..150));
    link(&project, "beta", flags(0..60));
    link(&project, "gone", flags(30..90));
    let environments = ["production", "test"];
    link(&project, "gamma", Batch::segments(environments.map(|id| (id, "beta-users"))));
    link(&project, "gamma", Batch::ai_configs(["chat"]));
    link(&project, "gamma", Batch::metrics(["latency", "errors"]));
    project.delete_view("gone").unwrap();
    project.remove_environment(&"test".parse().unwrap()).unwrap();
    project.remove_resource(&Resource::flag("flag-007").unwrap()).unwrap();
    for key in ["other", "short-lived"] {
        let project = store.project(key).unwrap();
        project.create_view(NewView::new("v", "V")).unwrap();
        link(&project, "v", Batch::flags(["flag-001"]));
    }
    store.project("short-lived").unwrap().delete().unwrap();
    store.checkpoint().unwrap();
    let last = Batch::flags(["flag-000", "flag-149"]).comment("last");
    project.unlink("alpha", last).unwrap().all_ok().unwrap();
    link(&project, "beta", Batch::flags(["flag-141"]));
}

/// Not a test but what makes the two stores of the present format, in the directory that
/// `VIEWLINK_FORMATS` names: run it once with each format, before there is a later one.
#[test]
#[ignore = "it makes the files of a format"]
fn writes_stores_of_the_present_format() {
    let Ok(path) = std::env::var("VIEWLINK_FORMATS") else { return };
    let path = Path::new(&path);
    let now = std::sync::atomic::AtomicU64::new(1_700_000_000_000);
    let clock = move || {
        let now = now.fetch_add(1_000, std::sync::atomic::Ordering::SeqCst);
        Timestamp::from_millis(now + 1_000)
    };
    let options = Options::new().segment_size(4_096).clock(clock);
    let store = options.open(path.join("closed")).unwrap();
    fill(&store);
    fill_registry(&store.project("default").unwrap().actor("ann"));
    copy(&path.join("closed"), &path.join("killed"));
    store.close().unwrap();
    for how in ["closed", "killed"] {
        std::fs::remove_file(path.join(how).join("lock")).unwrap();
    }
}
