//! The store, and how requests call it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use viewlink::{Position, Project, Snapshot, Store, wire::ErrorCode};
use viewlink_cluster::{Member, Status};

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
    /// Set if the store is a copy that shares a log with the copies of other hosts.
    member: Option<Arc<Member>>,
    keys: ApiKeys,
    members: Members,
    settings: Settings,
    calls: Arc<Semaphore>,
    /// Permits for changes, which need one of `calls`, too; these are fewer, so that reads continue.
    changes: Arc<Semaphore>,
    /// Requests that wait for a position.
    waits: Arc<Semaphore>,
    metrics: Metrics,
}

/// How many requests wait for a position at the same time.
const WAITS: usize = 64;

impl Host {
    /// A host for a store. Callers need one of the keys. Answers name the maintainers from `members`.
    #[must_use]
    pub fn new(store: Store, keys: ApiKeys, members: Members, settings: Settings) -> Self {
        Self::on(store, None, keys, members, settings)
    }

    /// A host of a copy of a store that shares a log with the copies of other hosts.
    #[must_use]
    pub fn of_member(
        member: Arc<Member>,
        keys: ApiKeys,
        members: Members,
        settings: Settings,
    ) -> Self {
        Self::on(member.store().clone(), Some(member), keys, members, settings)
    }

    fn on(
        store: Store,
        member: Option<Arc<Member>>,
        keys: ApiKeys,
        members: Members,
        settings: Settings,
    ) -> Self {
        let calls = Arc::new(Semaphore::new(settings.store_calls.into()));
        let changes = (usize::from(settings.store_calls) * 3 / 4).max(1);
        let changes = Arc::new(Semaphore::new(changes));
        let waits = Arc::new(Semaphore::new(WAITS));
        let metrics = Metrics::new(store.clone(), member.clone());
        let shared =
            Shared { store, member, keys, members, settings, calls, changes, waits, metrics };
        Self { shared: Arc::new(shared) }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The position of the store; `None` if it cannot be read.
    pub(crate) fn position(&self) -> Option<Position> {
        self.store().mark().ok().map(|(position, _)| position)
    }

    /// How a copy that shares a log follows it; `None` for a store by itself.
    pub(crate) fn status(&self) -> Option<Status> {
        self.shared.member.as_ref().map(|member| member.status())
    }

    /// The calls of the store that may run at the same time.
    pub(crate) fn calls(&self) -> &Arc<Semaphore> {
        &self.shared.calls
    }

    /// The changes that may run at the same time, each of which is one of these calls, too.
    pub(crate) fn changes(&self) -> &Arc<Semaphore> {
        &self.shared.changes
    }

    /// The requests that may wait for a position at the same time.
    pub(crate) fn waits(&self) -> &Arc<Semaphore> {
        &self.shared.waits
    }

    /// How long a request waits for a position.
    pub(crate) fn wait(&self) -> Duration {
        Duration::from_secs(self.shared.settings.wait)
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
