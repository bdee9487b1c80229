//! A call on the pool of blocking threads.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::catch_panic::catch_panic;
use crate::model::error::{Error, Outcome, Result};

/// A call that was handed to the pool. Dropped, it is not made any more unless it has begun.
#[derive(Debug)]
pub(super) struct Call<T>(JoinHandle<Result<T>>);

impl<T: Send + 'static> Call<T> {
    /// Hands a call to the pool.
    ///
    /// # Errors
    ///
    /// [`Error::NoRuntime`] outside of a runtime; [`Error::Io`] where the system gives no thread.
    pub(super) fn new(act: impl FnOnce() -> Result<T> + Send + 'static) -> Result<Self> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        // It panics where there is no thread and none can be made. The call is in the pool's queue
        // by then, so a later one may still bring it a thread.
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
        // What the call itself panics with is caught, so it was never begun: nobody but `drop`
        // takes it back, and a runtime that ends drops what waits for a thread.
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).unwrap_or(Err(Error::NoRuntime)))
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        // Takes back what waits for a thread, and does nothing to what has one.
        self.0.abort();
    }
}

/// Makes a call on the pool.
///
/// # Errors
///
/// Those of the call; [`Error::NoRuntime`] and [`Error::Io`] where it could not be made.
pub(super) async fn run<T: Send + 'static>(
    act: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    Call::new(act)?.await
}
