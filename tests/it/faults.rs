//! Failures of a change: their errors, what still works, and how the store recovers.

use std::io::ErrorKind;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{
    Batch, EnvironmentId, Error, Fault, Health, NewView, Options, Outcome, Project, ResourceType,
    Result, Store, Timestamp, ViewPatch,
};

use crate::support::{
    all, assert_clean, assert_clean_and_replayed, batch, content, content_of, create, flag, flags,
    journal, link, project, revision, two_views,
};

/// A store whose clock stands still, so that two of them can be compared. Its project has two views and links of every
/// type.
fn filled() -> (Store, Project) {
    let clock = || Timestamp::from_millis(1);
    let store = Options::new().clock(clock).open_in_memory().unwrap();
    let project = fill(&store);
    (store, project)
}

fn fill(store: &Store) -> Project {
    let project = project(store);
    for view in ["v", "w"] {
        create(&project, view);
        for resource_type in ResourceType::ALL {
            let batch = batch(resource_type, &["a", "b"]);
            project.link(view, batch).unwrap().all_ok().unwrap();
        }
    }
    project
}

type Call = fn(&Project) -> Result<()>;

/// Every call that makes a change on the [`filled`] store.
const CALLS: [(&str, Call); 9] = [
    ("create", |project| project.create_view(NewView::new("x", "")).map(drop)),
    ("ensure", |project| project.ensure_view(NewView::new("x", "")).map(drop)),
    ("update", |project| project.update_view("v", ViewPatch::new().name("n")).map(drop)),
    ("delete view", |project| project.delete_view("v").map(drop)),
    ("link", |project| project.link("v", Batch::flags(["c", "d"])).map(drop)),
    ("unlink", |project| project.unlink("v", Batch::metrics(["a", "b"])).map(drop)),
    ("resource", |project| project.remove_resource(&flag("a")).map(drop)),
    ("environment", |project| {
        project.remove_environment(&EnvironmentId::parse("env").unwrap()).map(drop)
    }),
    ("delete", |project| project.delete().map(drop)),
];

/// The content of the store after the call if nothing fails.
fn undisturbed(call: Call) -> Vec<String> {
    undisturbed_by(|project| project.clone(), call)
}

/// The same with the handle that `of` makes from the project's.
fn undisturbed_by(handle: impl Fn(&Project) -> Project, call: Call) -> Vec<String> {
    let (store, project) = filled();
    call(&handle(&project)).unwrap();
    content_of(&store)
}

/// No call makes a change, and each returns the reason.
fn assert_stopped(store: &Store, project: &Project) {
    for (name, call) in CALLS {
        let error = call(project).unwrap_err();
        assert!(matches!(error, Error::WritesStopped { .. }), "{name}: {error}");
        assert_eq!(error.outcome(), Outcome::NotApplied);
        assert!(error.to_string().contains("asked for by a test"), "{error}");
    }
    assert!(matches!(store.checkpoint(), Err(Error::WritesStopped { .. })));
}

#[test]
fn a_change_on_a_full_disk_is_not_applied_and_writes_continue() {
    for (name, call) in CALLS {
        let (store, project) = filled();
        let (before, changes) = (content_of(&store), journal(&store));
        store.fail_next_change(Fault::NotApplied);
        let error = call(&project).unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotApplied, "{name}");
        let Error::Io { source, .. } = &error else { panic!("{name}: {error}") };
        assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
        assert_eq!(content_of(&store), before, "{name}");
        assert_eq!(journal(&store), changes);
        assert_clean_and_replayed(&store);
        // The failure happens once, and then the same call succeeds.
        call(&project).unwrap();
        assert_eq!(content_of(&store), undisturbed(call), "{name}");
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_change_that_panics_is_not_applied_and_writes_continue() {
    for (name, call) in CALLS {
        let (store, project) = filled();
        let before = content_of(&store);
        store.fail_next_change(Fault::Panic);
        let error = call(&project).unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotApplied, "{name}");
        let Error::Panicked { message } = &error else { panic!("{name}: {error}") };
        assert!(message.contains("asked for by a test"), "{message}");
        assert_eq!(content_of(&store), before, "{name}");
        call(&project).unwrap();
        assert_eq!(content_of(&store), undisturbed(call), "{name}");
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_change_of_unknown_outcome_stops_writes_until_a_recovery_decides_it() {
    for (name, call) in CALLS {
        let (store, project) = filled();
        let (before, after) = (content_of(&store), undisturbed(call));
        store.fail_next_change(Fault::Unknown);
        let error = call(&project).unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{name}");
        assert!(matches!(error, Error::Io { .. }), "{name}: {error}");
        assert_stopped(&store, &project);
        assert_eq!(content_of(&store), before, "reads continue and do not see the change");
        assert_clean(&store);
        store.recover().unwrap();
        let recovered = content_of(&store);
        assert!(recovered == before || recovered == after, "{name}: {recovered:?}");
        create(&project, "new");
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_committed_change_stops_writes_and_is_visible_after_recovery() {
    for (name, call) in CALLS {
        let (store, project) = filled();
        let (before, changes) = (content_of(&store), journal(&store).len());
        store.fail_next_change(Fault::Committed);
        let found = |project: &Project| project.comment("lost and found");
        let error = call(&found(&project)).unwrap_err();
        assert_eq!(error.outcome(), Outcome::Committed, "{name}");
        assert!(matches!(error, Error::State { .. }), "{name}: {error}");
        assert!(std::error::Error::source(&error).is_some());
        assert_stopped(&store, &project);
        assert_eq!(content_of(&store), before, "it is not visible yet");
        assert_eq!(journal(&store).len(), changes);
        store.recover().unwrap();
        assert_eq!(content_of(&store), undisturbed_by(found, call), "{name}");
        let last = journal(&store).pop().unwrap();
        assert_eq!(last.comment.as_deref(), Some("lost and found"));
        assert_eq!(last.revision, changes as u64 + 1);
        assert_clean_and_replayed(&store);
        // Another recovery changes nothing.
        store.recover().unwrap();
        assert_eq!(content_of(&store), undisturbed_by(found, call), "{name}");
        create(&project, "new");
        assert_eq!(revision(&store), changes as u64 + 2);
    }
}

#[test]
fn changes_reads_and_dry_runs_need_no_reads_of_the_disk() {
    for (name, call) in CALLS {
        let disk = SimulatedDisk::new();
        let store = Options::new().clock(|| Timestamp::from_millis(1)).open_on(&disk).unwrap();
        let project = fill(&store);
        disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Read).permanently());
        call(&project.dry_run()).unwrap();
        call(&project).unwrap();
        assert_eq!(content_of(&store), undisturbed(call), "{name}");
        assert_eq!((store.health(), disk.failed()), (Health::Writable, 0), "{name}");
        disk.clear_fault();
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn opening_again_has_the_effect_of_a_recovery() {
    for fault in [Fault::NotApplied, Fault::Unknown, Fault::Committed, Fault::Panic] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        create(&project(&store), "v");
        link(&project(&store), "v", &["a"]);
        store.fail_next_change(fault);
        let error = project(&store).link("v", Batch::flags(["b", "c"])).unwrap_err();
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        let expected: &[&str] = match error.outcome() {
            Outcome::Committed => &["a", "b", "c"],
            _ => &["a"],
        };
        let there = flags(&store, "v");
        let whole = fault == Fault::Unknown && there == ["a", "b", "c"];
        assert!(whole || there == expected, "{fault:?}: {there:?}");
        link(&project(&store), "v", &["d"]);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn snapshots_from_before_a_failure_are_valid_until_recovery() {
    for fault in [Fault::Unknown, Fault::Committed] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        create(&project(&store), "v");
        link(&project(&store), "v", &["a"]);
        let (read, unread) = (store.snapshot().unwrap(), store.snapshot().unwrap());
        let before = content(&read);
        store.fail_next_change(fault);
        project(&store).link("v", Batch::flags(["b"])).unwrap_err();
        assert_eq!(content(&read), before);
        let between = store.snapshot().unwrap();
        assert_eq!(between.revision(), 2);
        store.recover().unwrap();
        for snapshot in [&unread, &between] {
            assert!(matches!(snapshot.project("p"), Err(Error::Closed)), "{fault:?}");
            assert!(matches!(snapshot.projects(all()), Err(Error::Closed)), "{fault:?}");
        }
        // Open snapshots do not block the recovery, nor another opener afterwards.
        link(&project(&store), "v", &["c"]);
        assert_clean(&store);
        store.close().unwrap();
        drop(Store::open(dir.path()).unwrap());
    }
}

#[test]
fn recovering_a_healthy_store_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::new().segment_size(4_096);
    for store in [options().open_in_memory().unwrap(), options().open(dir.path()).unwrap()] {
        let project = project(&store);
        create(&project, "v");
        for round in 0..5 {
            link(&project, "v", &[&format!("k{round}")]);
            let before = content_of(&store);
            store.recover().unwrap();
            assert_eq!(content_of(&store), before);
            assert_eq!(journal(&store).len(), round + 2);
        }
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_fault_applies_to_the_next_change_and_the_last_fault_counts() {
    let (store, project) = filled();
    store.fail_next_change(Fault::Unknown);
    store.fail_next_change(Fault::NotApplied);
    // Neither a batch that changes nothing nor a refused call is a change.
    assert_eq!(project.link("v", Batch::flags(["a"])).unwrap().revision(), None);
    assert!(matches!(project.delete_view("nope"), Err(Error::UnknownView { .. })));
    let error = project.link("v", Batch::flags(["c"])).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotApplied);
    link(&project, "v", &["c"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_store_is_correct_after_many_failures_in_a_row() {
    let faults = [Fault::NotApplied, Fault::Unknown, Fault::Committed, Fault::Panic];
    let store = Options::new().segment_size(4_096).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let mut expected = 0;
    for round in 0..40 {
        let fault = faults[round % 4];
        store.fail_next_change(fault);
        let keys = (0..20).map(|number| format!("{round:030}-{number:030}"));
        let error = project.link("v", Batch::flags(keys)).unwrap_err();
        expected += usize::from(error.outcome() == Outcome::Committed);
        if matches!(fault, Fault::Unknown | Fault::Committed) {
            store.recover().unwrap();
        }
        link(&project, "v", &[&format!("k{round}")]);
    }
    // The change with the unknown outcome was either complete or absent.
    let batches = (flags(&store, "v").len() - 40) / 20;
    assert!((expected..=expected + 10).contains(&batches), "{batches}");
    assert_eq!((flags(&store, "v").len() - 40) % 20, 0);
    assert_eq!(revision(&store), 41 + batches as u64);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_journal_that_is_ahead_after_a_failure_is_not_a_finding() {
    let (store, project) = two_views();
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["a"])).unwrap_err();
    assert_clean(&store);
    store.recover().unwrap();
    assert_eq!(flags(&store, "v"), ["a"]);
    assert_clean(&store);
}

#[test]
fn recovering_a_healthy_store_does_nothing() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let snapshot = store.snapshot().unwrap();
    store.recover().unwrap();
    assert!(snapshot.project("p").unwrap().is_linked("v", &flag("a")).unwrap());
}
