//! A time limit for the tests.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// A time limit that no working test reaches.
const LONG: Duration = Duration::from_secs(60);

/// Runs a function in its own thread, and ends the test if it does not return.
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
