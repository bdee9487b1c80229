//! Commits: normal ones, slow ones, and stopped writes.

use std::time::Duration;

use tracing::Level;
use viewlink::{Batch, Checkpoints, Fault, Health, Options, Outcome};

use crate::collector::{listen, listen_badly, listen_in_panic};
use crate::{link, named, numbers, only, with_view};

#[test]
fn a_commit_is_a_span_with_its_results() {
    let store = Options::new().open_in_memory().unwrap();
    let project = with_view(&store);
    let before = store.stats();
    let ((), logged) = listen(|| link(&project, &["a", "b", "c"]));
    let after = store.stats();
    let commit = only(&logged, "commit");
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
    assert_eq!(logged.len(), 1, "{logged:?}");
}

#[test]
fn a_group_without_a_change_is_a_span_without_values_and_so_is_a_dry_run() {
    let store = Options::new().slow_commit(Duration::ZERO).open_in_memory().unwrap();
    let project = with_view(&store);
    let (_, logged) = listen(|| project.unlink("v", Batch::flags(["a"])).unwrap());
    assert!(only(&logged, "commit").numbers.is_empty(), "{logged:?}");
    assert_eq!(logged.len(), 1, "{logged:?}");
    let (_, logged) = listen(|| project.dry_run().link("v", Batch::flags(["a"])).unwrap());
    assert!(only(&logged, "commit").numbers.is_empty(), "{logged:?}");
    assert_eq!(logged.len(), 1, "{logged:?}");
}

#[test]
fn a_slow_commit_is_a_warning() {
    let store = Options::new().slow_commit(Duration::ZERO).open_in_memory().unwrap();
    let ((), logged) = listen(|| link(&with_view(&store), &["a", "b"]));
    let (commits, slow) = (named(&logged, "commit"), named(&logged, "slow_commit"));
    assert_eq!((commits.len(), slow.len(), store.stats().slow_commits), (2, 2, 2));
    for (commit, slow) in commits.into_iter().zip(slow) {
        assert_eq!((slow.target, slow.level), ("viewlink::commit", Level::WARN));
        assert_eq!(slow.within, ["commit"]);
        let mut numbers = commit.numbers.clone();
        numbers.insert("limit_us", 0);
        assert_eq!(slow.numbers, numbers);
    }
    let store = Options::new().slow_commit(Duration::from_secs(60)).open_in_memory().unwrap();
    let ((), logged) = listen(|| link(&with_view(&store), &["a"]));
    assert!(named(&logged, "slow_commit").is_empty(), "{logged:?}");
    assert_eq!(numbers(&named(&logged, "commit"), "keys"), [0, 1]);
}

#[test]
fn stopped_writes_are_an_error_with_the_reason() {
    for (fault, outcome) in
        [(Fault::Unknown, Outcome::Unknown), (Fault::Committed, Outcome::Committed)]
    {
        let store = Options::new().open_in_memory().unwrap();
        let project = with_view(&store);
        store.fail_next_change(fault);
        let (error, logged) = listen(|| project.link("v", Batch::flags(["a"])).unwrap_err());
        assert_eq!(error.outcome(), outcome);
        let stopped = only(&logged, "writes_stopped");
        assert_eq!((stopped.target, stopped.level), ("viewlink::commit", Level::ERROR));
        let Health::WritesStopped { reason } = store.health() else { panic!("{logged:?}") };
        assert_eq!(stopped.texts["reason"], format!("{reason:?}"));
        assert!(reason.contains("asked for by a test"), "{reason}");
        // It is reported once, and not to every later caller.
        let (_, logged) = listen(|| project.link("v", Batch::flags(["a"])).unwrap_err());
        assert!(logged.is_empty(), "{logged:?}");
    }
}

#[test]
fn failures_that_do_not_stop_writes_are_not_reported_as_stopped_writes() {
    for fault in [Fault::NotApplied, Fault::Panic] {
        let store = Options::new().open_in_memory().unwrap();
        let project = with_view(&store);
        store.fail_next_change(fault);
        let (_, logged) = listen(|| project.link("v", Batch::flags(["a"])).unwrap_err());
        assert!(named(&logged, "writes_stopped").is_empty(), "{logged:?}");
        assert!(only(&logged, "commit").numbers.is_empty(), "{logged:?}");
    }
}

/// Each change is slow, and followed by a checkpoint in the same thread.
fn telling_much() -> Options {
    let options = Options::new().slow_commit(Duration::ZERO).checkpoints(Checkpoints::Inline);
    options.checkpoint_age(Some(Duration::ZERO))
}

#[test]
fn a_panic_of_a_subscriber_damages_nothing() {
    for name in ["commit", "slow_commit", "checkpoint"] {
        let store = telling_much().open_in_memory().unwrap();
        let project = with_view(&store);
        let ((), logged) = listen_badly(Some(name), || link(&project, &["a", "b", "c"]));
        assert!(named(&logged, name).is_empty(), "{logged:?}");
        assert_eq!(store.health(), Health::Writable, "{name}");
        let ((), logged) = listen(|| link(&project, &["d"]));
        assert_eq!(named(&logged, name).len(), 1, "{logged:?}");
        assert!(store.verify().unwrap().is_clean());
    }
}

#[test]
fn a_panic_of_a_subscriber_in_any_call_damages_nothing() {
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
