//! A checkpoint that is being made while the store is closed or recovered.

use super::hooked::Gate;
use super::*;
use crate::Fault;

/// A store whose checkpoints are made by hand, with changes to be written to disk.
fn store() -> (Arc<Engine>, Gate, SimulatedDisk) {
    let simulated = SimulatedDisk::new();
    let (disk, gate) = Gate::on(simulated.clone());
    let engine = start_with(disk, options().checkpoints(Checkpoints::ByHand)).unwrap();
    make_view(&engine);
    link(&engine, 0, 10).unwrap();
    (engine, gate, simulated)
}

fn spawn_call<T: Send + 'static>(
    engine: &Arc<Engine>,
    call: impl FnOnce(&Engine) -> T + Send + 'static,
) -> Receiver<T> {
    let engine = Arc::clone(engine);
    spawn(move || call(&engine))
}

/// Otherwise the checkpoint could replace a newer one of the next process.
#[test]
fn a_store_is_unlocked_only_after_the_checkpoint_in_progress() {
    let (engine, gate, simulated) = store();
    let shut = gate.shut();
    let made = spawn_call(&engine, Engine::checkpoint);
    shut.wait();
    let closed = spawn_call(&engine, Engine::close);
    assert!(closed.recv_timeout(SHORT).is_err(), "it waits");
    let other = start_with(simulated.clone(), options()).err();
    assert!(matches!(other, Some(Error::AlreadyOpen { .. })), "{other:?}");
    shut.open();
    made.recv_timeout(LONG).unwrap().unwrap();
    closed.recv_timeout(LONG).unwrap().unwrap();
    let next = start_with(simulated, options()).unwrap();
    assert_eq!((links(&next), next.stats().checkpoint_revision), (10, 2));
    assert_clean(&next);
}

#[test]
fn a_checkpoint_is_not_made_if_the_store_was_closed_or_recovered_meanwhile() {
    for recovers in [false, true] {
        let (engine, _, simulated) = store();
        let input = engine.checkpoint_input(&engine.writer()).unwrap();
        if recovers {
            engine.set_fault(Fault::Unknown);
            link(&engine, 1, 1).unwrap_err();
            engine.recover().unwrap();
        } else {
            engine.close().unwrap();
        }
        let calls = simulated.calls();
        let late = engine.checkpointer.run(&input).unwrap_err();
        assert!(matches!(late, Error::Closed), "{late}");
        assert_eq!(simulated.calls(), calls, "it touches no file");
    }
}

/// A recovery reads the files that a checkpoint and the trimming after it change.
#[test]
fn a_recovery_waits_for_the_checkpoint_in_progress() {
    let (engine, gate, _) = store();
    let shut = gate.shut();
    let made = spawn_call(&engine, Engine::checkpoint);
    shut.wait();
    engine.set_fault(Fault::Unknown);
    link(&engine, 1, 1).unwrap_err();
    let recovered = spawn_call(&engine, Engine::recover);
    assert!(recovered.recv_timeout(SHORT).is_err(), "it waits");
    shut.open();
    made.recv_timeout(LONG).unwrap().unwrap();
    recovered.recv_timeout(LONG).unwrap().unwrap();
    assert_eq!((links(&engine), engine.stats().checkpoint_revision), (10, 2));
    link(&engine, 2, 1).unwrap();
    assert_clean(&engine);
}
