//! The size of a batch, and the notes of a change in the journal.

use std::time::{Duration, Instant};

use viewlink::{
    Batch, ChangeKind, ChangedHolds, Checkpoints, Error, LinkChange, NewView, Options, Paging,
    Project, ResourceType, Store, Timestamp, ViewPatch,
};

use crate::support::{
    Clock, assert_clean_and_replayed, batch, content_of, create, files, flag, flags, journal, link,
    memory, project, resource, revision, two_views,
};

#[test]
fn a_batch_at_the_limit_is_accepted_and_a_larger_one_is_refused() {
    let store = Options::new().batch_limit(3).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    project.link("v", Batch::flags(["a", "b", "c"])).unwrap().all_ok().unwrap();
    let before = content_of(&store);
    // Repeated and malformed keys count: the limit applies to the keys as sent.
    let too_large = || Batch::flags(["a", "a", "", "d"]);
    let results = [project.link("v", too_large()), project.unlink("v", too_large())];
    for error in results.map(Result::unwrap_err) {
        assert!(matches!(error, Error::BatchTooLarge { keys: 4, limit: 3 }), "{error}");
    }
    assert_eq!(content_of(&store), before);
    project.unlink("v", Batch::flags(["a", "b", "c"])).unwrap().all_ok().unwrap();
    assert_clean_and_replayed(&store);
}

#[test]
fn with_a_limit_of_zero_only_empty_batches_are_accepted() {
    let store = Options::new().batch_limit(0).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    assert!(project.link("v", Batch::flags([""; 0])).unwrap().is_empty());
    let error = project.link("v", Batch::flags(["a"])).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { keys: 1, limit: 0 }), "{error}");
}

#[test]
fn a_hundred_thousand_keys_are_one_change_and_one_more_is_refused() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let keys = |count: usize| Batch::flags((0..count).map(|number| format!("flag-{number}")));
    let error = project.link("v", keys(100_001)).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { keys: 100_001, limit: 100_000 }), "{error}");
    assert_eq!(revision(&store), 1);

    let report = project.link("v", keys(100_000)).unwrap();
    assert_eq!((report.success_count(), report.failure_count()), (100_000, 0));
    assert_eq!((report.len(), report.revision()), (100_000, Some(2)));
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    assert_eq!(reader.view("v").unwrap().links.get(ResourceType::Flag), 100_000);
    let page = reader.linked_resources("v", ResourceType::Flag, Paging::first(3)).unwrap();
    let names: Vec<_> = page.items.iter().map(|linked| linked.resource.to_string()).collect();
    assert_eq!((names.join(" "), page.total), ("flag-0 flag-1 flag-2".into(), 100_000));

    let report = project.unlink("v", keys(100_000)).unwrap();
    assert_eq!((report.success_count(), report.revision()), (100_000, Some(3)));
    assert_eq!(journal(&store).len(), 3);
    let counts = store.verify().unwrap().counts;
    assert_eq!(counts.links.total(), 0);
    let memory = store.sizes().unwrap().memory;
    assert!(
        memory.links < 4_096 && memory.backlinks < 4_096,
        "the memory of unlinked keys is freed: {memory:?}"
    );
}

#[test]
fn the_journal_has_only_the_changes_of_a_batch() {
    for resource_type in ResourceType::ALL {
        let clock = Clock::default();
        let store = clock.options().open_in_memory().unwrap();
        let project = project(&store);
        create(&project, "v");
        clock.set(11);
        project.link("v", batch(resource_type, &["old"])).unwrap().all_ok().unwrap();
        clock.set(12);
        let _ = project.link("v", batch(resource_type, &["z", "old", "-", "a", "z"])).unwrap();
        clock.set(13);
        let _ = project.unlink("v", batch(resource_type, &["z", "no", "old"])).unwrap();
        let changes = journal(&store);
        let resources = |names: &[&str]| names.iter().map(|n| resource(resource_type, n)).collect();
        let expected: [(u64, u64, &[&str], &[&str]); 3] =
            [(2, 11, &["old"], &[]), (3, 12, &["z", "a"], &[]), (4, 13, &[], &["old", "z"])];
        assert_eq!(changes.len(), 4);
        for (change, (revision, time, linked, unlinked)) in changes[1..].iter().zip(expected) {
            assert_eq!((change.revision, change.time), (revision, Timestamp::from_millis(time)));
            assert_eq!(change.project.as_str(), "p");
            let kind = ChangeKind::LinksChanged {
                view: "v".parse().unwrap(),
                resource_type,
                linked: resources(linked),
                unlinked: resources(unlinked),
                linked_at: Vec::new(),
                holds: ChangedHolds::default(),
            };
            assert_eq!(change.kind, kind);
        }
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn the_journal_keeps_actor_comment_and_reverted_revision() {
    let (store, project) = two_views();
    let noted = project.actor("ann").comment("handle").reverts(7);
    let last = || {
        let change = journal(&store).pop().unwrap();
        (change.actor, change.comment, change.reverts)
    };
    let text = |text: &str| Some(text.to_owned());
    link(&noted, "v", &["a"]);
    assert_eq!(last(), (text("ann"), text("handle"), Some(7)));
    // The notes of the batch replace those of its handle.
    let batch = || Batch::flags(["b"]).comment("batch").actor("bob");
    noted.link("v", batch()).unwrap().all_ok().unwrap();
    assert_eq!(last(), (text("bob"), text("batch"), Some(7)));
    noted.unlink("v", Batch::flags(["b"]).comment("only")).unwrap().all_ok().unwrap();
    assert_eq!(last(), (text("ann"), text("only"), Some(7)));
    // The original handle has no notes, and an empty text is different from no text.
    link(&project, "v", &["b"]);
    assert_eq!(last(), (None, None, None));
    project.actor("").comment("").remove_resource(&flag("b")).unwrap();
    assert_eq!(last(), (text(""), text(""), None));
    // The last note counts, and other changes also keep notes.
    create(&noted.actor("eve").comment("other").reverts(8), "x");
    assert_eq!(last(), (text("eve"), text("other"), Some(8)));
    assert_clean_and_replayed(&store);
}

#[test]
fn the_comment_of_a_batch_that_changes_nothing_is_not_kept() {
    let (store, project) = two_views();
    let _ = project.actor("ann").unlink("v", Batch::flags(["a"]).comment("why")).unwrap();
    assert_eq!(journal(&store).len(), 2);
}

#[test]
fn a_call_that_changes_nothing_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    link(&project, "v", &["a"]);
    store.checkpoint().unwrap();
    let before = files(dir.path());
    assert_eq!(project.link("v", Batch::flags(["a", "-", "a"])).unwrap().revision(), None);
    assert_eq!(project.unlink("v", Batch::flags(["b"])).unwrap().revision(), None);
    assert!(project.link("v", Batch::flags([""; 0])).unwrap().is_empty());
    assert_eq!(project.remove_resource(&flag("b")).unwrap().revision, None);
    assert_eq!(project.update_view("v", ViewPatch::new().name("v")).unwrap().version, 1);
    assert_eq!(project.ensure_view(NewView::new("v", "other")).unwrap().version, 1);
    project.delete_view("none").unwrap_err();
    assert!(files(dir.path()) == before, "a file changed");
    link(&project, "v", &["b"]);
    assert!(files(dir.path()) != before, "a change is in the files");
}

#[test]
fn a_change_larger_than_a_segment_is_stored_completely() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::new().segment_size(4_096).checkpoints(Checkpoints::ByHand);
    let store = options().open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    let keys: Vec<String> = (0..100).map(|number| format!("{number:0250}")).collect();
    project.link("v", Batch::flags(&keys)).unwrap().all_ok().unwrap();
    link(&project, "v", &["after"]);
    let (before, changes) = (content_of(&store), journal(&store));
    assert_clean_and_replayed(&store);
    // Dropped without a checkpoint, so that the journal is read from its beginning.
    drop(project);
    drop(store);
    let store = options().open(dir.path()).unwrap();
    assert_eq!(content_of(&store), before);
    assert_eq!(journal(&store), changes);
    assert_eq!(flags(&store, "v").len(), 101);
    assert_clean_and_replayed(&store);
}

#[test]
fn ids_of_unregistered_segments_change_nothing() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let batch = || Batch::segment_ids(["5f1", "", "5f1"]).comment("by id");
    for report in [project.link("v", batch()), project.unlink("v", batch())] {
        let report = report.unwrap();
        let failed: Vec<String> = report.failures().map(|failed| failed.to_string()).collect();
        assert_eq!(failed.len(), 3);
        assert!(failed[0].starts_with("5f1: not registered in the project"), "{}", failed[0]);
        assert!(failed[1].ends_with("(invalid_key)") && failed[2].ends_with("(repeated)"));
        assert_eq!(report.failures().next().unwrap().resource().environment(), None);
        assert_eq!(report.revision(), None);
    }
    let error = project.link("w", batch()).unwrap_err();
    assert!(matches!(error, Error::UnknownView { .. }), "{error}");
}

#[test]
fn a_batch_has_a_type_and_a_number_of_keys() {
    for resource_type in ResourceType::ALL {
        let batch = Batch::by_key(resource_type, ["a", "a", ""]);
        assert_eq!(
            (batch.resource_type(), batch.len(), batch.is_empty()),
            (resource_type, 3, false)
        );
        let empty = Batch::by_key(resource_type, [""; 0]);
        assert_eq!(
            (empty.resource_type(), empty.len(), empty.is_empty()),
            (resource_type, 0, true)
        );
    }
    assert_eq!(Batch::by_key(ResourceType::Segment, ["5f"]), Batch::segment_ids(["5f"]));
}

/// The time of a call that links a flag to this number of views; the shortest of three.
fn time_to_link_everywhere(project: &Project, views: usize) -> Duration {
    let times = (0..3).map(|round| {
        let key = format!("everywhere-{views}-{round}");
        let link = |view| LinkChange::link(format!("view-{view}"), Batch::flags([&*key]));
        let changes: Vec<_> = (0..views).map(link).collect();
        let begun = Instant::now();
        let reports = project.change_links(changes).unwrap();
        let took = begun.elapsed();
        assert!(reports.len() == views && reports.iter().all(|report| report.failure_count() == 0));
        took
    });
    times.min().unwrap()
}

#[test]
fn a_call_of_very_many_parts_takes_time_in_proportion_to_them() {
    let store = Options::new().checkpoints(Checkpoints::ByHand).open_in_memory().unwrap();
    let project = project(&store);
    (0..16_000).for_each(|view| create(&project, &format!("view-{view}")));
    let (few, many) =
        (time_to_link_everywhere(&project, 2_000), time_to_link_everywhere(&project, 16_000));
    // Eight times as many; it would be sixty-four times if each part looked at all parts before it.
    assert!(many < 24 * few, "{few:?} and {many:?}");
}

#[test]
fn a_report_has_the_id_of_its_change_and_none_if_nothing_changed() {
    let (_store, project) = two_views();
    let made = project.link("v", Batch::flags(["a"])).unwrap();
    let view = project.read().unwrap().view("v").unwrap();
    assert_eq!(made.change(), Some(view.change));
    assert_eq!(project.link("v", Batch::flags(["a"])).unwrap().change(), None);
}
