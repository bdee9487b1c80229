//! The store, and how requests call it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::Span;
use viewlink::{Project, ProjectSnapshot, Snapshot, Store, wire::ErrorCode};

use crate::cors::Origin;
use crate::failure::Failure;
use crate::keys::{ApiKeys, Caller};
use crate::members::Members;
use crate::metrics::Metrics;
use crate::settings::Settings;

/// The state that all requests share. Cloning it is cheap.
#[derive(Clone)]
pub struct Host {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    keys: ApiKeys,
    members: Members,
    settings: Settings,
    calls: Arc<Semaphore>,
    metrics: Metrics,
}

impl Host {
    /// A host for a store. Callers need one of the keys. Answers name the maintainers from `members`.
    #[must_use]
    pub fn new(store: Store, keys: ApiKeys, members: Members, settings: Settings) -> Self {
        let calls = Arc::new(Semaphore::new(settings.store_calls.into()));
        let metrics = Metrics::new(store.clone());
        Self { shared: Arc::new(Shared { store, keys, members, settings, calls, metrics }) }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    pub(crate) fn keys(&self) -> &ApiKeys {
        &self.shared.keys
    }

    pub(crate) fn members(&self) -> &Members {
        &self.shared.members
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.shared.settings.body_limit
    }

    /// The origins whose pages may call the API.
    pub(crate) fn origins(&self) -> &[Origin] {
        &self.shared.settings.allow_origin
    }

    /// How long a connection may be silent.
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.shared.settings.idle)
    }

    /// The account id that answers carry.
    pub(crate) fn account(&self) -> &str {
        &self.shared.settings.account_id
    }

    /// A project whose changes record the caller.
    pub(crate) fn project(&self, key: &str, caller: &Caller) -> viewlink::Result<Project> {
        Ok(self.store().project(key)?.actor(caller.id()))
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Runs a call that may wait for the disk, in a thread where it does not block other requests.
    ///
    /// Once begun, it runs to its end, even if the client disconnects.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.shared.calls).acquire_owned().await;
        let permit = permit.map_err(|_| Failure::new(ErrorCode::Closed, "the host stops"))?;
        let (host, span) = (self.clone(), Span::current());
        let done = spawn_blocking(move || {
            // Log lines of the store during the call belong to the request.
            let done = span.in_scope(|| act(&host));
            drop(permit);
            done
        });
        done.await.unwrap_or_else(|error| Err(Failure::of_host(error)))
    }

    /// Reads a project from one snapshot, which is released before the answer is sent.
    pub(crate) fn read<T>(
        &self,
        project: &str,
        as_of: Option<u64>,
        read: impl FnOnce(&ProjectSnapshot) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        read(&self.snapshot(as_of)?.project(project)?)
    }

    /// The store as it was at a revision, or the current state without one.
    pub(crate) fn snapshot(&self, as_of: Option<u64>) -> Result<Snapshot, Failure> {
        let now = self.store().snapshot()?;
        let Some(revision) = as_of else { return Ok(now) };
        let (newest, limit) = (now.revision(), self.shared.settings.as_of_changes);
        let oldest = newest.saturating_sub(limit);
        if revision < oldest {
            let message = format!(
                "asOf is {} changes in the past, and the limit is {limit}: ask for revision {oldest} or a later one",
                newest - revision
            );
            return Err(Failure::new(ErrorCode::InvalidRequest, message));
        }
        Ok(self.store().snapshot_at(revision)?)
    }
}
