//! Changes that are reverted.

use viewlink::{
    Batch, ChangeKind, EnvironmentId, Error, FailureCode, LinkChange, LinkSort, NewResource,
    NewView, Options, Project, ResourceType, Reverted, RevertedItem, Store, ViewPatch,
};

use crate::support::{
    Clock, all, assert_clean_and_replayed, content, create, flag, flags, journal, link, memory,
    project, revision, two_views,
};

/// The content of a store, without the numbers that every change increases.
fn shown(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    let snapshot = store.snapshot().unwrap();
    for info in snapshot.projects(all()).unwrap() {
        let reader = snapshot.project(info.key.as_str()).unwrap();
        for view in reader.views(all()).unwrap() {
            let view_key = view.key.as_str();
            lines.push(format!("{view_key} {} {:?} {:?}", view.name, view.tags, view.created_at));
            for of in ResourceType::ALL {
                let paging = all().sort(LinkSort::LinkTime);
                for linked in reader.linked_resources(view_key, of, paging).unwrap() {
                    lines.push(format!("{linked:?}"));
                }
            }
        }
        for of in ResourceType::ALL {
            let filter = viewlink::ResourceFilter::all();
            for put in reader.resources(of, &filter, all()).unwrap() {
                lines.push(format!("{} {} {:?} {:?}", put.resource, put.name, put.tags, put.id));
            }
        }
    }
    lines
}

fn assert_whole(reverted: &Reverted) {
    assert_eq!(reverted.failures, []);
    assert!(reverted.success_count > 0 && reverted.change.is_some());
}

/// Reverts the newest change, and then reverts the revert.
fn assert_undone_and_redone(store: &Store, before: &[String]) {
    let (made, after) = (revision(store), shown(store));
    let undo = project(store).revert(made).unwrap();
    assert_whole(&undo);
    assert_eq!(shown(store), before);
    let change = journal(store).pop().unwrap();
    assert_eq!((change.reverts, change.revision), (Some(made), undo.revision().unwrap()));
    assert_whole(&project(store).revert(undo.revision().unwrap()).unwrap());
    assert_eq!(shown(store), after);
    assert_whole(&project(store).revert(revision(store)).unwrap());
    assert_eq!(shown(store), before);
}

#[test]
fn every_kind_of_change_is_undone_and_redone() {
    let clock = Clock::default();
    clock.set(1_000);
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    create(&project, "w");
    clock.set(2_000);
    link(&project, "v", &["b", "a", "c"]);
    link(&project, "w", &["a"]);
    clock.set(3_000);
    let segment = |id: &str| NewResource::segment_with_id("e", "s", id).tags(["t"]);
    project
        .put_resources([segment("1"), NewResource::flag("a").name("A")])
        .unwrap()
        .all_ok()
        .unwrap();
    project.link("v", Batch::segments([("e", "s"), ("f", "s")])).unwrap().all_ok().unwrap();
    clock.set(4_000);
    let environment = EnvironmentId::parse("e").unwrap();
    let changes: [&dyn Fn(&Project); 12] = [
        &|p| drop(p.create_view(NewView::new("n", "N").tags(["x"])).unwrap()),
        &|p| drop(p.update_view("v", ViewPatch::new().name("other").tags(["y"])).unwrap()),
        &|p| assert!(p.delete_view("v").is_ok()),
        &|p| drop(p.link("w", Batch::flags(["d", "b"])).unwrap()),
        &|p| drop(p.unlink("v", Batch::flags(["a", "b"])).unwrap()),
        &|p| drop(p.replace("v", Batch::flags(["x", "c"])).unwrap()),
        &|p| drop(p.put_resources([NewResource::flag("z"), segment("2")]).unwrap()),
        &|p| drop(p.put_resources([NewResource::flag("a").name("B")]).unwrap()),
        &|p| assert!(p.remove_resource(&flag("a")).is_ok()),
        &|p| assert!(p.remove_environment(&environment).is_ok()),
        &|p| {
            let unlink = viewlink::LinkChange::unlink("v", Batch::flags(["a"]));
            let link = viewlink::LinkChange::link("v", Batch::flags(["a", "q"]));
            drop(p.change_links([unlink, link]).unwrap());
        },
        &|p| assert!(p.delete().is_ok()),
    ];
    for change in changes {
        let before = shown(&store);
        let made = revision(&store);
        change(&project);
        assert_eq!(revision(&store), made + 1);
        assert_undone_and_redone(&store, &before);
    }
    assert_clean_and_replayed(&store);
}

#[test]
fn parts_that_changed_since_are_reported_and_the_others_are_reverted() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c"]);
    let linked = revision(&store);
    project.unlink("v", Batch::flags(["b"])).unwrap().all_ok().unwrap();
    let reverted = project.revert(linked).unwrap();
    assert_eq!((reverted.success_count, reverted.failures.len()), (2, 1));
    let failure = &reverted.failures[0];
    let expected = RevertedItem::Link { view: "v".parse().unwrap(), resource: flag("b") };
    assert_eq!((&failure.item, failure.reason.code()), (&expected, FailureCode::ChangedSince));
    assert_eq!(failure.to_string(), "link of b to v: changed again later (changed_since)");
    assert_eq!(flags(&store, "v"), [""; 0]);
    // All of it has changed since.
    let nothing = project.revert(linked).unwrap();
    assert_eq!((nothing.change, nothing.success_count, nothing.failures.len()), (None, 0, 3));
    // Whatever was in the view, it is another view now.
    project.delete_view("v").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2));
    create(&project, "v");
    assert_eq!(project.revert(4).unwrap().failures.len(), 1);
}

#[test]
fn a_failed_revert_says_why_and_changes_nothing() {
    let store = Options::new().removal_detail(1).open_in_memory().unwrap();
    let p = project(&store);
    create(&p, "v");
    link(&p, "v", &["a", "b"]);
    let removed = p.delete_view("v").unwrap().revision.unwrap();
    let elsewhere = store.project("q").unwrap();
    let errors = [
        (p.revert(removed), "change 3 removed more names than Options::removal_detail"),
        (p.revert(9), "revision 9 does not exist yet: the newest is 3"),
        (p.revert(0), "revision 0 is the empty store, which no change made"),
        (elsewhere.revert(1), "change 1 was made in project p: revert it there"),
        (p.revert_to("v", removed), "there is no view v in project p"),
        (p.revert_to("v", 2), "change 3 removed more names"),
        (p.revert_to("v", 4), "revision 4 does not exist yet"),
        (p.if_store_at(1).revert(2), "the store is at revision 3, not at the expected 1"),
        (p.if_view_at(1).revert(2), "the call is not about exactly one view"),
    ];
    for (reverted, expected) in errors {
        let error = reverted.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(revision(&store), 3);
}

#[test]
fn a_dry_run_of_a_revert_reports_its_result() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    let linked = revision(&store);
    let dry = project.dry_run().revert(linked).unwrap();
    assert_eq!((dry.change, dry.success_count), (None, 2));
    assert_eq!((revision(&store), flags(&store, "v").len()), (linked, 2));
    let said = project.actor("ann").comment("why").reverts(1).revert(linked).unwrap();
    let change = journal(&store).pop().unwrap();
    let reported = (change.actor.as_deref(), change.comment.as_deref(), change.reverts);
    assert_eq!(reported, (Some("ann"), Some("why"), Some(linked)));
    assert_eq!(said.success_count, 2);
}

#[test]
fn a_view_is_restored_over_a_range_of_changes() {
    let clock = Clock::default();
    clock.set(1_000);
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    project.create_view(NewView::new("v", "V").tags(["t"])).unwrap();
    link(&project, "v", &["b", "a"]);
    project.link("v", Batch::segments([("e", "s")])).unwrap().all_ok().unwrap();
    let (good, expected) = (revision(&store), shown(&store));
    clock.set(2_000);
    project.replace("v", Batch::flags(["x", "a"])).unwrap().all_ok().unwrap();
    link(&project, "v", &["b"]);
    project.update_view("v", ViewPatch::new().name("W")).unwrap();
    project.remove_environment(&EnvironmentId::parse("e").unwrap()).unwrap();
    let before = shown(&store);
    let reverted = project.if_view_at(revision(&store)).revert_to("v", good).unwrap();
    assert_whole(&reverted);
    assert_eq!(shown(&store), expected);
    assert_eq!(project.revert_to("v", good).unwrap().change, None);
    assert_whole(&project.revert(reverted.revision().unwrap()).unwrap());
    assert_eq!(shown(&store), before);
    project.delete_view("v").unwrap();
    assert_whole(&project.revert_to("v", good).unwrap());
    assert_eq!(shown(&store), expected);
    let late = project.if_view_at(1).revert_to("v", good).unwrap_err();
    assert!(matches!(late, Error::RevisionDiffers { .. }));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_closed_store_restores_only_registered_resources() {
    let options = Options::new().link_policy(viewlink::LinkPolicy::Closed);
    let store = options.open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    project.put_resources(["a", "b"].map(NewResource::flag)).unwrap().all_ok().unwrap();
    link(&project, "v", &["a", "b"]);
    let linked = revision(&store);
    project.unlink("v", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
    let unlinked = revision(&store);
    let removed = project.remove_resource(&flag("a")).unwrap().revision.unwrap();
    for reverted in [project.dry_run().revert(unlinked), project.dry_run().revert_to("v", linked)] {
        let reverted = reverted.unwrap();
        assert_eq!(reverted.failures[0].reason.code(), FailureCode::UnknownResource);
        assert_eq!((reverted.failures.len(), reverted.success_count), (1, 1));
    }
    assert_whole(&project.revert(removed).unwrap());
    assert_whole(&project.revert(unlinked).unwrap());
    assert_eq!(flags(&store, "v"), ["a", "b"]);
}

#[test]
fn an_id_that_belongs_to_another_segment_now_stays_there() {
    let store = memory();
    let project = project(&store);
    let put = |key: &str, id: &str| {
        let new = NewResource::segment_with_id("e", key, id);
        project.put_resources([new]).unwrap().all_ok().unwrap()
    };
    put("s", "1");
    let moved = put("s", "2").unwrap();
    put("t", "1");
    let reverted = project.revert(moved).unwrap();
    assert_eq!(
        reverted.failures[0].to_string(),
        "resource e/s: the id already belongs to segment e/t: choose another one (id_taken)"
    );
}

#[test]
fn reverted_content_is_there_after_a_reopening_and_in_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    link(&project, "v", &["c", "a"]);
    link(&project, "v", &["b"]);
    let deleted = project.delete_view("v").unwrap().revision.unwrap();
    link_elsewhere(&project);
    assert_whole(&project.revert(deleted).unwrap());
    let expected = content(&store.snapshot().unwrap());
    assert_eq!(flags(&store, "v"), ["c", "a", "b"]);
    let copy = tempfile::tempdir().unwrap();
    store.backup_to(copy.path()).unwrap();
    crate::support::copy(dir.path(), &copy.path().join("killed"));
    store.close().unwrap();
    for path in [dir.path().to_owned(), copy.path().join("killed")] {
        let store = Store::open(path).unwrap();
        assert_eq!(content(&store.snapshot().unwrap()), expected);
        assert_clean_and_replayed(&store);
        store.close().unwrap();
    }
}

fn link_elsewhere(project: &Project) {
    create(project, "w");
    link(project, "w", &["a", "z"]);
}

#[test]
fn a_link_of_a_renamed_view_is_not_restored_in_another_view() {
    // The clock stands still, so times do not help.
    let store = Clock::default().options().open_in_memory().unwrap();
    let project = project(&store);
    ["a", "b"].into_iter().for_each(|view| create(&project, view));
    let link = |view, flag| LinkChange::link(view, Batch::flags([flag]));
    for report in project.change_links([link("a", "x"), link("b", "y")]).unwrap() {
        report.all_ok().unwrap();
    }
    let unlinked = project.unlink("b", Batch::flags(["y"])).unwrap().all_ok().unwrap().unwrap();
    project.delete_view("b").unwrap();
    project.rename_view("a", "b").unwrap();
    let reverted = project.revert(unlinked).unwrap();
    let failed: Vec<String> = reverted.failures.iter().map(ToString::to_string).collect();
    assert_eq!(failed, ["link of y to b: changed again later (changed_since)"]);
    assert_clean_and_replayed(&store);
}

/// A store with the views a and b, whose clock stands still, and the revision of an unlink of y from b.
fn unlinked_from_b() -> (Store, Project, u64) {
    let store = Clock::default().options().open_in_memory().unwrap();
    let project = project(&store);
    ["a", "b"].into_iter().for_each(|view| create(&project, view));
    link(&project, "b", &["y"]);
    let unlinked = project.unlink("b", Batch::flags(["y"])).unwrap().all_ok().unwrap().unwrap();
    (store, project, unlinked)
}

#[test]
fn another_view_that_got_the_key_is_not_mistaken_for_the_original() {
    let (store, project, unlinked) = unlinked_from_b();
    let renamed = project.rename_view("b", "c").unwrap().change.revision();
    project.update_view("a", ViewPatch::new().name("b")).unwrap();
    project.rename_view("a", "b").unwrap();
    let failed = |reverted: Reverted| {
        assert_eq!(reverted.success_count, 0);
        reverted.failures.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let reverted = project.revert(unlinked).unwrap();
    assert_eq!(failed(reverted), ["link of y to b: changed again later (changed_since)"]);
    assert_eq!(flags(&store, "b"), [""; 0]);
    // Its own key is in use, and the other view keeps its own.
    assert_eq!(
        failed(project.revert(renamed).unwrap()),
        ["view c: changed again later (changed_since)"]
    );
    assert_eq!(failed(project.revert(2).unwrap()), ["view b: changed again later (changed_since)"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_view_that_has_its_key_again_is_the_original() {
    let gone_and_back: [fn(&Project) -> u64; 3] = [
        |p| p.rename_view("b", "c").unwrap().change.revision(),
        |p| p.delete_view("b").unwrap().revision.unwrap(),
        |p| p.delete().unwrap().revision.unwrap(),
    ];
    for gone in gone_and_back {
        let (store, project, unlinked) = unlinked_from_b();
        let gone = gone(&project);
        assert_whole(&project.revert(gone).unwrap());
        assert_whole(&project.revert(unlinked).unwrap());
        assert_eq!(flags(&store, "b"), ["y"]);
    }
    let (store, project, unlinked) = unlinked_from_b();
    project.delete_view("b").unwrap();
    assert_whole(&project.revert_to("b", unlinked).unwrap());
    assert_whole(&project.revert(unlinked).unwrap());
    assert_eq!(flags(&store, "b"), ["y"]);
}

#[test]
fn a_change_of_many_parts_is_reverted_with_one_part_for_each_view() {
    let (store, project) = two_views();
    let keys: Vec<String> = (0..40).map(|number| format!("f{number}")).collect();
    let of = |view, batch: &[String]| LinkChange::unlink(view, Batch::flags(batch.to_vec()));
    for view in ["v", "w"] {
        project.link(view, Batch::flags(keys.clone())).unwrap().all_ok().unwrap();
    }
    let before = shown(&store);
    let parts = keys.chunks(2).flat_map(|batch| [of("v", batch), of("w", batch)]);
    project.change_links(parts.collect::<Vec<_>>()).unwrap();
    let undone = project.revert(revision(&store)).unwrap();
    assert_whole(&undone);
    assert_eq!((undone.success_count, shown(&store)), (80, before));
    let ChangeKind::ManyLinksChanged { parts } = journal(&store).pop().unwrap().kind else {
        panic!("links of two views came back");
    };
    assert_eq!(parts.len(), 2);
    assert_clean_and_replayed(&store);
}
