//! The server: it accepts connections, and stops them in order.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::connection;
use crate::descriptors;
use crate::host::Host;
use crate::rarely::Rarely;
use crate::router::router;
use crate::unread;

/// The pause after a failed accept: the missing descriptors or memory are rarely available at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves a host until `stop` completes. Then it accepts no more connections, waits up to `grace` for running requests
/// to finish, and closes the store.
///
/// An error of closing the store is logged. No acknowledged change is lost then.
pub async fn serve(
    host: Host,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    grace: Duration,
) {
    let mut server = Server::new(host.clone());
    server.accept(listener, stop).await;
    server.finish(grace).await;
    drop(server);
    close(host).await;
}

struct Server {
    host: Host,
    routes: Router,
    connections: JoinSet<()>,
    /// The largest number of connections; the store needs the other descriptors.
    most: usize,
    stopping: watch::Sender<bool>,
    full: Rarely,
    failing: Rarely,
}

impl Server {
    fn new(host: Host) -> Self {
        Self {
            routes: router(&host).layer(from_fn(unread::take_in)),
            host,
            connections: JoinSet::new(),
            most: descriptors::for_connections(),
            stopping: watch::Sender::new(false),
            full: Rarely::default(),
            failing: Rarely::default(),
        }
    }

    /// Accepts connections until `stop` completes.
    async fn accept(&mut self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let room = self.connections.len() < self.most;
            tokio::select! {
                () = &mut stop => return,
                Some(_) = self.connections.join_next() => {}
                accepted = listener.accept(), if room => match accepted {
                    Ok((stream, _)) => self.begin(stream),
                    Err(error) => self.not_accepted(&error).await,
                },
            }
            self.host.metrics().connections.set(self.connections.len() as i64);
        }
    }

    fn begin(&mut self, stream: TcpStream) {
        let serve = connection::serve(
            stream,
            self.routes.clone(),
            self.host.clone(),
            self.stopping.subscribe(),
        );
        self.connections.spawn(serve);
        if self.connections.len() < self.most {
            return;
        }
        self.host.metrics().connection_limit_reached.inc();
        if let Some(unreported) = self.full.turn() {
            let most = self.most;
            tracing::warn!(
                connections = most,
                unreported,
                "the limit of open files permits no more connections: others wait until one ends; raise the limit \
                 (ulimit -n)"
            );
        }
    }

    async fn not_accepted(&mut self, error: &io::Error) {
        self.host.metrics().failed_accepts.inc();
        if let Some(unreported) = self.failing.turn() {
            tracing::error!(%error, unreported, "no connection can be accepted");
        }
        // A client that disconnected before it was accepted used no resources.
        if !matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) {
            sleep(PAUSE).await;
        }
    }

    /// Waits up to `grace` for running requests to finish, and then cuts them off.
    async fn finish(&mut self, grace: Duration) {
        self.stopping.send_replace(true);
        let all = async { while self.connections.join_next().await.is_some() {} };
        if timeout(grace, all).await.is_err() {
            tracing::warn!("requests were cut off: they took longer than the grace period");
            self.connections.shutdown().await;
        }
    }
}

async fn close(host: Host) {
    // The host is dropped there, too: a copy that follows a log waits for its threads.
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
