//! Callers that come during a change share the next sync, and each gets its own result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::thread;

use viewlink::{
    Batch, ChangeKind, Error, Fault, KeyOutcome, NewView, Options, Outcome, Project, Report, Store,
};

use crate::gate::{Gate, received, until_they_are_one_group};
use crate::support::{
    Random, assert_clean, assert_clean_and_replayed, create, flag, flags, journal, project,
    revision, views_of,
};

type Linked = Result<Report, Error>;
type Calling = Box<dyn FnOnce() -> Linked + Send>;

/// A call that links its own flag to a view.
fn linking(project: &Project, view: &'static str, key: String) -> Calling {
    let project = project.clone();
    Box::new(move || project.link(view, Batch::flags([&key]).comment(key)))
}

/// Eight callers; the last seven are one group.
fn eight(project: &Project) -> Vec<Calling> {
    (0..8).map(|number| linking(project, "v", format!("k{number}"))).collect()
}

/// A store with the views `v` and `w`.
fn store(options: Options) -> (Store, Project) {
    let store = options.open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    create(&project, "w");
    (store, project)
}

/// The comment of each change of links, which is the linked key, by revision.
fn comments(store: &Store) -> BTreeMap<u64, String> {
    let linked = journal(store).into_iter().filter_map(|change| match change.kind {
        ChangeKind::LinksChanged { .. } => Some((change.revision, change.comment?)),
        _ => None,
    });
    linked.collect()
}

/// Every report has the revision of the change with the caller's own comment.
fn assert_own_revisions(store: &Store, reports: &BTreeMap<u64, String>) {
    assert_eq!(&comments(store), reports);
    let revisions: Vec<u64> = journal(store).iter().map(|change| change.revision).collect();
    assert_eq!(revisions, (1..=revision(store)).collect::<Vec<u64>>());
    assert_clean_and_replayed(store);
}

#[test]
fn each_caller_of_a_group_gets_the_revision_of_its_own_change() {
    let gate = Gate::default();
    for limit in [1, 3, 10_000, u64::MAX] {
        let (store, project) = store(gate.options().group_limit(limit));
        let results = gate.group(eight(&project));
        let reports = results.into_iter().map(|(number, result)| {
            (result.unwrap().all_ok().unwrap().unwrap(), format!("k{number}"))
        });
        assert_own_revisions(&store, &reports.collect());
        assert_eq!(revision(&store), 10);
    }
}

/// A store with a flag in the view `v`, and eight callers. The first one changes nothing, so the failure is for the
/// group after it.
fn after_one_without_change(options: Options) -> (Store, Project, Vec<Calling>) {
    let (store, project) = store(options);
    let _ = project.link("v", Batch::flags(["there"])).unwrap();
    let mut calls = eight(&project);
    calls[0] = linking(&project, "v", "there".into());
    (store, project, calls)
}

#[test]
fn the_group_limit_determines_only_who_shares_a_failure() {
    // A change counts as one key in addition to its keys.
    for (limit, failed) in [(1, 1), (2, 1), (4, 2), (7, 3), (10_000, 7), (u64::MAX, 7)] {
        until_they_are_one_group(|gate| {
            let options = gate.options().group_limit(limit);
            let (store, _, calls) = after_one_without_change(options);
            store.fail_next_change(Fault::NotApplied);
            let results = gate.group(calls);
            let errors = results.values().filter_map(|result| result.as_ref().err());
            for error in errors.clone() {
                assert_eq!(error.outcome(), Outcome::NotApplied);
                assert!(error.to_string().contains("the disk is full"), "{error}");
            }
            let made = results.iter().filter(|(_, result)| result.is_ok()).skip(1);
            let made: BTreeSet<String> = made.map(|(number, _)| format!("k{number}")).collect();
            let there: BTreeSet<String> = flags(&store, "v").into_iter().skip(1).collect();
            assert_eq!(there, made);
            assert_clean_and_replayed(&store);
            assert!(errors.clone().count() <= failed, "limit {limit}");
            errors.count() == failed
        });
    }
}

#[test]
fn a_failed_group_returns_the_error_to_all_callers_and_is_complete_or_absent() {
    for (fault, outcome) in
        [(Fault::Unknown, Outcome::Unknown), (Fault::Committed, Outcome::Committed)]
    {
        until_they_are_one_group(|gate| {
            let (store, project, mut calls) = after_one_without_change(gate.options());
            // Two callers ask for the same: the second one's outcome is as uncertain as the first one's.
            calls[7] = linking(&project, "v", "k6".into());
            store.fail_next_change(fault);
            let mut results = gate.group(calls);
            assert_eq!(results.remove(&0).unwrap().unwrap().revision(), None);
            let errors: Vec<Error> = results.into_values().map(Result::unwrap_err).collect();
            let of_group = errors.iter().filter(|error| error.outcome() == outcome).count();
            let late = |error: &Error| matches!(error, Error::WritesStopped { .. });
            assert_eq!(errors.into_iter().filter(late).count(), 7 - of_group);
            assert_eq!(flags(&store, "v"), ["there"]);
            store.recover().unwrap();
            let count = flags(&store, "v").len();
            let whole = 1 + of_group.min(6);
            assert!(count == whole || (count == 1 && fault == Fault::Unknown), "{count}");
            let _ = project.link("v", Batch::flags(["x"])).unwrap();
            assert_clean_and_replayed(&store);
            of_group == 7
        });
    }
}

/// A refused call is not affected by the outcome in the others' error.
#[test]
fn a_refused_caller_gets_its_own_error_in_a_group_that_cannot_be_shown() {
    until_they_are_one_group(|gate| {
        let (store, project, mut calls) = after_one_without_change(gate.options());
        calls[4] = linking(&project, "nowhere", "k4".into());
        store.fail_next_change(Fault::Committed);
        let mut results = gate.group(calls);
        let refused = results.remove(&4).unwrap().unwrap_err();
        let late = matches!(refused, Error::WritesStopped { .. });
        assert!(late || matches!(refused, Error::UnknownView { .. }), "{refused}");
        assert_eq!(refused.outcome(), Outcome::NotApplied);
        store.recover().unwrap();
        assert_clean_and_replayed(&store);
        let made = |result: &Linked| {
            result.as_ref().is_err_and(|error| error.outcome() == Outcome::Committed)
        };
        !late && results.values().filter(|result| made(result)).count() == 6
    });
}

#[test]
fn a_panic_is_the_error_of_its_own_call_only() {
    for at in 0..7 {
        until_they_are_one_group(|gate| {
            let (store, project) = store(gate.options());
            let mut calls = eight(&project);
            // Two callers ask for the same, before and after the one that panics.
            calls[7] = linking(&project, "v", "k1".into());
            gate.panic_after(1 + at);
            let (before, groups) = (gate.asked(), store.stats().groups.groups());
            let results = gate.group(calls);
            let (good, bad): (Vec<_>, Vec<_>) = results.into_values().partition(Result::is_ok);
            assert_eq!(good.len(), 7, "one of them panicked");
            let error = bad.into_iter().map(Result::unwrap_err).next().unwrap();
            let Error::Panicked { message } = &error else { panic!("{error}") };
            assert!(message.contains("the clock"), "{message}");
            assert_eq!(error.outcome(), Outcome::NotApplied);
            let revisions = good.into_iter().filter_map(|report| report.unwrap().revision());
            let revisions: BTreeSet<u64> = revisions.collect();
            assert_eq!(revisions, (3..=revision(&store)).collect());
            assert_eq!(flags(&store, "v").len(), revisions.len());
            assert_clean_and_replayed(&store);
            assert_eq!(gate.asked() - before, 8, "no call is made twice");
            store.stats().groups.groups() - groups == 2
        });
    }
}

#[test]
fn each_panic_among_eight_writers_fails_one_call() {
    let gate = Gate::default();
    let (store, project) = store(gate.options().group_limit(5));
    (0..30).for_each(|number| gate.panic_after(number * number));
    let (done, results) = mpsc::channel();
    for writer in 0..8 {
        let (done, project) = (done.clone(), project.clone());
        thread::spawn(move || {
            for round in 0..40 {
                let number = writer * 40 + round;
                let key = format!("k{number}");
                done.send((number, project.link("v", Batch::flags([&key]).comment(key)))).unwrap();
            }
        });
    }
    let mut reports = BTreeMap::new();
    let mut panicked = 0;
    for (number, result) in received(&results, 320) {
        match result {
            Ok(report) => {
                let revision = report.all_ok().unwrap().unwrap();
                assert_eq!(reports.insert(revision, format!("k{number}")), None);
            }
            Err(Error::Panicked { .. }) => panicked += 1,
            Err(other) => panic!("{other}"),
        }
    }
    let asked = gate.asked() - 2;
    let set_off = (0..30).filter(|number| number * number < asked).count();
    assert_eq!((panicked, reports.len()), (set_off, 320 - set_off));
    assert_own_revisions(&store, &reports);
}

/// Each caller's result is the same as if the calls had come one after another.
#[test]
fn callers_with_the_same_keys_get_the_outcomes_of_their_order_in_the_journal() {
    for limit in [1, 4, 10_000] {
        let (store, project) = store(Options::new().group_limit(limit));
        let (done, results) = mpsc::channel();
        for writer in 0..8_usize {
            let (done, project) = (done.clone(), project.clone());
            thread::spawn(move || {
                let mut random = Random(writer as u64);
                for round in 0..30 {
                    let keys: BTreeSet<String> =
                        (0..4).map(|_| format!("k{}", random.below(10))).collect();
                    let batch = Batch::flags(&keys);
                    let report = match random.below(2) {
                        0 => project.link("v", batch),
                        _ => project.unlink("v", batch),
                    };
                    done.send((writer * 30 + round, report.unwrap())).unwrap();
                }
            });
        }
        let reports: Vec<Report> = received(&results, 240).into_values().collect();
        let count = assert_serial(&store, &reports);
        assert_eq!(reports.iter().filter(|report| report.revision().is_some()).count(), count);
        assert_clean_and_replayed(&store);
    }
}

/// Reads the journal and compares it with each report; returns the number of changes.
fn assert_serial(store: &Store, reports: &[Report]) -> usize {
    let by_revision: BTreeMap<u64, &Report> =
        reports.iter().filter_map(|report| Some((report.revision()?, report))).collect();
    let mut there = BTreeSet::new();
    let mut count = 0;
    for change in journal(store) {
        let ChangeKind::LinksChanged { linked, unlinked, .. } = change.kind else { continue };
        count += 1;
        let report = by_revision[&change.revision];
        let linking = !linked.is_empty();
        let changed: BTreeSet<String> =
            linked.iter().chain(&unlinked).map(|resource| resource.key().to_string()).collect();
        for (resource, outcome) in report.outcomes() {
            let key = resource.key().to_owned();
            let changes = matches!(outcome, KeyOutcome::Linked | KeyOutcome::Unlinked);
            assert_eq!(changes, there.contains(&key) != linking, "{key} at {}", change.revision);
            assert_eq!(changes, changed.contains(&key));
            if linking {
                there.insert(key)
            } else {
                there.remove(&key)
            };
        }
    }
    assert_eq!(flags(store, "v").into_iter().collect::<BTreeSet<_>>(), there);
    count
}

#[test]
fn an_answered_caller_sees_its_change_at_once_even_among_large_batches() {
    let (store, project) = store(Options::new().group_limit(500));
    let (done, results) = mpsc::channel();
    for writer in 0..5_usize {
        let (done, store, project) = (done.clone(), store.clone(), project.clone());
        thread::spawn(move || {
            let (size, view) = if writer == 0 { (1, "w") } else { (600, "v") };
            for round in 0..6 {
                let keys: Vec<String> =
                    (0..size).map(|number| format!("t{writer}-{round}-{number}")).collect();
                let report = project.link(view, Batch::flags(&keys)).unwrap();
                let made = report.all_ok().unwrap().unwrap();
                let snapshot = store.snapshot().unwrap();
                assert!(snapshot.revision() >= made);
                let reader = snapshot.project("p").unwrap();
                assert!(reader.is_linked(view, &flag(&keys[size - 1])).unwrap());
                assert_eq!(views_of(&store, &flag(&keys[0])), [view]);
                done.send((writer * 6 + round, ())).unwrap();
            }
        });
    }
    received(&results, 30);
    assert_eq!(revision(&store), 32);
    assert_eq!((flags(&store, "v").len(), flags(&store, "w").len()), (14_400, 6));
    assert_clean(&store);
}

type Answered = (&'static str, Result<Option<u64>, Error>);

/// Links and a deletion of the view in one group: each link is removed with the view, refused, or in the new view with
/// the same key, depending on its revision.
#[test]
fn a_view_may_be_deleted_and_created_again_in_a_group_that_links_to_it() {
    let gate = Gate::default();
    let (store, project) = store(gate.options());
    let call = |act: fn(&Project) -> Answered| {
        let project = project.clone();
        Box::new(move || act(&project)) as Box<dyn FnOnce() -> Answered + Send>
    };
    let results = gate.group(vec![
        call(|project| linked(project, "first")),
        call(|project| linked(project, "a")),
        call(|project| ("deleted", project.delete_view("v").map(|gone| gone.revision))),
        call(|project| linked(project, "b")),
        call(|project| {
            ("created", project.create_view(NewView::new("v", "")).map(|view| Some(view.revision)))
        }),
        call(|project| linked(project, "c")),
    ]);
    let reported: BTreeMap<&str, Result<Option<u64>, Error>> = results.into_values().collect();
    let at = |what: &str| reported[what].as_ref().ok().copied().flatten();
    let deleted = at("deleted").unwrap();
    let created = at("created").unwrap_or(u64::MAX);
    for key in ["first", "a", "b", "c"] {
        match at(key) {
            Some(revision) => assert!(revision < deleted || revision > created, "{key}"),
            None => {
                assert!(matches!(reported[key], Err(Error::UnknownView { .. })), "{reported:?}")
            }
        }
        let stays = at(key).is_some_and(|revision| revision > created);
        let expected: &[&str] = if stays { &["v"] } else { &[] };
        assert_eq!(views_of(&store, &flag(key)), expected, "{key}");
    }
    assert_clean_and_replayed(&store);
}

fn linked(project: &Project, key: &'static str) -> Answered {
    (key, project.link("v", Batch::flags([key])).map(|report| report.revision()))
}

#[test]
fn callers_that_wait_when_the_store_is_closed_are_answered_and_their_changes_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Gate::default();
    let store = gate.options().group_limit(2).open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    let linking = |number| {
        let (call, key) = (linking(&project, "v", format!("k{number}")), format!("k{number}"));
        Box::new(move || call().map(|_| key)) as Box<dyn FnOnce() -> Result<String, Error> + Send>
    };
    let mut calls: Vec<_> = (0..8).map(linking).collect();
    let closing = store.clone();
    calls.insert(3, Box::new(move || closing.close().map(|()| String::new())));
    let results = gate.group(calls);
    assert!(results[&0].is_ok() && results[&3].is_ok(), "{results:?}");
    let mut made = BTreeSet::new();
    for result in results.into_values() {
        match result {
            Ok(key) => made.extend((!key.is_empty()).then_some(key)),
            Err(error) => assert!(matches!(error, Error::Closed), "{error}"),
        }
    }
    assert!(matches!(project.delete(), Err(Error::Closed)));
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(flags(&store, "v").into_iter().collect::<BTreeSet<_>>(), made);
    assert_clean_and_replayed(&store);
}
