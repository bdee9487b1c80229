//! Nobody waits for ever.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Longer than anything here should ever take.
const LONG: Duration = Duration::from_secs(60);

/// Does something in a thread of its own, and ends the test if that does not come back.
pub(crate) fn watched<T: Send + 'static>(
    what: String,
    act: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (done, result) = mpsc::channel();
    let acting = thread::spawn(move || done.send(act()));
    match result.recv_timeout(LONG) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("{what}: it hangs"),
        Err(RecvTimeoutError::Disconnected) => {
            drop(acting.join());
            panic!("{what}: it panicked");
        }
    }
}
