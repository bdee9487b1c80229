//! Changes when the journal has reached its limit.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};

use super::hooked::{Gate, Hooked};
use super::*;
use crate::engine::checkpoint_file::UNFINISHED;

const LIMIT: u64 = 20_000;

fn limited(checkpoints: Checkpoints) -> Options {
    // A checkpoint is never due by size.
    options().checkpoint_bytes(u64::MAX).journal_limit(LIMIT).checkpoints(checkpoints)
}

/// Fills the journal up to its limit.
fn fill(engine: &Arc<Engine>) {
    make_view(engine);
    for number in 0.. {
        if engine.stats().bytes_since_checkpoint >= LIMIT {
            return;
        }
        link(engine, number, 100).unwrap();
    }
}

#[test]
fn a_change_at_the_journal_limit_makes_a_checkpoint_first() {
    for checkpoints in [Checkpoints::Inline, Checkpoints::Background] {
        let engine = start_with(SimulatedDisk::new(), limited(checkpoints)).unwrap();
        fill(&engine);
        assert_eq!(engine.stats().checkpoints, 0);
        link(&engine, 9_999, 1).unwrap();
        let stats = engine.stats();
        assert_eq!(stats.checkpoints, 1);
        assert!(stats.bytes_since_checkpoint < 1_000, "{}", stats.bytes_since_checkpoint);
        assert_clean(&engine);
    }
}

#[test]
fn a_change_at_the_journal_limit_waits_for_the_checkpoint_in_progress() {
    let (disk, gate) = Gate::on(SimulatedDisk::new());
    let options = limited(Checkpoints::Background).checkpoint_age(Some(Duration::ZERO));
    let engine = start_with(disk, options).unwrap();
    let shut = gate.shut();
    fill(&engine);
    shut.wait();
    let late = {
        let engine = Arc::clone(&engine);
        spawn(move || link(&engine, 9_999, 1))
    };
    assert!(late.recv_timeout(SHORT).is_err(), "it waits");
    let before = links(&engine);
    shut.open();
    late.recv_timeout(LONG).unwrap().unwrap();
    assert_eq!(links(&engine), before + 1);
    assert_clean(&engine);
}

#[test]
fn a_change_at_the_journal_limit_is_refused_until_a_checkpoint_is_made_by_hand() {
    let engine = start_with(SimulatedDisk::new(), limited(Checkpoints::ByHand)).unwrap();
    fill(&engine);
    let before = revision(&engine);
    let refused = link(&engine, 9_999, 1).unwrap_err();
    assert!(
        matches!(refused, Error::JournalFull { limit: LIMIT, source: None, .. }),
        "{refused:?}"
    );
    assert_eq!((revision(&engine), engine.health()), (before, Health::Writable));
    engine.checkpoint().unwrap();
    link(&engine, 9_999, 1).unwrap();
    assert_clean(&engine);
}

#[test]
fn a_change_at_the_journal_limit_is_refused_with_the_reason_if_no_checkpoint_can_be_made() {
    for checkpoints in [Checkpoints::Inline, Checkpoints::Background] {
        let fails = Arc::new(AtomicBool::new(false));
        let failing = Arc::clone(&fails);
        let disk = Hooked::new(SimulatedDisk::new(), move |_, name| {
            match name == UNFINISHED && failing.load(Ordering::Relaxed) {
                true => Err(ErrorKind::PermissionDenied.into()),
                false => Ok(()),
            }
        });
        let engine = start_with(disk, limited(checkpoints)).unwrap();
        fails.store(true, Ordering::Relaxed);
        fill(&engine);
        let before = revision(&engine);
        for _ in 0..2 {
            let refused = link(&engine, 9_999, 1).unwrap_err();
            assert_eq!(refused.outcome(), Outcome::NotApplied);
            let Error::JournalFull { source: Some(source), .. } = &refused else {
                panic!("{refused:?}");
            };
            assert!(matches!(**source, Error::Io { .. }), "{source:?}");
        }
        assert_eq!((revision(&engine), engine.health()), (before, Health::Writable));
        // Each change tries to make one, because nothing else frees the journal.
        assert_eq!(engine.stats().failed_checkpoints, 2);
        fails.store(false, Ordering::Relaxed);
        link(&engine, 9_999, 1).unwrap();
        assert_clean(&engine);
    }
}
