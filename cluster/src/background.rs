//! A runtime of a log's own, so that its calls may block in any thread of the caller.

use std::future::Future;
use std::sync::mpsc;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::LogError;
use crate::log::away;

/// Threads that a client runs on.
///
/// Neither a call nor dropping it panics in a thread that runs a runtime itself: the caller waits on a plain channel.
#[derive(Debug)]
pub(crate) struct Background(Option<Runtime>);

impl Background {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] where the system gives no threads.
    pub(crate) fn start(name: &str) -> Result<Self, LogError> {
        let built =
            Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build();
        match built {
            Ok(runtime) => Ok(Self(Some(runtime))),
            Err(source) => Err(away("start the threads of its client", source)),
        }
    }

    /// Runs a future to its end, while the calling thread waits.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] where it panicked: what it did is not known.
    pub(crate) fn run<T, F>(&self, future: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        if let Some(handle) = self.handle() {
            handle.spawn(async move { answer.send(future.await) });
        }
        answered.recv().map_err(|source| away("finish a call", source))
    }

    /// Where tasks are spawned.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
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
        let error = background.run(async { panic!("as the test wants") }).unwrap_err();
        assert!(matches!(error, LogError::Away { .. }));
    }
}
