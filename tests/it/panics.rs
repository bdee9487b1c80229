//! Functions of a host may panic, and files may fail a recovery: the store stays consistent.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use viewlink::{
    Batch, Checkpoints, Error, Fault, NewView, Options, Outcome, RecoveryProgress, Store, Timestamp,
};

use crate::support::{
    assert_clean, assert_clean_and_replayed, content_of, copy, create, flags, link, project,
    refused, revision, segments, stop_writes,
};

/// A clock that panics at one of its calls; the first call is number 0.
#[derive(Clone, Default)]
struct Bomb {
    calls: Arc<AtomicU64>,
    at: Arc<AtomicU64>,
}

impl Bomb {
    fn options(&self) -> Options {
        let Self { calls, at } = self.clone();
        Options::new().clock(move || {
            let call = calls.fetch_add(1, Ordering::SeqCst);
            assert_ne!(call, at.load(Ordering::SeqCst), "the clock is broken");
            Timestamp::from_millis(call)
        })
    }

    /// Panics at the call after `calls` others.
    fn set(&self, calls: u64) {
        self.at.store(self.calls.load(Ordering::SeqCst) + calls, Ordering::SeqCst);
    }
}

#[test]
fn a_panic_of_the_clock_fails_only_its_own_call() {
    let bomb = Bomb::default();
    bomb.set(u64::MAX / 2);
    let store = bomb.options().open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    link(&project, "v", &["a"]);
    let before = content_of(&store);
    bomb.set(0);
    let error = project.link("v", Batch::flags(["b"])).unwrap_err();
    let Error::Panicked { message } = &error else { panic!("{error}") };
    assert!(message.contains("the clock is broken"), "{message}");
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert_eq!(content_of(&store), before);
    bomb.set(0);
    assert!(matches!(project.delete(), Err(Error::Panicked { .. })));
    assert_eq!(content_of(&store), before);
    link(&project, "v", &["b"]);
    assert_eq!(flags(&store, "v"), ["a", "b"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_panic_of_the_clock_does_not_prevent_a_checkpoint_recovery_or_close() {
    let dir = tempfile::tempdir().unwrap();
    let bomb = Bomb::default();
    bomb.set(u64::MAX / 2);
    let options =
        bomb.options().checkpoints(Checkpoints::Inline).checkpoint_age(Some(Duration::ZERO));
    let store = options.keep_for(Some(Duration::from_secs(1))).open(dir.path()).unwrap();
    create(&project(&store), "v");
    // The first call is for the change; nothing after it reads the clock.
    bomb.set(1);
    link(&project(&store), "v", &["a"]);
    bomb.set(0);
    store.checkpoint().unwrap();
    store.recover().unwrap();
    assert_clean(&store);
    store.close().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(flags(&store, "v"), ["a"]);
}

/// A store with two changes that are only in its journal, and its content.
fn killed() -> (TempDir, Vec<String>) {
    let [dir, killed] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let store = lazy().open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a"]);
    copy(dir.path(), killed.path());
    (killed, content_of(&store))
}

fn lazy() -> Options {
    Options::new().checkpoints(Checkpoints::ByHand)
}

#[test]
fn a_panic_of_a_recovery_callback_fails_the_opening_and_changes_no_file() {
    let (killed, expected) = killed();
    let error = refused(killed.path(), lazy().on_recovery(|_| panic!("the host is broken")));
    assert!(matches!(error, Error::Panicked { .. }), "{error:?}");
    assert!(error.to_string().contains("the host is broken"), "{error}");
    // The lock is released, and the next opener gets all content.
    assert_eq!(content_of(&lazy().open(killed.path()).unwrap()), expected);
}

#[test]
fn an_open_that_failed_in_the_middle_of_its_replay_loses_nothing() {
    let (killed, expected) = killed();
    let options = lazy().on_recovery(|progress| {
        let is_loading = matches!(progress, RecoveryProgress::Loading { .. });
        assert!(is_loading, "the host is broken");
    });
    let error = refused(killed.path(), options);
    assert!(matches!(error, Error::Panicked { .. }), "{error:?}");
    let store = lazy().open(killed.path()).unwrap();
    assert_eq!(content_of(&store), expected);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_failed_recovery_can_be_repeated_and_nothing_is_read_until_then() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a"]);
    store.fail_next_change(Fault::Committed);
    project(&store).link("v", Batch::flags(["b"])).unwrap_err();

    let segment = segments(dir.path()).pop().unwrap();
    let aside = dir.path().join("aside");
    fs::rename(&segment, &aside).unwrap();
    for _ in 0..2 {
        let error = store.recover().unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        let viewlink::Health::WritesStopped { reason } = store.health() else { panic!() };
        assert!(reason.contains("recovery failed"), "{reason}");
        let stopped = [
            store.snapshot().map(drop),
            store.checkpoint(),
            store.verify().map(drop),
            project(&store).create_view(NewView::new("w", "")).map(drop),
        ];
        for result in stopped {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::WritesStopped { .. }), "{error}");
        }
        let other = Store::open(dir.path()).unwrap_err();
        assert!(matches!(other, Error::AlreadyOpen { .. }), "{other}");
    }
    fs::rename(&aside, &segment).unwrap();
    store.recover().unwrap();
    assert_eq!(flags(&store, "v"), ["a", "b"]);
    link(&project(&store), "v", &["c"]);
    assert_clean(&store);
}

#[test]
fn after_a_failed_recovery_the_store_can_be_closed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    let segment = segments(dir.path()).pop().unwrap();
    let aside = dir.path().join("aside");
    fs::rename(&segment, &aside).unwrap();
    stop_writes(&store);
    store.recover().unwrap_err();
    fs::rename(&aside, &segment).unwrap();
    let other = store.clone();
    let error = store.close().unwrap_err();
    assert!(matches!(error, Error::WritesStopped { .. }), "{error}");
    assert!(matches!(other.recover(), Err(Error::Closed)));
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(revision(&store), 1);
    assert_clean(&store);
}
