//! A call on the pool of blocking threads.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::catch_panic::catch_panic;
use crate::model::error::{Error, Outcome, Result};

/// A call that was given to the pool. If it is dropped before it has begun, it is not made.
#[derive(Debug)]
pub(super) struct Call<T>(JoinHandle<Result<T>>);

impl<T: Send + 'static> Call<T> {
    /// Gives a call to the pool.
    ///
    /// # Errors
    ///
    /// [`Error::NoRuntime`] outside of a runtime; [`Error::Io`] if the system cannot start a thread.
    pub(super) fn new(act: impl FnOnce() -> Result<T> + Send + 'static) -> Result<Self> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        // This panics if there is no thread and none can be started. At that point the call is already in the queue of
        // the pool, so a thread that is started later may still run it.
        let spawned = catch_panic(|| Ok(runtime.spawn_blocking(move || catch_panic(act))));
        spawned.map(Self).map_err(|panic| Error::Io {
            action: "start a thread for the call".to_owned(),
            outcome: Outcome::Unknown,
            source: io::Error::other(panic),
        })
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A panic of the call itself is caught. So an error here means that the call never began: only `drop` cancels
        // it, or a runtime that shuts down and drops the waiting calls.
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).unwrap_or(Err(Error::NoRuntime)))
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        // Cancels a call that waits for a thread; a running call is not affected.
        self.0.abort();
    }
}

/// Makes a call on the pool.
///
/// # Errors
///
/// Those of the call; [`Error::NoRuntime`] and [`Error::Io`] if the call could not be made.
pub(super) async fn run<T: Send + 'static>(
    act: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    Call::new(act)?.await
}
