//! Renaming and copying views, and moving links between them.

use viewlink::{
    Action, Batch, ChangeKind, Error, LinkPolicy, LinkSort, Maintainer, NewView, Options, Paging,
    Project, ResourceFilter, ResourceType, Store, View, ViewPatch,
};

use crate::support::{
    assert_clean_and_replayed, assert_counts, create, flags, journal, link, outcomes, pairs,
    revision, two_views,
};

fn view(project: &Project, key: &str) -> View {
    project.read().unwrap().view(key).unwrap()
}

/// The flags of a view with the revisions of their links, the oldest link first.
fn linked(store: &Store, view: &str) -> Vec<(String, u64)> {
    let reader = store.snapshot().unwrap().project("p").unwrap();
    let page = Paging::first(100).sort(LinkSort::LinkTime);
    let page = reader.linked_resources(view, ResourceType::Flag, page).unwrap();
    let items = page.items.into_iter();
    items.map(|linked| (linked.resource.key().to_string(), linked.revision)).collect()
}

fn newest(store: &Store) -> ChangeKind {
    journal(store).pop().unwrap().kind
}

#[test]
fn a_renamed_view_keeps_its_id_its_fields_and_its_links_with_their_times() {
    let (store, project) = two_views();
    let about = NewView::new("x", "X").tags(["t"]).maintainer(Maintainer::Team("core".into()));
    let before = project.create_view(about).unwrap();
    link(&project, "x", &["b", "a"]);
    let links = linked(&store, "x");
    let renamed = project.comment("a better key").rename_view("x", "Y").unwrap();
    assert_eq!((renamed.key.as_str(), renamed.id, renamed.version), ("y", before.id, 2));
    assert_eq!((&renamed.name, &renamed.tags), (&before.name, &before.tags));
    assert_eq!((renamed.created_at, renamed.links.total()), (before.created_at, 2));
    assert_eq!(view(&project, "y"), renamed);
    assert_eq!(linked(&store, "y"), links);
    let error = project.read().unwrap().view("x").unwrap_err();
    assert!(matches!(error, Error::UnknownView { .. }), "{error}");
    let ChangeKind::ViewRenamed { view: was, to } = newest(&store) else { panic!() };
    assert_eq!((was.as_str(), to.as_str()), ("x", "y"));
    // The key is free, and a new view with it is another view.
    let other = project.create_view(NewView::new("x", "X")).unwrap();
    assert_ne!(other.id, before.id);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_view_is_not_renamed_to_an_existing_or_invalid_key() {
    let (store, project) = two_views();
    let before = revision(&store);
    assert!(matches!(project.rename_view("v", "w"), Err(Error::ViewExists { .. })));
    assert!(matches!(project.rename_view("never", "x"), Err(Error::UnknownView { .. })));
    assert!(matches!(project.rename_view("v", "no key"), Err(Error::InvalidKey { .. })));
    let same = project.rename_view("v", "V").unwrap();
    assert_eq!((same.version, revision(&store)), (1, before));
    let error = project.if_view_at(before).rename_view("v", "x").unwrap_err();
    assert!(matches!(error, Error::RevisionDiffers { .. }), "{error}");
    assert_eq!(project.dry_run().rename_view("v", "x").unwrap().version, 2);
    assert_eq!(revision(&store), before);
    let view = view(&project, "v");
    project.if_view_changed_by(view.change).rename_view("v", "x").unwrap();
    assert_eq!(revision(&store), before + 1);
}

#[test]
fn a_copy_has_the_fields_and_the_links_of_a_view_in_its_order_and_new_times() {
    let (store, project) = two_views();
    project.update_view("v", ViewPatch::new().description("d").tags(["t"])).unwrap();
    link(&project, "v", &["c", "a"]);
    link(&project, "v", &["b"]);
    project.link("v", Batch::segments([("env", "s")])).unwrap().all_ok().unwrap();
    let source = view(&project, "v");
    let copy = project.copy_view("v", "x", ViewPatch::new().name("X")).unwrap();
    assert_eq!((copy.name.as_str(), copy.description.as_str(), copy.version), ("X", "d", 1));
    assert_eq!((copy.links, copy.revision), (source.links, source.revision + 1));
    assert_ne!(copy.id, source.id);
    assert_eq!((view(&project, "x"), view(&project, "v")), (copy.clone(), source));
    let made = |key: &str| (key.to_owned(), copy.revision);
    assert_eq!(linked(&store, "x"), ["c", "a", "b"].map(made));
    let ChangeKind::Steps { steps } = newest(&store) else { panic!() };
    assert!(matches!(&steps[0], ChangeKind::ViewCreated { view, .. } if view.as_str() == "x"));
    assert!(matches!(&steps[1], ChangeKind::ManyLinksChanged { parts } if parts.len() == 2));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_copy_of_a_view_is_refused_if_the_key_exists_or_there_are_too_many_links() {
    let store = Options::new().batch_limit(2).open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    ["v", "w"].iter().for_each(|view| create(&project, view));
    link(&project, "v", &["a", "b"]);
    let before = revision(&store);
    let copy = |from, to| project.copy_view(from, to, ViewPatch::new());
    assert!(matches!(copy("v", "w"), Err(Error::ViewExists { .. })));
    assert!(matches!(copy("never", "x"), Err(Error::UnknownView { .. })));
    let long = ViewPatch::new().name("n".repeat(1 << 20));
    assert!(matches!(project.copy_view("v", "x", long), Err(Error::TooLong { .. })));
    assert_eq!(project.dry_run().copy_view("v", "x", ViewPatch::new()).unwrap().links.total(), 2);
    assert_eq!(revision(&store), before);
    copy("v", "x").unwrap();
    link(&project, "v", &["c"]);
    let error = copy("v", "y").unwrap_err();
    assert!(matches!(error, Error::CopyTooLarge { links: 3, limit: 2 }), "{error}");
    assert!(
        error.to_string().contains("raise Options::batch_limit, or create the view"),
        "{error}"
    );
}

#[test]
fn moved_links_are_removed_from_one_view_and_are_new_in_the_other() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c", "d"]);
    link(&project, "w", &["c", "e"]);
    let of_w = linked(&store, "w");
    let batch = Batch::flags(["d", "c", "x", "a", "/", "a"]);
    let reports = project.move_links("v", "w", [batch]).unwrap();
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!(report.action(), Action::Move);
    assert_counts(report);
    let expected = [
        ("d", "moved"),
        ("c", "unlinked"),
        ("x", "not_linked"),
        ("a", "moved"),
        ("/", "invalid_key"),
        ("a", "repeated"),
    ];
    assert_eq!(outcomes(report), pairs(&expected));
    let revision = report.revision().unwrap();
    let moved = |key: &str| (key.to_owned(), revision);
    assert_eq!(flags(&store, "v"), ["b"]);
    assert_eq!(linked(&store, "w"), [&of_w[..], &["d", "a"].map(moved)].concat());
    let ChangeKind::ManyLinksChanged { parts } = newest(&store) else { panic!() };
    assert_eq!(parts.iter().map(|part| part.view.as_str()).collect::<Vec<_>>(), ["w", "v"]);
    let keys = store.stats().keys;
    assert_eq!((keys.moved(), keys.unlinked()), (2, 1));
    assert_clean_and_replayed(&store);
}

#[test]
fn everything_is_moved_by_a_filter_of_each_type() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    project.link("v", Batch::segments([("env", "s")])).unwrap().all_ok().unwrap();
    let all = || ResourceType::ALL.map(|of| Batch::matching(of, ResourceFilter::all()));
    let dry = project.dry_run().move_links("v", "w", all()).unwrap();
    let reports = project.move_links("v", "w", all()).unwrap();
    for (dry, made) in dry.iter().zip(&reports) {
        assert!(dry.outcomes().eq(made.outcomes()));
    }
    let changed: Vec<usize> = reports.iter().map(|report| report.success_count()).collect();
    assert_eq!(changed, [2, 1, 0, 0]);
    assert_eq!(view(&project, "v").links.total(), 0);
    assert_eq!(view(&project, "w").links.total(), 3);
    assert_clean_and_replayed(&store);
}

#[test]
fn an_existing_link_in_the_other_view_may_be_a_failure_of_a_move() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    link(&project, "w", &["a"]);
    let batch = Batch::flags(["a", "b"]).refuse_existing().ignore_missing();
    let reports = project.move_links("v", "w", [batch]).unwrap();
    assert_eq!(outcomes(&reports[0]), pairs(&[("a", "already_linked"), ("b", "moved")]));
    assert_eq!((flags(&store, "v"), flags(&store, "w").len()), (vec!["a".to_owned()], 2));
    let batch = Batch::flags(["x"]).ignore_missing();
    let reports = project.move_links("v", "w", [batch]).unwrap();
    assert_eq!(
        (outcomes(&reports[0]), reports[0].revision()),
        (pairs(&[("x", "not linked")]), None)
    );
}

#[test]
fn a_view_that_is_moved_to_itself_does_not_change() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let before = revision(&store);
    let reports = project.move_links("v", "v", [Batch::flags(["a", "b"])]).unwrap();
    assert_eq!(outcomes(&reports[0]), pairs(&[("a", "already"), ("b", "not_linked")]));
    assert_eq!((reports[0].revision(), revision(&store)), (None, before));
}

#[test]
fn a_move_between_missing_views_or_with_a_precondition_on_one_view_changes_nothing() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let before = revision(&store);
    let batch = || [Batch::flags(["a"])];
    assert!(matches!(project.move_links("v", "x", batch()), Err(Error::UnknownView { .. })));
    assert!(matches!(project.move_links("x", "v", batch()), Err(Error::UnknownView { .. })));
    let of_one = project.if_view_at(before).move_links("v", "w", batch());
    assert!(matches!(of_one, Err(Error::NoSingleView)));
    assert_eq!(revision(&store), before);
    project.if_store_at(before).move_links("v", "w", batch()).unwrap();
}

#[test]
fn unregistered_resources_are_copied_and_moved() {
    let policy = LinkPolicy::Closed;
    let dir = tempfile::tempdir().unwrap();
    let open = Options::new().open(dir.path()).unwrap();
    let project = open.project("p").unwrap();
    ["v", "w"].iter().for_each(|view| create(&project, view));
    link(&project, "v", &["stray"]);
    open.close().unwrap();
    let closed = Options::new().link_policy(policy).open(dir.path()).unwrap();
    let project = closed.project("p").unwrap();
    assert_eq!(project.copy_view("v", "x", ViewPatch::new()).unwrap().links.total(), 1);
    let reports = project.move_links("v", "w", [Batch::flags(["stray"])]).unwrap();
    assert_eq!(reports[0].failure_count(), 0);
    assert_eq!(flags(&closed, "w"), ["stray"]);
}
