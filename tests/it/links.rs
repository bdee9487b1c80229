//! Linking and unlinking: the outcome of every key, and the links after the change.

use viewlink::{
    Action, Batch, Error, FailureReason, KeyOutcome, LinkSort, NewView, Options, Report, Resource,
    ResourceType, Timestamp,
};

use crate::support::{
    Clock, all, assert_clean, assert_clean_and_replayed, assert_counts, batch, content_of, create,
    flag, flags, journal, keys, link, outcomes, project, resource, revision, two_views, views_of,
};

/// Invalid keys of all kinds.
fn malformed() -> [String; 5] {
    ["", "a b", "-a", "ä", &"x".repeat(257)].map(str::to_owned)
}

fn words(report: &Report) -> Vec<&'static str> {
    outcomes(report).into_iter().map(|(_, word)| word).collect()
}

/// Checks a report on keys of every kind: its order, its outcomes, its counts.
fn check(report: &Report, names: &[&str], expected: &[&str], counts: (usize, usize)) {
    let pairs = outcomes(report);
    let keys: Vec<_> = pairs.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, names, "request order");
    assert_eq!(words(report), expected);
    assert_eq!((report.success_count(), report.failure_count()), counts);
    assert_eq!(report.len(), names.len());
    assert_counts(report);
}

#[test]
fn every_kind_of_key_has_the_documented_outcome_for_every_type() {
    let (invalid, repeated) = ("invalid_key", "repeated");
    let [empty, space, dash, umlaut, long] = malformed();
    for resource_type in ResourceType::ALL {
        let (store, project) = two_views();
        project.link("v", batch(resource_type, &["old"])).unwrap().all_ok().unwrap();

        let names = ["new", &empty, "old", "new", &space, &dash, "old", "x.Y_z-9", &umlaut, &long];
        let report = project.link("v", batch(resource_type, &names)).unwrap();
        let (done, already) = ("linked", "already");
        let expected =
            [done, invalid, already, repeated, invalid, invalid, repeated, done, invalid, invalid];
        check(&report, &names, &expected, (3, 7));
        assert_eq!(report.action(), Action::Link);

        let names = ["new", &empty, "no", "new", &space, &dash, "no", "x.Y_z-9", &umlaut, &long];
        let report = project.unlink("v", batch(resource_type, &names)).unwrap();
        let (done, not) = ("unlinked", "not_linked");
        let expected =
            [done, invalid, not, repeated, invalid, invalid, repeated, done, invalid, invalid];
        check(&report, &names, &expected, (2, 8));
        assert_eq!(report.action(), Action::Unlink);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn the_outcomes_of_a_report_agree_with_reads() {
    for resource_type in ResourceType::ALL {
        let (store, project) = two_views();
        let names = ["c", "a", "b", "a", "-"];
        let report = project.link("v", batch(resource_type, &names)).unwrap();
        assert_eq!(report.success_count(), 3);
        let report = project.unlink("v", batch(resource_type, &["a", "z"])).unwrap();
        assert_eq!(report.success_count(), 1);
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        for (name, linked) in [("a", false), ("b", true), ("c", true), ("z", false)] {
            let resource = resource(resource_type, name);
            assert_eq!(reader.is_linked("v", &resource).unwrap(), linked, "{resource}");
            assert!(!reader.is_linked("w", &resource).unwrap());
            let views = if linked { vec!["v"] } else { vec![] };
            assert_eq!(views_of(&store, &resource), views);
        }
        let page = reader.linked_resources("v", resource_type, all()).unwrap();
        let expected = [resource(resource_type, "c"), resource(resource_type, "b")];
        assert_eq!(keys(&page), expected.map(|resource| resource.to_string()));
        assert_eq!(page.total, 2);
        for other in ResourceType::ALL {
            let count = reader.view("v").unwrap().links.get(other);
            assert_eq!(count, if other == resource_type { 2 } else { 0 });
        }
        assert_clean(&store);
    }
}

#[test]
fn one_key_names_four_resources_one_of_each_type() {
    let (store, project) = two_views();
    for resource_type in ResourceType::ALL {
        project.link("v", batch(resource_type, &["same"])).unwrap().all_ok().unwrap();
    }
    let report = project.unlink("v", Batch::metrics(["same"])).unwrap();
    assert_eq!(report.success_count(), 1);
    let snapshot = store.snapshot().unwrap();
    let counts = snapshot.project("p").unwrap().view("v").unwrap().links;
    assert_eq!(ResourceType::ALL.map(|ty| counts.get(ty)), [1, 1, 1, 0]);
    for resource_type in ResourceType::ALL {
        let there = resource_type != ResourceType::Metric;
        let views = views_of(&store, &resource(resource_type, "same"));
        assert_eq!(views.len(), usize::from(there), "{resource_type}");
    }
}

#[test]
fn a_key_given_three_times_is_done_once_and_repeated_twice() {
    let (store, project) = two_views();
    for (action, done) in [(Action::Link, "linked"), (Action::Unlink, "unlinked")] {
        let batch = Batch::flags(["a", "b", "a", "a"]);
        let report = match action {
            Action::Link => project.link("v", batch),
            _ => project.unlink("v", batch),
        };
        assert_eq!(words(&report.unwrap()), [done, done, "repeated", "repeated"]);
    }
    // A repeated key is reported as repeated, whatever its state is, even if the first one failed.
    let report = project.unlink("v", Batch::flags(["a", "a"])).unwrap();
    assert_eq!(words(&report), ["not_linked", "repeated"]);
    assert_eq!(revision(&store), 4);
}

#[test]
fn a_repeated_malformed_key_is_malformed_each_time() {
    let (_, project) = two_views();
    let report = project.link("v", Batch::flags(["-", "a", "-", "-"])).unwrap();
    assert_eq!(words(&report), ["invalid_key", "linked", "invalid_key", "invalid_key"]);
    let failures: Vec<_> = report.failures().map(|failed| failed.to_string()).collect();
    assert!(failures[0].starts_with("-: '-' at byte 0 is not allowed"), "{failures:?}");
    assert!(failures[0].ends_with("(invalid_key)"), "{failures:?}");
}

#[test]
fn resource_keys_are_case_sensitive() {
    let (store, project) = two_views();
    link(&project, "v", &["A", "a"]);
    let report = project.unlink("v", Batch::flags(["A"])).unwrap();
    assert_eq!(report.success_count(), 1);
    assert_eq!(flags(&store, "v"), ["a"]);
}

#[test]
fn an_empty_batch_is_a_success_without_outcomes() {
    let (store, project) = two_views();
    let before = content_of(&store);
    for resource_type in ResourceType::ALL {
        let empty = batch(resource_type, &[]);
        assert!(empty.is_empty());
        let reports = [project.link("v", empty.clone()), project.unlink("v", empty)];
        for report in reports.map(Result::unwrap) {
            assert!(report.is_empty());
            assert_eq!((report.success_count(), report.failure_count()), (0, 0));
            assert_eq!(report.revision(), None);
            assert_eq!(report.all_ok().unwrap(), None);
        }
    }
    assert_eq!(content_of(&store), before);
    assert_eq!(journal(&store).len(), 2);
}

#[test]
fn a_report_has_a_revision_only_if_something_changed() {
    let (store, project) = two_views();
    let report = project.link("v", Batch::flags(["a", "-"])).unwrap();
    assert_eq!(report.revision(), Some(3));
    let before = content_of(&store);
    let nothing = [
        project.link("v", Batch::flags(["a", "a", "-"])),
        project.unlink("v", Batch::flags(["b", ""])),
        project.unlink("w", Batch::flags(["a"])),
    ];
    for report in nothing {
        assert_eq!(report.unwrap().revision(), None);
    }
    assert_eq!(content_of(&store), before);
    assert_eq!(journal(&store).len(), 3);
    let report = project.unlink("v", Batch::flags(["a"])).unwrap();
    assert_eq!(report.all_ok().unwrap(), Some(4));
}

#[test]
fn linking_again_keeps_the_time_and_position_of_the_link() {
    let clock = Clock::default();
    let store = clock.options().open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    for (time, key) in [(10, "a"), (20, "b")] {
        clock.set(time);
        link(&project, "v", &[key]);
    }
    clock.set(30);
    let report = project.link("v", Batch::flags(["c", "a"])).unwrap();
    assert_eq!(words(&report), ["linked", "already"]);
    let times = || {
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        let page = reader.linked_resources("v", ResourceType::Flag, all()).unwrap();
        let rows = page.into_iter().map(|linked| {
            (linked.resource.to_string(), linked.linked_at.as_millis(), linked.revision)
        });
        rows.collect::<Vec<_>>()
    };
    let row = |key: &str, time, revision| (key.to_owned(), time, revision);
    assert_eq!(times(), [row("a", 10, 2), row("b", 20, 3), row("c", 30, 4)]);
    // After it was unlinked and linked again, it is a new link.
    clock.set(40);
    project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    clock.set(50);
    link(&project, "v", &["a"]);
    assert_eq!(times(), [row("b", 20, 3), row("c", 30, 4), row("a", 50, 6)]);
}

#[test]
fn links_are_in_the_order_of_batches_and_of_keys_in_a_batch() {
    // The clock stands still, so only revision and position distinguish the links.
    let options = Options::new().clock(|| Timestamp::from_millis(7));
    let store = options.open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    link(&project, "v", &["m", "z"]);
    let report = project.link("v", Batch::flags(["q", "-", "b", "m", "b", "y", "a"])).unwrap();
    assert_eq!(report.success_count(), 5);
    link(&project, "v", &["0"]);
    assert_eq!(flags(&store, "v"), ["m", "z", "q", "b", "y", "a", "0"]);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let by_key = all().sort(LinkSort::Key);
    let page = reader.linked_resources("v", ResourceType::Flag, by_key).unwrap();
    assert_eq!(keys(&page), ["0", "a", "b", "m", "q", "y", "z"]);
}

#[test]
fn one_segment_key_in_two_environments_names_two_segments() {
    let (store, project) = two_views();
    let both = [("prod", "beta"), ("test", "beta")];
    project.link("v", Batch::segments(both)).unwrap().all_ok().unwrap();
    let report = project.unlink("v", Batch::segments([("prod", "beta")])).unwrap();
    assert_eq!(report.success_count(), 1);
    let outcomes: Vec<_> = report.outcomes().map(|(name, _)| name.environment()).collect();
    assert_eq!(outcomes, [Some("prod")]);
    let segment = |environment| Resource::segment(environment, "beta").unwrap();
    assert!(views_of(&store, &segment("prod")).is_empty());
    assert_eq!(views_of(&store, &segment("test")), ["v"]);
    let report = project.unlink("v", Batch::segments([("prod", "beta"), ("test", "no")])).unwrap();
    assert_eq!(words(&report), ["not_linked"; 2]);
    assert_clean(&store);
}

#[test]
fn segments_in_key_order_are_sorted_by_environment_first() {
    let (store, project) = two_views();
    let names = [("b", "a"), ("a.1", "z"), ("a", "z"), ("a", "b"), ("a-1", "c")];
    project.link("v", Batch::segments(names)).unwrap().all_ok().unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let by_key = all().sort(LinkSort::Key);
    let page = reader.linked_resources("v", ResourceType::Segment, by_key).unwrap();
    assert_eq!(keys(&page), ["a/b", "a/z", "a-1/c", "a.1/z", "b/a"]);
}

#[test]
fn a_report_with_failures_becomes_an_error_with_the_report() {
    let (store, project) = two_views();
    let report = project.link("v", Batch::flags(["a", "-", "a"])).unwrap();
    assert_eq!(report.to_string(), "1 ok, 2 failed");
    let error = report.clone().all_ok().unwrap_err();
    assert_eq!(error.to_string(), "2 of 3 keys failed");
    let Error::KeysFailed(kept) = error else { panic!("{error}") };
    assert_eq!(*kept, report);
    let failed: Vec<_> = kept.failures().collect();
    assert!(matches!(failed[0].reason(), FailureReason::InvalidKey(_)));
    assert!(matches!(failed[1].reason(), FailureReason::Repeated));
    assert_eq!(failed[1].to_string(), "a: occurs earlier in the same request (repeated)");
    assert_eq!(failed[1].resource(), flag("a").as_raw());
    // The other key is done nevertheless.
    assert_eq!(flags(&store, "v"), ["a"]);
    let unlinked = project.unlink("v", Batch::flags(["a"])).unwrap();
    assert_eq!(unlinked.to_string(), "1 ok, 0 failed");
    assert!(unlinked.outcomes().all(|(_, outcome)| *outcome == KeyOutcome::Unlinked));
    project.create_view(NewView::new("x", "")).unwrap();
    assert_clean(&store);
}
