//! A thread that copies the store while it changes, and lets several readers read each copy at the same time.

use std::thread;

use viewlink::Options;

use super::call::{Call, Event, Seen};
use super::content::Content;
use super::round::Round;
use crate::support::assert_clean;

/// How many readers open a copy.
const OPENERS: usize = 3;

pub(super) fn make(round: &Round<'_>) {
    let dir = tempfile::tempdir().unwrap();
    let mut calls = Vec::new();
    while round.is_writing() {
        let path = dir.path().join(format!("copy-{}", calls.len()));
        let (recoveries, called) = (round.recoveries(), round.now());
        let copied = round.store.backup_to(&path);
        let answered = round.now();
        let revision = match copied {
            Ok(revision) => revision,
            Err(_) if round.was_recovered(recoveries) => continue,
            Err(error) => panic!("{error}"),
        };
        let read = || {
            let copy = Options::new().read_only(true).open(&path).unwrap();
            assert_clean(&copy);
            Content::of_store(&copy).unwrap()
        };
        let all: Vec<_> = thread::scope(|scope| {
            let started: Vec<_> = (0..OPENERS).map(|_| scope.spawn(read)).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (found, content) = all[0];
        assert!(found == revision && all.iter().all(|one| *one == all[0]), "{revision}: {all:?}");
        std::fs::remove_dir_all(&path).unwrap();
        calls.push(Call {
            called,
            answered,
            event: Event::Seen { of: Seen::Copy, revision, content },
        });
    }
    round.add(calls);
}
