//! Messages of errors: plain, one line, and with their cause.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fs;

use viewlink::{
    Batch, Checkpoints, Cursor, Error, Fault, NewView, Options, Outcome, Paging, ResourceType,
    Store,
};

use crate::support::{assert_plain, checkpoint_file, create, link, project, refused, two_views};

/// Errors of calls on an open store.
fn of_calls() -> Vec<Error> {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let page = reader.views(Paging::first(1)).unwrap();
    let cursor = || page.next.clone().unwrap();
    let keys = |count: usize| Batch::flags((0..count).map(|number| number.to_string()));
    vec![
        store.project("?").unwrap_err(),
        store.project("q").unwrap().delete().unwrap_err(),
        project.delete_view("x").unwrap_err(),
        project.create_view(NewView::new("v", "")).unwrap_err(),
        project.create_view(NewView::new("x", "n".repeat(999))).unwrap_err(),
        project.link("v", keys(100_001)).unwrap_err(),
        project.link("v", Batch::flags(["?"])).unwrap().all_ok().unwrap_err(),
        "?".parse::<Cursor>().unwrap_err(),
        snapshot.projects(Paging::after(cursor(), 1)).unwrap_err(),
        reader.linked_resources("v", ResourceType::Flag, Paging::after(cursor(), 1)).unwrap_err(),
        Error::from(viewlink::Resource::flag("\n").unwrap_err()),
        store.feed(9).unwrap_err(),
    ]
}

/// Errors of size limits, and of positions.
fn of_bounds() -> Vec<Error> {
    let (store, project) = two_views();
    let elsewhere = two_views().0.snapshot().unwrap().position();
    let full = Options::new().memory_limit(Some(1)).open_in_memory().unwrap();
    let by_hand = Options::new().checkpoints(Checkpoints::ByHand).journal_limit(1);
    let by_hand = by_hand.open_in_memory().unwrap();
    create(&crate::support::project(&by_hand), "v");
    vec![
        store.feed_after(elsewhere).unwrap_err(),
        project.if_store_at_position(elsewhere).delete_view("v").unwrap_err(),
        project.if_store_at(0).delete_view("v").unwrap_err(),
        project.if_view_at(0).create_view(NewView::new("x", "")).unwrap_err(),
        crate::support::project(&full).create_view(NewView::new("v", "")).unwrap_err(),
        crate::support::project(&by_hand).create_view(NewView::new("w", "")).unwrap_err(),
    ]
}

/// Errors of a failed store, in the order in which a host meets them.
fn of_failures() -> Vec<Error> {
    let mut errors = Vec::new();
    for fault in [Fault::NotApplied, Fault::Unknown, Fault::Committed, Fault::Panic] {
        let (store, project) = two_views();
        store.fail_next_change(fault);
        errors.push(project.link("v", Batch::flags(["a"])).unwrap_err());
        errors.extend(project.link("v", Batch::flags(["a"])).err());
        let other = store.clone();
        errors.extend(store.close().err());
        errors.push(other.snapshot().unwrap_err());
    }
    errors
}

/// Errors of opens and copies, and one of a journal that was trimmed.
fn of_opens() -> Vec<Error> {
    let dir = tempfile::tempdir().unwrap();
    let mut errors = vec![refused(dir.path(), Options::new().create_if_missing(false))];
    let options = Options::new().segment_size(4_096).keep_changes(Some(0));
    let store = options.open(dir.path()).unwrap();
    create(&project(&store), "v");
    for number in 0..40 {
        link(&project(&store), "v", &[&format!("{number:0200}")]);
    }
    errors.push(refused(dir.path(), Options::new()));
    store.checkpoint().unwrap();
    errors.push(store.snapshot().unwrap().changes(1).unwrap_err());
    store.close().unwrap();
    let state = checkpoint_file(dir.path());
    fs::write(&state, "no database").unwrap();
    errors.push(refused(dir.path(), Options::new()));
    fs::remove_file(&state).unwrap();
    errors.push(refused(dir.path(), Options::new()));
    fs::write(dir.path().join("other"), "").unwrap();
    errors.push(refused(dir.path(), Options::new()));
    errors.push(refused(&dir.path().join("other"), Options::new()));
    let (store, _) = two_views();
    errors.push(store.backup_to(dir.path()).unwrap_err());
    errors.push(store.backup_to(dir.path().join("missing/copy")).unwrap_err());
    errors
}

/// Errors of every kind.
fn of_all_kinds() -> Vec<Error> {
    [of_calls(), of_bounds(), of_failures(), of_opens()].into_iter().flatten().collect()
}

#[test]
fn messages_are_one_plain_line() {
    for error in of_all_kinds() {
        assert_plain(&error.to_string());
        let mut cause = error.source();
        while let Some(error) = cause {
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            cause = error.source();
        }
    }
}

#[test]
fn only_a_failure_of_the_store_has_an_unknown_outcome() {
    for error in of_all_kinds() {
        match &error {
            Error::Io { .. } | Error::State { .. } => {}
            // The other keys are done.
            Error::KeysFailed(report) => {
                let changed = report.revision().is_some();
                assert_eq!(error.outcome() == Outcome::Committed, changed, "{error}");
            }
            _ => assert_eq!(error.outcome(), Outcome::NotApplied, "{error}"),
        }
    }
}

#[test]
fn an_error_that_something_else_caused_has_it_as_its_source() {
    let errors = of_all_kinds();
    let mut with_source = 0;
    for error in &errors {
        let expected = match error {
            Error::InvalidKey { .. } | Error::InvalidResource(_) => true,
            Error::Io { .. } | Error::State { .. } | Error::BackupFailed { .. } => true,
            Error::Damaged { source, .. } => source.is_some(),
            Error::JournalFull { source, .. } => source.is_some(),
            _ => false,
        };
        assert_eq!(error.source().is_some(), expected, "{error:?}");
        // The message does not repeat the text of its cause.
        if let Some(cause) = error.source() {
            with_source += 1;
            assert!(!error.to_string().contains(&cause.to_string()), "{error}: {cause}");
        }
    }
    assert!(with_source >= 6, "{with_source}");
}

#[test]
fn every_kind_of_error_occurs() {
    let name = |error: &Error| match error {
        Error::InvalidKey { .. } => "InvalidKey",
        Error::InvalidResource(_) => "InvalidResource",
        Error::UnknownProject { .. } => "UnknownProject",
        Error::UnknownView { .. } => "UnknownView",
        Error::ViewExists { .. } => "ViewExists",
        Error::BatchTooLarge { .. } => "BatchTooLarge",
        Error::TooLong { .. } => "TooLong",
        Error::InvalidCursor { .. } => "InvalidCursor",
        Error::KeysFailed(_) => "KeysFailed",
        Error::JournalTrimmed { .. } => "JournalTrimmed",
        Error::FeedAhead { .. } => "FeedAhead",
        Error::NotFound { .. } => "NotFound",
        Error::NotAStore { .. } => "NotAStore",
        Error::AlreadyOpen { .. } => "AlreadyOpen",
        Error::AlreadyExists { .. } => "AlreadyExists",
        Error::BackupFailed { .. } => "BackupFailed",
        Error::Damaged { .. } => "Damaged",
        Error::Io { .. } => "Io",
        Error::State { .. } => "State",
        Error::MemoryLimit { .. } => "MemoryLimit",
        Error::JournalFull { .. } => "JournalFull",
        Error::Diverged { .. } => "Diverged",
        Error::RevisionDiffers { .. } => "RevisionDiffers",
        Error::NoSingleView => "NoSingleView",
        Error::Panicked { .. } => "Panicked",
        Error::WritesStopped { .. } => "WritesStopped",
        Error::Closed => "Closed",
        other => panic!("{other:?}"),
    };
    let errors = of_all_kinds();
    let met: BTreeSet<_> = errors.iter().map(name).collect();
    assert_eq!(met.len(), 27, "{met:?}");
}

#[test]
fn control_characters_of_a_path_are_escaped_in_messages() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a\u{1b}[31m\nb");
    let error = Options::new().create_if_missing(false).open(&path).unwrap_err();
    assert_plain(&error.to_string());
    let store = Store::open(&path).unwrap();
    assert_plain(&Store::open(&path).unwrap_err().to_string());
    store.close().unwrap();
}
