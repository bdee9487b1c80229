//! Options of a batch, replacements, and changes of several views at once.

use viewlink::{
    Action, Batch, ChangeKind, Error, LinkChange, LinkPolicy, NewResource, Options, Report,
    Resource, ResourceFilter, ResourceType, Store,
};

use crate::support::{
    assert_clean_and_replayed, assert_counts, copy, create, flag, flags, journal, link, outcomes,
    pairs, project, revision, two_views, views_of,
};

#[test]
fn a_missing_link_can_be_a_success_of_an_unlink_and_an_existing_one_a_failure_of_a_link() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let report = project.unlink("v", Batch::flags(["a", "b", "/"]).ignore_missing()).unwrap();
    assert_counts(&report);
    let words: Vec<_> = outcomes(&report).into_iter().map(|(_, word)| word).collect();
    assert_eq!(words, ["unlinked", "not linked", "invalid_key"]);
    // Nothing changed, nothing failed.
    let report = project.unlink("v", Batch::flags(["a"]).ignore_missing()).unwrap();
    assert_eq!(report.all_ok().unwrap(), None);

    link(&project, "v", &["a"]);
    let report = project.link("v", Batch::flags(["a", "c"]).refuse_existing()).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("a", "already_linked"), ("c", "linked")]));
    let failed = report.failures().next().unwrap().to_string();
    assert_eq!(failed, "a: already linked to this view (already_linked)");
    assert_clean_and_replayed(&store);
}

#[test]
fn a_report_of_failures_only_counts_the_others() {
    let (_, project) = two_views();
    link(&project, "v", &["a"]);
    let batch = Batch::flags(["a", "b", "a", "c"]).failures_only();
    let report = project.unlink("v", batch).unwrap();
    assert_eq!((report.len(), report.success_count(), report.failure_count()), (4, 1, 3));
    assert_eq!(
        outcomes(&report),
        pairs(&[("b", "not_linked"), ("a", "repeated"), ("c", "not_linked")])
    );
    assert_eq!(report.failures().count(), 3);
    let none = project.link("v", Batch::flags(["x"]).failures_only()).unwrap();
    assert_eq!((none.len(), none.outcomes().count(), none.is_empty()), (1, 0, false));
    let segments = Batch::segments([("e", "s"), ("", "s"), ("e", "s")]).failures_only();
    let report = project.link("v", segments).unwrap();
    let named: Vec<String> = report.outcomes().map(|(named, _)| named.to_string()).collect();
    assert_eq!(named, ["/s", "e/s"]);
}

#[test]
fn a_resource_stays_in_its_last_view_with_keep_last_view() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c"]);
    link(&project, "w", &["b"]);
    let batch = || Batch::flags(["a", "b", "x"]).keep_last_view();
    let report = project.unlink("v", batch()).unwrap();
    let expected = [("a", "last_view"), ("b", "unlinked"), ("x", "not_linked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    // Now `b` is only in `w`.
    let report = project.unlink("w", batch()).unwrap();
    let expected = [("a", "not_linked"), ("b", "last_view"), ("x", "not_linked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    // A deleted view does not count.
    link(&project, "w", &["c"]);
    project.delete_view("w").unwrap();
    let report = project.unlink("v", Batch::flags(["c"]).keep_last_view()).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("c", "last_view")]));
    assert_eq!(views_of(&store, &flag("c")), ["v"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn one_of_two_concurrent_unlinks_from_the_last_two_views_fails() {
    let (store, project) = two_views();
    for round in 0..50 {
        let key = format!("flag-{round}");
        for view in ["v", "w"] {
            link(&project, view, &[&key]);
        }
        let failed: usize = std::thread::scope(|scope| {
            let unlink = |view: &'static str| {
                let (project, key) = (&project, &key);
                scope.spawn(move || {
                    let batch = Batch::flags([key.as_str()]).keep_last_view();
                    project.unlink(view, batch).unwrap().failure_count()
                })
            };
            let calls = [unlink("v"), unlink("w")];
            calls.into_iter().map(|call| call.join().unwrap()).sum()
        });
        assert_eq!((failed, views_of(&store, &flag(&key)).len()), (1, 1));
    }
    assert_clean_and_replayed(&store);
}

#[test]
fn a_replacement_links_the_given_resources_and_unlinks_the_others_in_one_change() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c"]);
    project.link("v", Batch::metrics(["m"])).unwrap().all_ok().unwrap();
    let before = revision(&store);
    let report = project.replace("v", Batch::flags(["d", "b", "/", "d"])).unwrap();
    assert_counts(&report);
    assert_eq!(report.action(), Action::Replace);
    let expected = [
        ("d", "linked"),
        ("b", "already"),
        ("/", "invalid_key"),
        ("d", "repeated"),
        ("a", "unlinked"),
        ("c", "unlinked"),
    ];
    assert_eq!(outcomes(&report), pairs(&expected));
    assert_eq!((report.revision(), revision(&store)), (Some(before + 1), before + 1));
    // `b` has the time of its link, and the metric is of another type.
    assert_eq!(flags(&store, "v"), ["b", "d"]);
    assert_eq!(views_of(&store, &Resource::metric("m").unwrap()), ["v"]);
    let ChangeKind::LinksChanged { linked, unlinked, .. } = journal(&store).pop().unwrap().kind
    else {
        panic!()
    };
    assert_eq!((linked.len(), unlinked.len()), (1, 2));
    assert_eq!(project.replace("v", Batch::flags(["d", "b"])).unwrap().revision(), None);
    // An empty list is a valid set.
    let report = project.replace("v", Batch::flags([""; 0])).unwrap();
    assert_eq!((report.success_count(), flags(&store, "v").len()), (2, 0));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_replacement_ignores_the_options_for_existing_and_missing_links() {
    let (_, project) = two_views();
    link(&project, "v", &["a", "b"]);
    let batch = Batch::flags(["a", "c"]).refuse_existing().ignore_missing();
    let report = project.replace("v", batch).unwrap();
    let expected = [("a", "already"), ("c", "linked"), ("b", "unlinked")];
    assert_eq!(outcomes(&report), pairs(&expected));
}

#[test]
fn a_key_that_fails_is_neither_linked_nor_unlinked_by_a_replacement() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["old", "other"]);
    store.close().unwrap();
    let store = Options::new().link_policy(LinkPolicy::Closed).open(dir.path()).unwrap();
    let project = project(&store);
    project.put_resources([NewResource::flag("a")]).unwrap().all_ok().unwrap();
    let report = project.replace("v", Batch::flags(["old", "a", "never"])).unwrap();
    let expected = [
        ("old", "unknown_resource"),
        ("a", "linked"),
        ("never", "unknown_resource"),
        ("other", "unlinked"),
    ];
    assert_eq!(outcomes(&report), pairs(&expected));
    assert_eq!(flags(&store, "v"), ["old", "a"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_replacement_keeps_resources_in_their_last_view_with_keep_last_view() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    link(&project, "w", &["b"]);
    let report = project.replace("v", Batch::flags(["c"]).keep_last_view()).unwrap();
    let expected = [("c", "linked"), ("a", "last_view"), ("b", "unlinked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    let only = project.replace("v", Batch::flags(["c"]).keep_last_view().failures_only());
    assert_eq!(outcomes(&only.unwrap()), pairs(&[("a", "last_view")]));
    assert_eq!(flags(&store, "v"), ["a", "c"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_replacement_accepts_ids_and_filters() {
    let (store, project) = two_views();
    let resources =
        [NewResource::segment_with_id("e", "s", "1"), NewResource::segment("e", "t").tags(["x"])];
    project.put_resources(resources).unwrap().all_ok().unwrap();
    project.link("v", Batch::segments([("f", "s"), ("e", "t")])).unwrap().all_ok().unwrap();
    let filter = ResourceFilter::parse(ResourceType::Segment, "tags anyOf [\"x\"]").unwrap();
    let report = project.replace("v", Batch::segment_ids(["1", "2"]).and_matching(filter));
    let report = report.unwrap();
    let named: Vec<String> =
        report.outcomes().map(|(named, outcome)| format!("{named} {outcome:?}")).collect();
    let expected = ["e/s Linked", "2 Failed(UnknownResource)", "e/t AlreadyLinked", "f/s Unlinked"];
    assert_eq!(named, expected);
    assert_clean_and_replayed(&store);
}

#[test]
fn no_reader_sees_an_empty_view_during_a_replacement() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..200 {
                let key = ["a", "b"][round % 2];
                drop(project.replace("v", Batch::flags([key])).unwrap());
            }
        });
        while !writer.is_finished() {
            assert_eq!(flags(&store, "v").len(), 1);
        }
    });
}

fn words(reports: &[Report]) -> Vec<Vec<(String, &'static str)>> {
    reports.iter().for_each(assert_counts);
    reports.iter().map(outcomes).collect()
}

#[test]
fn links_of_several_views_and_types_change_at_once_with_a_report_for_each() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    let before = revision(&store);
    let reports = project
        .change_links([
            LinkChange::link("w", Batch::flags(["a", "x"])),
            LinkChange::unlink("v", Batch::flags(["a", "b", "x"]).keep_last_view()),
            LinkChange::link("v", Batch::metrics(["m"]).comment("moved")),
            LinkChange::replace("w", Batch::flags(["a"])),
        ])
        .unwrap();
    let expected = [
        pairs(&[("a", "linked"), ("x", "linked")]),
        // It is in `w`, because the previous part made it so.
        pairs(&[("a", "unlinked"), ("b", "last_view"), ("x", "not_linked")]),
        pairs(&[("m", "linked")]),
        pairs(&[("a", "already"), ("x", "unlinked")]),
    ];
    assert_eq!(words(&reports), expected);
    assert!(reports.iter().all(|report| report.revision() == Some(before + 1)));
    assert_eq!(revision(&store), before + 1);
    assert_eq!((flags(&store, "v"), flags(&store, "w")), (vec!["b".into()], vec!["a".into()]));
    let change = journal(&store).pop().unwrap();
    assert_eq!(change.comment.as_deref(), Some("moved"));
    let ChangeKind::ManyLinksChanged { parts } = change.kind else { panic!() };
    let keys = |of: &[Resource]| -> Vec<String> { of.iter().map(ToString::to_string).collect() };
    let parts: Vec<_> = parts
        .iter()
        .map(|part| (part.view.as_str(), keys(&part.linked), keys(&part.unlinked)))
        .collect();
    let text = |of: &[&str]| -> Vec<String> { of.iter().map(ToString::to_string).collect() };
    let expected = [
        ("w", text(&["a", "x"]), text(&[])),
        ("v", text(&[]), text(&["a"])),
        ("v", text(&["m"]), text(&[])),
        ("w", text(&[]), text(&["x"])),
    ];
    assert_eq!(parts, expected);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_view_may_occur_more_than_once_in_a_call_and_keeps_link_order() {
    let (store, project) = two_views();
    let reports = project
        .change_links([
            LinkChange::link("v", Batch::flags(["c", "a"])),
            LinkChange::unlink("v", Batch::flags(["a"])),
            LinkChange::link("v", Batch::flags(["b", "a"])),
        ])
        .unwrap();
    let [first, second, third] = &words(&reports)[..] else { panic!() };
    assert_eq!(*first, pairs(&[("c", "linked"), ("a", "linked")]));
    assert_eq!(*second, pairs(&[("a", "unlinked")]));
    assert_eq!(*third, pairs(&[("b", "linked"), ("a", "linked")]));
    assert_eq!(flags(&store, "v"), ["c", "b", "a"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_part_that_changes_nothing_has_no_revision() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let reports = project.change_links([
        LinkChange::link("v", Batch::flags(["a"])),
        LinkChange::link("w", Batch::flags(["a"])),
        LinkChange::unlink("w", Batch::flags(["b"]).ignore_missing()),
        LinkChange::replace("w", Batch::flags([""; 0])),
    ]);
    let revisions: Vec<_> = reports.unwrap().iter().map(Report::revision).collect();
    let made = Some(revision(&store));
    assert_eq!(revisions, [None, made, None, made]);
}

#[test]
fn a_part_that_fails_prevents_the_other_parts() {
    let store = Options::new().batch_limit(3).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let flags_of = |keys: &[&str]| Batch::flags(keys.iter().copied());
    let before = revision(&store);
    let error = project.change_links([
        LinkChange::link("v", flags_of(&["a"])),
        LinkChange::link("nowhere", flags_of(&["a"])),
    ]);
    assert!(matches!(error, Err(Error::UnknownView { .. })));
    let error = project.change_links([
        LinkChange::link("v", flags_of(&["a", "b"])),
        LinkChange::link("v", flags_of(&["c", "d"])),
    ]);
    assert!(matches!(error, Err(Error::BatchTooLarge { keys: 4, limit: 3 })));
    let unknown = ResourceFilter::parse(ResourceType::Flag, "view:nowhere").unwrap();
    let error = project.change_links([
        LinkChange::link("v", flags_of(&["a"])),
        LinkChange::link("v", Batch::matching(ResourceType::Flag, unknown)),
    ]);
    assert!(matches!(error, Err(Error::UnknownView { .. })));
    let puts = ["x", "y"].map(|key| NewResource::flag(key).tags(["t"]));
    project.put_resources(puts).unwrap().all_ok().unwrap();
    let tagged = ResourceFilter::parse(ResourceType::Flag, "tags:t").unwrap();
    let error = project.change_links([
        LinkChange::link("v", flags_of(&["a", "b"])),
        LinkChange::link("v", Batch::matching(ResourceType::Flag, tagged)),
    ]);
    assert!(matches!(error, Err(Error::BatchTooLarge { keys: 4, limit: 3 })));
    assert_eq!(revision(&store), before + 1);
    assert_eq!(flags(&store, "v"), [""; 0]);
    assert_eq!(project.change_links([]).unwrap(), []);
}

#[test]
fn a_change_of_several_views_is_durable_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    create(&project, "w");
    drop(
        project
            .change_links([
                LinkChange::link("v", Batch::flags(["a", "b"])),
                LinkChange::link("w", Batch::flags(["b"])),
                LinkChange::replace("v", Batch::flags(["c"])),
            ])
            .unwrap(),
    );
    let killed = tempfile::tempdir().unwrap();
    copy(dir.path(), killed.path());
    let killed = Store::open(killed.path()).unwrap();
    assert_eq!((flags(&killed, "v"), flags(&killed, "w")), (vec!["c".into()], vec!["b".into()]));
    assert_eq!(views_of(&killed, &flag("b")), ["w"]);
    assert_clean_and_replayed(&killed);
}
