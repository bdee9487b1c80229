//! A call of the store for a request.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tracing::Span;
use viewlink::wire::ErrorCode;
use viewlink::{Position, ProjectSnapshot, Snapshot};

use crate::failure::Failure;
use crate::host::Host;
use crate::position_header;

/// The host, and the position of what a request has read.
pub(crate) struct Call<'h> {
    host: &'h Host,
    shown: Cell<Option<Position>>,
}

impl Deref for Call<'_> {
    type Target = Host;

    fn deref(&self) -> &Host {
        self.host
    }
}

impl Call<'_> {
    /// Reads a project in one snapshot, which is dropped before the answer is made.
    pub(crate) fn read<T>(
        &self,
        project: &str,
        as_of: Option<u64>,
        read: impl FnOnce(&ProjectSnapshot) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        read(&self.snapshot(as_of)?.project(project)?)
    }

    /// The store as it was at a revision; without one, as it is.
    pub(crate) fn snapshot(&self, as_of: Option<u64>) -> Result<Snapshot, Failure> {
        let snapshot = self.host.snapshot(as_of)?;
        self.shows(snapshot.position());
        Ok(snapshot)
    }

    /// Notes the position of what the answer shows.
    pub(crate) fn shows(&self, position: Position) {
        self.shown.set(Some(position));
    }

    /// The position of what was read; if nothing was, where the store is now.
    fn position(&self) -> Option<Position> {
        self.shown.get().or_else(|| self.host.position())
    }
}

/// The result of a call, and the position that its answer gives.
pub(crate) struct Called<T> {
    pub(crate) result: Result<T, Failure>,
    position: Option<Position>,
}

impl<T: IntoResponse> IntoResponse for Called<T> {
    fn into_response(self) -> Response {
        let mut response = self.result.into_response();
        position_header::add(response.headers_mut(), self.position);
        response
    }
}

impl Host {
    /// Runs a read, which may wait for the disk, in a thread where it delays no other request. The answer gives the
    /// position of what was read.
    ///
    /// Once begun it runs to its end even if the client disconnects.
    pub(crate) async fn call<T: IntoResponse + Send + 'static>(
        &self,
        act: impl FnOnce(&Call<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Response, Failure> {
        let permit = permit(self.calls()).await?;
        Ok(self.run(permit, act).await?.into_response())
    }

    /// The same for a change, which may also wait for the log. The answer gives the position of the store after it.
    ///
    /// Changes use a part of the calls only, so that reads continue if the log is away.
    pub(crate) async fn change<T: IntoResponse + Send + 'static>(
        &self,
        act: impl FnOnce(&Call<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Response, Failure> {
        let change = permit(self.changes()).await?;
        let permits = (change, permit(self.calls()).await?);
        Ok(self.run(permits, act).await?.into_response())
    }

    /// The same with permits that were acquired before; they are released when the call has ended. The result need not
    /// be the answer.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        permits: impl Send + 'static,
        act: impl FnOnce(&Call<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Called<T>, Failure> {
        let (host, span) = (self.clone(), Span::current());
        let done = spawn_blocking(move || {
            let call = Call { host: &host, shown: Cell::default() };
            // Events of the store belong to the request.
            let called = span.in_scope(|| {
                let result = act(&call);
                Called { result, position: call.position() }
            });
            drop(permits);
            called
        });
        done.await.map_err(Failure::of_host)
    }
}

/// Waits for one of the calls that may run at the same time.
pub(crate) async fn permit(calls: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    let permit = Arc::clone(calls).acquire_owned().await;
    permit.map_err(|_| Failure::new(ErrorCode::Closed, "the host stops"))
}
