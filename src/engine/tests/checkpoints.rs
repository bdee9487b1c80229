//! When checkpoints are made, on which thread, and which calls wait for them.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use super::hooked::{Gate, Hooked};
use super::*;
use crate::engine::checkpoint_file::{NAME, UNFINISHED};

/// A store that counts the checkpoints that begin; they can be made to fail.
struct Counted {
    engine: Arc<Engine>,
    begun: Arc<AtomicUsize>,
    fails: Arc<AtomicBool>,
}

impl Counted {
    fn new(options: Options) -> Self {
        let (begun, fails) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (count, failing) = (Arc::clone(&begun), Arc::clone(&fails));
        let disk = Hooked::new(SimulatedDisk::new(), move |call, name| {
            if (call, name) != ("create", UNFINISHED) {
                return Ok(());
            }
            count.fetch_add(1, Ordering::Relaxed);
            match failing.load(Ordering::Relaxed) {
                true => Err(ErrorKind::StorageFull.into()),
                false => Ok(()),
            }
        });
        let engine = start_with(disk, options).unwrap();
        make_view(&engine);
        engine.checkpointer.wait();
        begun.store(0, Ordering::Relaxed);
        Self { engine, begun, fails }
    }

    /// Makes a change, and waits for the checkpoint that is due after it.
    fn link(&self, number: usize) {
        link(&self.engine, number, 10).unwrap();
        self.engine.checkpointer.wait();
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }
}

#[test]
fn a_checkpoint_is_due_when_the_journal_is_longer_than_the_option_and_half_its_file() {
    let modes = [Checkpoints::Background, Checkpoints::Inline];
    for (mode, bytes) in modes.into_iter().flat_map(|mode| [(mode, 1), (mode, 100_000)]) {
        let store = Counted::new(Options::new().checkpoints(mode).checkpoint_bytes(bytes));
        let half = store.engine.stats().checkpoint_bytes / 2;
        let (mut grown, mut number) = (0, 0);
        while store.begun() == 0 {
            grown = store.engine.stats().bytes_since_checkpoint;
            store.link(number);
            number += 1;
        }
        let due = half.max(bytes);
        assert!(grown < due && grown + 500 > due, "{mode:?}, {bytes}: made at {grown} of {due}");
        let stats = store.engine.stats();
        assert_eq!((stats.checkpoints, stats.failed_checkpoints), (1, 0));
        assert_eq!(stats.checkpoint_revision, stats.revision);
        assert_eq!(stats.bytes_since_checkpoint, 0);
    }
}

#[test]
fn a_checkpoint_is_due_by_age_after_a_change_and_never_if_made_by_hand() {
    let of_age = |mode, age| {
        let options = Options::new().checkpoints(mode).checkpoint_age(age);
        let store = Counted::new(options);
        (0..3).for_each(|number| store.link(number));
        store.begun()
    };
    for mode in [Checkpoints::Background, Checkpoints::Inline] {
        assert_eq!(of_age(mode, Some(Duration::ZERO)), 3);
        assert_eq!(of_age(mode, Some(Duration::from_secs(3_600))), 0);
        assert_eq!(of_age(mode, None), 0);
    }
    assert_eq!(of_age(Checkpoints::ByHand, Some(Duration::ZERO)), 0);
}

#[test]
fn a_failed_checkpoint_is_counted_and_tried_again_after_a_second_or_on_request() {
    for mode in [Checkpoints::Background, Checkpoints::Inline] {
        let options = options().checkpoints(mode).checkpoint_age(Some(Duration::ZERO));
        let store = Counted::new(options);
        let engine = &store.engine;
        let revision_before = engine.stats().checkpoint_revision;
        store.fails.store(true, Ordering::Relaxed);
        let before = (store.begun(), Instant::now());
        (0..5).for_each(|number| store.link(number));
        if before.1.elapsed() < Duration::from_secs(1) {
            assert_eq!(store.begun(), before.0 + 1, "{mode:?}");
        }
        let attempts = store.begun();
        let asked = engine.checkpoint().unwrap_err();
        assert_eq!((asked.outcome(), store.begun()), (Outcome::NotApplied, attempts + 1));
        let stats = engine.stats();
        assert_eq!(stats.failed_checkpoints as usize, store.begun() - before.0);
        let why = stats.checkpoint_failure.unwrap();
        assert!(why.contains("write a checkpoint") && why.contains("full"), "{why}");
        assert_eq!(
            (stats.checkpoint_revision, engine.health()),
            (revision_before, Health::Writable)
        );
        // The second has passed; the next attempt also fails.
        thread::sleep(Duration::from_millis(1_050));
        let attempts = store.begun();
        store.link(6);
        assert_eq!(store.begun(), attempts + 1);
        store.fails.store(false, Ordering::Relaxed);
        engine.checkpoint().unwrap();
        let stats = engine.stats();
        assert_eq!((stats.checkpoint_failure, stats.checkpoint_revision), (None, stats.revision));
        assert_clean(engine);
    }
}

#[test]
fn closing_cancels_the_checkpoint_of_the_thread_and_makes_one_with_all_changes() {
    let (gated, gate) = Gate::on(SimulatedDisk::new());
    let named = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&named);
    let disk = Hooked::new(gated, move |call, name| {
        count.fetch_add(usize::from((call, name) == ("rename", NAME)), Ordering::Relaxed);
        Ok(())
    });
    let options = Options::new().checkpoint_age(Some(Duration::ZERO));
    let engine = start_with(disk, options).unwrap();
    let shut = gate.shut();
    make_view(&engine);
    shut.wait();
    link(&engine, 0, 10).unwrap();
    let before = named.load(Ordering::Relaxed);
    let closed = {
        let engine = Arc::clone(&engine);
        spawn(move || engine.close())
    };
    assert!(closed.recv_timeout(SHORT).is_err(), "it waits for the thread");
    shut.open();
    closed.recv_timeout(LONG).unwrap().unwrap();
    assert_eq!(named.load(Ordering::Relaxed), before + 1, "the one of the thread was cancelled");
    let stats = engine.stats();
    assert_eq!((stats.checkpoints, stats.failed_checkpoints), (1, 0));
    assert_eq!(stats.checkpoint_revision, 2);
}

/// The thread has no handle of the store.
#[test]
fn dropping_the_last_handle_while_a_checkpoint_is_made_closes_the_store() {
    let simulated = SimulatedDisk::new();
    let (disk, gate) = Gate::on(simulated.clone());
    let engine = start_with(disk, Options::new().checkpoint_age(Some(Duration::ZERO))).unwrap();
    let shut = gate.shut();
    make_view(&engine);
    shut.wait();
    assert_eq!(Arc::strong_count(&engine), 1);
    let dropped = spawn(move || drop(engine));
    assert!(dropped.recv_timeout(SHORT).is_err(), "it waits for the thread");
    shut.open();
    dropped.recv_timeout(LONG).unwrap();
    let next = start_with(simulated, Options::new()).unwrap();
    assert_eq!((revision(&next), next.stats().checkpoint_revision), (1, 1));
    assert_clean(&next);
}

#[test]
fn a_checkpoint_on_a_thread_delays_no_change_and_has_the_state_of_its_beginning() {
    let (disk, gate) = Gate::on(SimulatedDisk::new());
    let engine = start_with(disk, Options::new().checkpoint_age(Some(Duration::ZERO))).unwrap();
    let shut = gate.shut();
    make_view(&engine);
    shut.wait();
    (0..20).for_each(|number| link(&engine, number, 10).unwrap());
    assert_eq!((links(&engine), engine.stats().checkpoints), (200, 0));
    shut.open();
    engine.checkpointer.wait();
    let stats = engine.stats();
    assert_eq!((stats.checkpoints, stats.checkpoint_revision), (1, 1));
    assert!(stats.bytes_since_checkpoint > 0);
    assert_clean(&engine);
}

/// Two callers share a group. The leader makes the checkpoint after the other caller has its answer.
#[test]
fn a_slow_checkpoint_delays_only_the_answer_of_the_leader() {
    let (disk, gate) = Gate::on(SimulatedDisk::new());
    let blocked = Arc::new(Mutex::new(None));
    let blocking: Arc<Mutex<Option<Receiver<()>>>> = Arc::clone(&blocked);
    let clock = move || {
        let go = blocking.lock().unwrap().take();
        if let Some(go) = go {
            // This ends when the sender is dropped.
            let _ = go.recv();
        }
        Timestamp::from_millis(1)
    };
    let options = options().checkpoint_age(Some(Duration::ZERO)).clock(clock);
    let engine = start_with(disk, options).unwrap();
    make_view(&engine);
    let shut = gate.shut();
    let (go, gone) = channel();
    *blocked.lock().unwrap() = Some(gone);
    // It changes nothing, and leads until both other calls wait.
    let first = {
        let engine = Arc::clone(&engine);
        spawn(move || make_view(&engine))
    };
    while blocked.lock().unwrap().is_some() {
        thread::yield_now();
    }
    let (sender, answers) = channel();
    for number in 0..2 {
        let (engine, sender) = (Arc::clone(&engine), sender.clone());
        thread::spawn(move || sender.send(link(&engine, number, 10)));
    }
    thread::sleep(3 * SHORT);
    drop(go);
    first.recv_timeout(LONG).unwrap();
    shut.wait();
    answers.recv_timeout(LONG).unwrap().unwrap();
    assert!(answers.recv_timeout(SHORT).is_err(), "the leader is making it");
    assert_eq!(links(&engine), 20);
    shut.open();
    answers.recv_timeout(LONG).unwrap().unwrap();
    assert_eq!(engine.stats().groups.counts[..2], [1, 1]);
    assert_clean(&engine);
}
