//! Views and projects: creating, changing and deleting them.

use viewlink::{
    Batch, ChangeKind, Error, Maintainer, NewView, Paging, ResourceType, Timestamp, TypeCounts,
    View, ViewPatch, ViewSort,
};

use crate::support::{
    self, Clock, all, assert_clean_and_replayed, create, flag, flags, journal, link, memory,
    project, revision, two_views, views_of,
};

fn get(store: &viewlink::Store, key: &str) -> View {
    let snapshot = store.snapshot().unwrap();
    snapshot.project("p").unwrap().view(key).unwrap()
}

fn full() -> NewView {
    NewView::new("Checkout", "Checkout team")
        .description("all of it")
        .tags(["web", "pay", "web"])
        .maintainer(Maintainer::Team("checkout".into()))
}

/// The keys of the views in an order, read in pages of two.
fn in_order(store: &viewlink::Store, sort: ViewSort) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let mut keys = Vec::new();
    let mut paging = Paging::first(2);
    loop {
        let page = reader.views(paging.sort(sort)).unwrap();
        assert_eq!(page.total, 4);
        keys.extend(page.items.iter().map(|view| view.key.to_string()));
        match page.next {
            Some(next) => paging = Paging::after(next, 2),
            None => return keys,
        }
    }
}

#[test]
fn views_come_by_key_by_name_or_by_the_time_of_their_last_change() {
    let clock = Clock::default();
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    for (time, key, name) in [(1, "d", "same"), (1, "c", "same"), (2, "b", "Zoo"), (3, "a", "zoo")]
    {
        clock.set(time);
        project.create_view(NewView::new(key, name)).unwrap();
    }
    clock.set(9);
    project.update_view("c", ViewPatch::new().description("now")).unwrap();
    link(&project, "d", &["a-link-is-no-change-of-its-fields"]);
    assert_eq!(in_order(&store, ViewSort::Key), ["a", "b", "c", "d"]);
    assert_eq!(in_order(&store, ViewSort::Name), ["b", "c", "d", "a"]);
    assert_eq!(in_order(&store, ViewSort::UpdatedAt), ["d", "b", "a", "c"]);
}

#[test]
fn a_created_view_reads_back_with_all_its_fields() {
    let clock = Clock::default();
    clock.set(1_000);
    let store = clock.options().open_in_memory().unwrap();
    let created = project(&store).create_view(full()).unwrap();
    assert_eq!(created.key.as_str(), "checkout");
    assert_eq!(created.name, "Checkout team");
    assert_eq!(created.description, "all of it");
    assert_eq!(created.tags, ["pay", "web"]);
    assert_eq!(created.maintainer, Some(Maintainer::Team("checkout".into())));
    assert_eq!((created.version, created.revision), (1, 1));
    assert_eq!(created.created_at, Timestamp::from_millis(1_000));
    assert_eq!(created.updated_at, created.created_at);
    assert_eq!(created.links, TypeCounts::default());
    for spelling in ["checkout", "Checkout", "CHECKOUT"] {
        assert_eq!(get(&store, spelling), created);
    }
    assert_clean_and_replayed(&store);
}

#[test]
fn keys_of_any_case_name_the_same_view() {
    let (store, project) = two_views();
    link(&project, "V", &["a"]);
    let report = project.unlink("v", Batch::flags(["a"])).unwrap();
    assert_eq!(report.success_count(), 1);
    project.update_view("V", ViewPatch::new().name("upper")).unwrap();
    assert_eq!(get(&store, "v").name, "upper");
    let error = project.create_view(NewView::new("V", "again")).unwrap_err();
    assert!(matches!(&error, Error::ViewExists { view, .. } if view.as_str() == "v"), "{error}");
    assert_eq!(project.ensure_view(NewView::new("V", "again")).unwrap().name, "upper");
    project.delete_view("V").unwrap();
    let snapshot = store.snapshot().unwrap();
    let error = snapshot.project("p").unwrap().view("v").unwrap_err();
    assert!(matches!(error, Error::UnknownView { .. }), "{error}");
}

#[test]
fn project_keys_are_case_sensitive() {
    let store = memory();
    create(&store.project("p").unwrap(), "v");
    create(&store.project("P").unwrap(), "w");
    let snapshot = store.snapshot().unwrap();
    let projects = snapshot.projects(all()).unwrap();
    let keys: Vec<_> = projects.items.iter().map(|info| info.key.as_str()).collect();
    assert_eq!(keys, ["P", "p"]);
    assert!(snapshot.project("P").unwrap().view("v").is_err());
}

#[test]
fn views_come_in_key_order_a_page_at_a_time_with_the_total() {
    let store = memory();
    let project = project(&store);
    // A key that is a prefix of another one, and a key of another project between them.
    for key in ["c", "a.b", "a", "B", "a-b", "d"] {
        create(&project, key);
    }
    create(&store.project("other").unwrap(), "aa");
    let sorted = ["a", "a-b", "a.b", "b", "c", "d"];
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for limit in 1..=7 {
        let mut found = Vec::new();
        let mut next = Some(Paging::first(limit));
        while let Some(paging) = next {
            let page = reader.views(paging).unwrap();
            assert_eq!(page.total, 6);
            assert!(page.items.len() <= limit && !page.items.is_empty());
            next = page.next.clone().map(|cursor| Paging::after(cursor, limit));
            found.extend(page.into_iter().map(|view| view.key.to_string()));
            assert!(found.len() <= sorted.len(), "paging does not end: {found:?}");
        }
        assert_eq!(found, sorted, "limit {limit}");
        for offset in 0..8 {
            let page = reader.views(Paging::first(limit).offset(offset)).unwrap();
            let keys: Vec<_> = page.items.iter().map(|view| view.key.as_str()).collect();
            let expected = &sorted[offset.min(6)..(offset + limit).min(6).max(offset.min(6))];
            assert_eq!(keys, expected, "limit {limit} offset {offset}");
            assert_eq!(page.next.is_some(), offset + limit < 6);
        }
    }
}

#[test]
fn projects_come_in_key_order_with_their_number_of_views() {
    let store = memory();
    for (key, views) in [("b", 2), ("a", 1), ("c", 3)] {
        let project = store.project(key).unwrap();
        (0..views).for_each(|number| create(&project, &format!("v{number}")));
    }
    let snapshot = store.snapshot().unwrap();
    let first = snapshot.projects(Paging::first(2)).unwrap();
    assert_eq!(first.total, 3);
    let rest = snapshot.projects(Paging::after(first.next.clone().unwrap(), 2)).unwrap();
    assert_eq!((rest.total, rest.next.is_none()), (3, true));
    let infos: Vec<_> = first.into_iter().chain(rest).collect();
    let seen: Vec<_> = infos.iter().map(|info| (info.key.as_str(), info.views)).collect();
    assert_eq!(seen, [("a", 1), ("b", 2), ("c", 3)]);
    for info in infos {
        assert_eq!(snapshot.project(info.key.as_str()).unwrap().info(), info);
    }
}

#[test]
fn an_update_raises_the_version_and_keeps_what_it_does_not_name() {
    let clock = Clock::default();
    clock.set(5);
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    let created = project.create_view(full()).unwrap();
    clock.set(9);
    let patch = ViewPatch::new().description("half of it").no_maintainer();
    let updated = project.actor("ann").update_view("checkout", patch).unwrap();
    let mut expected = created;
    expected.description = "half of it".into();
    expected.maintainer = None;
    (expected.version, expected.revision) = (2, 2);
    expected.updated_at = Timestamp::from_millis(9);
    assert_ne!(updated.change, expected.change);
    expected.change = updated.change;
    assert_eq!(updated, expected);
    assert_eq!(get(&store, "checkout"), expected);
    let change = journal(&store).pop().unwrap();
    assert_eq!((change.revision, change.actor.as_deref()), (2, Some("ann")));
    let ChangeKind::ViewUpdated { view, fields } = change.kind else { panic!("{change:?}") };
    assert_eq!((view.as_str(), fields.name.as_str()), ("checkout", "Checkout team"));
    assert_eq!((fields.description.as_str(), fields.maintainer), ("half of it", None));
    assert_eq!(fields.tags, ["pay", "web"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_patch_without_differences_makes_no_revision() {
    let store = memory();
    let project = project(&store);
    let created = project.create_view(full()).unwrap();
    let same = ViewPatch::new().name("Checkout team").tags(["web", "pay"]);
    for patch in [ViewPatch::new(), same] {
        assert_eq!(project.update_view("checkout", patch).unwrap(), created);
    }
    assert_eq!(revision(&store), 1);
    assert_eq!(journal(&store).len(), 1);
}

#[test]
fn links_raise_the_revision_of_a_view_and_not_its_version() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let (v, w) = (get(&store, "v"), get(&store, "w"));
    assert_eq!((v.version, v.revision), (1, 3));
    assert_eq!((w.version, w.revision), (1, 2));
    assert_eq!(v.updated_at, get(&store, "v").created_at);
    project.remove_resource(&flag("a")).unwrap();
    assert_eq!(get(&store, "v").revision, 4);
    assert_eq!(get(&store, "w").revision, 2);
}

#[test]
fn an_existing_view_is_not_created_again_and_ensure_view_returns_it() {
    let store = memory();
    let project = project(&store);
    let created = project.ensure_view(full()).unwrap();
    assert_eq!(created.name, "Checkout team");
    let other = NewView::new("checkout", "other name");
    let error = project.create_view(other.clone()).unwrap_err();
    let Error::ViewExists { project: in_project, view } = &error else { panic!("{error}") };
    assert_eq!((in_project.as_str(), view.as_str()), ("p", "checkout"));
    assert_eq!(project.ensure_view(other).unwrap(), created);
    assert_eq!(get(&store, "checkout"), created);
    assert_eq!(revision(&store), 1);
}

#[test]
fn deleting_a_view_reports_the_number_of_removed_links_by_type() {
    let (store, project) = two_views();
    let counts = [(ResourceType::Flag, 3), (ResourceType::Segment, 2), (ResourceType::Metric, 1)];
    for (resource_type, count) in counts {
        let names = &["a", "b", "c"][..count];
        for view in ["v", "w"] {
            let batch = support::batch(resource_type, names);
            project.link(view, batch).unwrap().all_ok().unwrap();
        }
    }
    let before = get(&store, "w");
    let deleted = project.comment("retired").delete_view("v").unwrap();
    let types = ResourceType::ALL.map(|resource_type| deleted.unlinked.get(resource_type));
    assert_eq!((types, deleted.unlinked.total()), ([3, 2, 0, 1], 6));
    assert_eq!(deleted.revision, Some(revision(&store)));
    assert_eq!(get(&store, "w"), before);
    assert_eq!(views_of(&store, &flag("a")), ["w"]);
    let change = journal(&store).pop().unwrap();
    assert_eq!(change.comment.as_deref(), Some("retired"));
    let ChangeKind::ViewDeleted { view, unlinked } = change.kind else { panic!("{change:?}") };
    assert_eq!((view.as_str(), unlinked), ("v", deleted.unlinked));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_deleted_key_can_be_created_again_and_starts_empty() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    let old = get(&store, "v");
    project.delete_view("v").unwrap();
    let new = project.create_view(NewView::new("v", "new")).unwrap();
    assert_ne!(new.id, old.id);
    assert_eq!((new.version, new.links.total()), (1, 0));
    assert!(flags(&store, "v").is_empty());
    assert!(views_of(&store, &flag("a")).is_empty());
    // The list of views that `a` still has contains the old view; linking must not restore it.
    link(&project, "v", &["a"]);
    assert_eq!(views_of(&store, &flag("a")), ["v"]);
    assert_eq!(flags(&store, "v"), ["a"]);
    let report = project.unlink("v", Batch::flags(["b"])).unwrap();
    assert_eq!(report.failure_count(), 1);
    assert_clean_and_replayed(&store);
}
