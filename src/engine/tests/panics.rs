//! Leaders that panic at an unexpected place.

use std::sync::atomic::{AtomicBool, Ordering};

use super::hooked::Hooked;
use super::*;

/// The disk panics when a segment is begun, in the thread of the leader.
#[test]
fn a_leader_that_panics_leaves_no_call_waiting_and_the_store_can_be_recovered() {
    let is_armed = Arc::new(AtomicBool::new(false));
    let armed = Arc::clone(&is_armed);
    let disk = Hooked::new(SimulatedDisk::new(), move |call, name| {
        if call == "create" && name.starts_with("journal/") && armed.load(Ordering::Relaxed) {
            thread::sleep(SHORT);
            std::panic::resume_unwind(Box::new("by a test"));
        }
        Ok(())
    });
    let engine = start_with(disk, options().checkpoints(Checkpoints::ByHand)).unwrap();
    make_view(&engine);
    link(&engine, 0, 10).unwrap();
    is_armed.store(true, Ordering::Relaxed);
    // Each change needs a new segment. The first caller leads; others arrive meanwhile.
    let callers: Vec<_> = (1..6)
        .map(|number| {
            let engine = Arc::clone(&engine);
            spawn(move || link(&engine, number, 2_000))
        })
        .collect();
    let heard: Vec<_> = callers.into_iter().map(|caller| caller.recv_timeout(LONG)).collect();
    let panicked = heard.iter().filter(|heard| heard.is_err()).count();
    assert!(panicked >= 1, "{heard:?}");
    for error in heard.into_iter().filter_map(|heard| heard.ok()?.err()) {
        let known = matches!(error, Error::WritesStopped { .. });
        assert!(known || error.outcome() == Outcome::Unknown, "{error}");
    }
    let late = link(&engine, 7, 1).unwrap_err();
    assert!(matches!(late, Error::WritesStopped { .. }), "{late}");
    assert_eq!(links(&engine), 10, "reads continue");
    is_armed.store(false, Ordering::Relaxed);
    engine.recover().unwrap();
    assert_eq!(links(&engine) % 2_000, 10, "each change is whole or absent");
    link(&engine, 8, 2_000).unwrap();
    assert_clean(&engine);
}
