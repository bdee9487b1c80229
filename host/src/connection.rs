//! One connection, and whether it says anything.

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

/// How long the head of the first request may take, where idle connections may last longer: who has
/// just connected has something to say.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How often it is looked whether a request that runs has ended.
const LOOK: Duration = Duration::from_secs(1);

/// Serves a connection, in HTTP/1.1 or HTTP/2 as it begins, until its client ends it, the host
/// stops, or it has been silent for too long.
pub(crate) async fn serve(
    stream: TcpStream,
    routes: Router,
    host: Host,
    mut stopping: watch::Receiver<bool>,
) {
    // Small answers are not to wait for others to go with.
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
    let mut told = false;
    loop {
        tokio::select! {
            // What the client did wrong was answered, or is nobody's concern.
            _ = connection.as_mut() => return,
            _ = stopping.wait_for(|stops| *stops), if !told => {
                connection.as_mut().graceful_shutdown();
                told = true;
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

/// What a connection does.
struct Activity {
    idle: Duration,
    state: Mutex<State>,
}

struct State {
    /// How many requests run.
    running: usize,
    /// Whether there was one.
    served: bool,
    /// When the last one ended, or more of its answer went out.
    last: Instant,
}

/// A request that runs.
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

    /// Notes that part of an answer went out.
    fn note(&self) {
        self.lock().last = Instant::now();
    }

    /// When it is silent for too long, unless it says something before.
    fn deadline(&self) -> Instant {
        let state = self.lock();
        if state.running > 0 {
            return Instant::now() + LOOK;
        }
        // What comes in does not count until it is a whole head: a byte now and then is no request.
        state.last + if state.served { self.idle } else { self.idle.min(FIRST_HEAD) }
    }

    /// Waits until it was silent for too long.
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
