//! The threads of a client, so that calls of a log may block any thread of the caller.

use std::future::Future;
use std::sync::mpsc;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::LogError;
use crate::log::away;

/// Between two attempts to reach servers.
#[cfg(any(feature = "jetstream", feature = "postgres"))]
const PAUSE: Duration = Duration::from_millis(100);

/// The threads that a client runs on.
///
/// A call and a drop do not panic inside another runtime either: the caller waits on a plain channel.
#[derive(Debug)]
pub(crate) struct Background(Option<Runtime>);

impl Background {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if the system provides no threads.
    pub(crate) fn start(name: &str) -> Result<Self, LogError> {
        let built =
            Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build();
        match built {
            Ok(runtime) => Ok(Self(Some(runtime))),
            Err(source) => Err(away("starting the threads of the client", source)),
        }
    }

    /// Runs a future to its end, while the calling thread waits.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if the future panicked: its outcome is unknown.
    pub(crate) fn run<T, F>(&self, future: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        if let Some(handle) = self.handle() {
            handle.spawn(async move { answer.send(future.await) });
        }
        answered.recv().map_err(|source| away("finishing a call", source))
    }

    /// For spawning tasks.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

/// Makes the first call to servers until it succeeds or the time is over. Servers that are away then are not an error: each
/// later call tries again.
///
/// # Errors
///
/// Those of the call, except [`LogError::Away`].
#[cfg(any(feature = "jetstream", feature = "postgres"))]
pub(crate) fn wait_for_servers(
    within: Duration,
    call: impl Fn() -> Result<(), LogError>,
) -> Result<(), LogError> {
    let begun = Instant::now();
    loop {
        match call() {
            Err(LogError::Away { .. }) if begun.elapsed() < within => std::thread::sleep(PAUSE),
            Ok(()) | Err(LogError::Away { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_inside_a_runtime_and_a_drop_there_do_not_panic() {
        let outer = Builder::new_current_thread().build().unwrap();
        outer.block_on(async {
            let background = Background::start("test").unwrap();
            assert_eq!(background.run(async { 7 }).unwrap(), 7);
        });
    }

    #[test]
    fn a_call_that_panics_is_an_error() {
        let background = Background::start("test").unwrap();
        let error = background.run(async { panic!("the test wants this") }).unwrap_err();
        assert!(matches!(error, LogError::Away { .. }));
    }

    #[cfg(any(feature = "jetstream", feature = "postgres"))]
    #[test]
    fn servers_are_waited_for_only_while_they_are_away() {
        use std::cell::Cell;
        let attempts = Cell::new(0);
        let away_until = |attempt: u32, then: Result<(), LogError>| {
            attempts.set(0);
            let then = Cell::new(Some(then));
            let call = || {
                attempts.set(attempts.get() + 1);
                match attempts.get() < attempt {
                    true => Err(LogError::Away { what: "try".to_owned(), source: None }),
                    false => then.take().unwrap(),
                }
            };
            wait_for_servers(PAUSE * 3, call)
        };
        assert!(away_until(2, Ok(())).is_ok());
        assert_eq!(attempts.get(), 2);
        let unfit = || Err(LogError::Unfit { reason: "the test wants this".to_owned() });
        assert!(away_until(2, unfit()).is_err());
        assert!(away_until(u32::MAX, Ok(())).is_ok(), "each later call tries again");
        assert!(attempts.get() <= 5, "{}", attempts.get());
    }
}
