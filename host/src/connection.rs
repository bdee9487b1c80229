//! One connection, which is closed after it has been silent for too long.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::io::InspectWriter;
use tower::ServiceExt as _;

use crate::host::Host;

/// The time limit for the head of the first request. It is shorter than the idle limit: a client that has just
/// connected should send a request at once.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// The interval at which the host checks whether a running request has ended.
const LOOK: Duration = Duration::from_secs(1);

/// Serves a connection in HTTP/1.1 or HTTP/2, as the client chooses. It returns when the client closes the connection,
/// the host stops, or the connection has been silent for too long.
pub(crate) async fn serve(
    stream: TcpStream,
    routes: Router,
    host: Host,
    mut stopping: watch::Receiver<bool>,
) {
    // Send small answers at once, without waiting for more data.
    let _ = stream.set_nodelay(true);
    let activity = Arc::new(Activity::new(host.idle()));
    let written = Arc::clone(&activity);
    let stream = TokioIo::new(InspectWriter::new(stream, move |_| written.note()));
    let service = {
        let activity = Arc::clone(&activity);
        service_fn(move |request| answer(routes.clone(), request, activity.begin()))
    };
    let builder = Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(stream, service));
    let mut stopping_seen = false;
    loop {
        tokio::select! {
            // An error of the client has been answered already, or nobody is left to receive it.
            _ = connection.as_mut() => return,
            _ = stopping.wait_for(|stops| *stops), if !stopping_seen => {
                connection.as_mut().graceful_shutdown();
                stopping_seen = true;
            }
            () = activity.silence() => {
                host.metrics().silent_connections_closed.inc();
                return;
            }
        }
    }
}

async fn answer(
    routes: Router,
    request: Request<Incoming>,
    _running: Running,
) -> Result<Response<Body>, Infallible> {
    routes.oneshot(request.map(Body::new)).await
}

/// The activity of a connection.
struct Activity {
    idle: Duration,
    state: Mutex<State>,
}

struct State {
    /// The number of running requests.
    running: usize,
    /// Whether any request has run.
    served: bool,
    /// The time when the last request ended, or when a part of its answer was last sent.
    last: Instant,
}

/// A running request.
struct Running(Arc<Activity>);

impl Activity {
    fn new(idle: Duration) -> Self {
        let state = State { running: 0, served: false, last: Instant::now() };
        Self { idle, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(self: &Arc<Self>) -> Running {
        let mut state = self.lock();
        state.running += 1;
        state.served = true;
        drop(state);
        Running(Arc::clone(self))
    }

    /// Records that a part of an answer was sent.
    fn note(&self) {
        self.lock().last = Instant::now();
    }

    /// The time at which the connection has been silent for too long, unless something happens before.
    fn deadline(&self) -> Instant {
        let state = self.lock();
        if state.running > 0 {
            return Instant::now() + LOOK;
        }
        // Received bytes do not count until they are a complete head: single bytes now and then are not a request.
        state.last + if state.served { self.idle } else { self.idle.min(FIRST_HEAD) }
    }

    /// Waits until the connection has been silent for too long.
    async fn silence(&self) {
        loop {
            let deadline = self.deadline();
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running -= 1;
        state.last = Instant::now();
    }
}
