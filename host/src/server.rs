//! The server, from its first connection to its last.

use std::future::{Future, IntoFuture as _};
use std::io;
use std::time::Duration;

use axum::middleware::from_fn;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::host::Host;
use crate::router::router;
use crate::unread;

/// Serves a host until it is told to stop; then accepts nothing more, gives what runs `grace` to
/// finish, and closes the store.
///
/// # Errors
///
/// When the network fails. An error of closing the store is logged: nothing acknowledged is lost
/// with it.
pub async fn serve(
    host: Host,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel::<()>();
    let routes = router(&host).layer(from_fn(unread::take_in));
    let served = axum::serve(listener, routes).with_graceful_shutdown(async {
        // Either way it is time: it was told, or nobody is there to tell it.
        let _ = stopped.await;
    });
    let mut served = tokio::spawn(served.into_future());
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = stop => {
            drop(stopping);
            timeout(grace, &mut served).await.unwrap_or_else(|_| {
                tracing::warn!("requests are cut off: they took longer than the grace");
                served.abort();
                Ok(Ok(()))
            })
        }
    };
    close(host).await;
    ended.unwrap_or_else(|error| Err(io::Error::other(error)))
}

async fn close(host: Host) {
    let closed = spawn_blocking(move || host.store().clone().close());
    match closed.await {
        Ok(Ok(())) => tracing::info!("the store is closed"),
        Ok(Err(error)) => {
            let error = crate::failure::chain(&error);
            tracing::error!(error, "the store was not closed cleanly");
        }
        Err(error) => tracing::error!(%error, "closing the store panicked"),
    }
}
