//! Commits: each, slow ones, and the end of them.

use std::time::Duration;

use tracing::Level;
use viewlink::{Batch, Checkpoints, Fault, Health, Options, Outcome};

use crate::collector::{listen, listen_badly, listen_in_panic};
use crate::{link, named, numbers, only, with_view};

#[test]
fn a_commit_is_a_span_with_what_it_came_to() {
    let store = Options::new().open_in_memory().unwrap();
    let project = with_view(&store);
    let before = store.stats();
    let ((), told) = listen(|| link(&project, &["a", "b", "c"]));
    let after = store.stats();
    let commit = only(&told, "commit");
    assert_eq!((commit.target, commit.level), ("viewlink::commit", Level::DEBUG));
    for (field, value) in [
        ("revision", 2),
        ("changes", 1),
        ("keys", 3),
        ("bytes", after.bytes_since_checkpoint - before.bytes_since_checkpoint),
    ] {
        assert_eq!(commit.number(field), value, "{field}");
    }
    assert!(commit.number("bytes") > 50, "{commit:?}");
    let duration = after.last_commit.unwrap();
    assert_eq!(u128::from(commit.number("duration_us")), duration.as_micros());
    assert!(commit.number("sync_us") <= commit.number("duration_us"), "{commit:?}");
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn a_group_without_a_change_is_a_span_without_values_and_so_is_a_dry_run() {
    let store = Options::new().slow_commit(Duration::ZERO).open_in_memory().unwrap();
    let project = with_view(&store);
    let (_, told) = listen(|| project.unlink("v", Batch::flags(["a"])).unwrap());
    assert!(only(&told, "commit").numbers.is_empty(), "{told:?}");
    assert_eq!(told.len(), 1, "{told:?}");
    let (_, told) = listen(|| project.dry_run().link("v", Batch::flags(["a"])).unwrap());
    assert!(only(&told, "commit").numbers.is_empty(), "{told:?}");
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn a_commit_that_takes_as_long_as_the_options_say_is_a_warning() {
    let store = Options::new().slow_commit(Duration::ZERO).open_in_memory().unwrap();
    let ((), told) = listen(|| link(&with_view(&store), &["a", "b"]));
    let (commits, slow) = (named(&told, "commit"), named(&told, "slow_commit"));
    assert_eq!((commits.len(), slow.len(), store.stats().slow_commits), (2, 2, 2));
    for (commit, slow) in commits.into_iter().zip(slow) {
        assert_eq!((slow.target, slow.level), ("viewlink::commit", Level::WARN));
        assert_eq!(slow.within, ["commit"]);
        let mut numbers = commit.numbers.clone();
        numbers.insert("limit_us", 0);
        assert_eq!(slow.numbers, numbers);
    }
    let store = Options::new().slow_commit(Duration::from_secs(60)).open_in_memory().unwrap();
    let ((), told) = listen(|| link(&with_view(&store), &["a"]));
    assert!(named(&told, "slow_commit").is_empty(), "{told:?}");
    assert_eq!(numbers(&named(&told, "commit"), "keys"), [0, 1]);
}

#[test]
fn the_end_of_writes_is_an_error_with_its_reason() {
    for (fault, outcome) in
        [(Fault::Unknown, Outcome::Unknown), (Fault::Committed, Outcome::Committed)]
    {
        let store = Options::new().open_in_memory().unwrap();
        let project = with_view(&store);
        store.fail_next_change(fault);
        let (error, told) = listen(|| project.link("v", Batch::flags(["a"])).unwrap_err());
        assert_eq!(error.outcome(), outcome);
        let stopped = only(&told, "writes_stopped");
        assert_eq!((stopped.target, stopped.level), ("viewlink::commit", Level::ERROR));
        let Health::WritesStopped { reason } = store.health() else { panic!("{told:?}") };
        assert_eq!(stopped.texts["reason"], format!("{reason:?}"));
        assert!(reason.contains("asked for by a test"), "{reason}");
        // Said once, and not to everybody who comes later.
        let (_, told) = listen(|| project.link("v", Batch::flags(["a"])).unwrap_err());
        assert!(told.is_empty(), "{told:?}");
    }
}

#[test]
fn what_leaves_the_store_writable_is_no_end_of_writes() {
    for fault in [Fault::NotApplied, Fault::Panic] {
        let store = Options::new().open_in_memory().unwrap();
        let project = with_view(&store);
        store.fail_next_change(fault);
        let (_, told) = listen(|| project.link("v", Batch::flags(["a"])).unwrap_err());
        assert!(named(&told, "writes_stopped").is_empty(), "{told:?}");
        assert!(only(&told, "commit").numbers.is_empty(), "{told:?}");
    }
}

/// Each change is slow, and followed by a checkpoint in the same thread.
fn telling_much() -> Options {
    let options = Options::new().slow_commit(Duration::ZERO).checkpoints(Checkpoints::Inline);
    options.checkpoint_age(Some(Duration::ZERO))
}

#[test]
fn a_subscriber_that_panics_harms_nothing() {
    for name in ["commit", "slow_commit", "checkpoint"] {
        let store = telling_much().open_in_memory().unwrap();
        let project = with_view(&store);
        let ((), told) = listen_badly(Some(name), || link(&project, &["a", "b", "c"]));
        assert!(named(&told, name).is_empty(), "{told:?}");
        assert_eq!(store.health(), Health::Writable, "{name}");
        let ((), told) = listen(|| link(&project, &["d"]));
        assert_eq!(named(&told, name).len(), 1, "{told:?}");
        assert!(store.verify().unwrap().is_clean());
    }
}

#[test]
fn a_subscriber_that_panics_in_any_call_or_in_all_harms_nothing() {
    const CALLS: &[&str] = &["new_span", "enter", "record", "event", "exit", "try_close"];
    let several: [&[&str]; 3] = [CALLS, &["enter", "try_close"], &["exit", "try_close"]];
    for calls in CALLS.chunks(1).chain(several) {
        let store = telling_much().open_in_memory().unwrap();
        let project = with_view(&store);
        listen_in_panic(calls, || link(&project, &["a", "b", "c"]));
        assert_eq!(store.health(), Health::Writable, "{calls:?}");
        link(&project, &["d"]);
        assert!(store.verify().unwrap().is_clean());
    }
}
