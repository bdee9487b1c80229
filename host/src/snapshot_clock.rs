//! Snapshots that a host publishes at regular times.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use viewlink_cluster::{Member, Result, Snapshots};

use crate::failure::chain;

/// How many snapshots a host published, and how often it failed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct SnapshotCounts {
    pub(crate) published: Counter,
    pub(crate) failed: Counter,
}

/// Publishes snapshots at regular times, its turns.
///
/// All hosts may have one: a host publishes only if no other host has published since its previous turn.
#[derive(Clone)]
pub(crate) struct SnapshotClock {
    member: Arc<Member>,
    snapshots: Arc<dyn Snapshots>,
    counts: SnapshotCounts,
}

impl SnapshotClock {
    pub(crate) fn new(
        member: Arc<Member>,
        snapshots: Arc<dyn Snapshots>,
        counts: SnapshotCounts,
    ) -> Self {
        Self { member, snapshots, counts }
    }

    /// Takes turns until the future is dropped.
    pub(crate) async fn run(self, every: Duration) {
        loop {
            let before = self.blocking(Self::newest).await;
            sleep(jittered(every)).await;
            if let Some(before) = before {
                self.blocking(move |clock| clock.publish(before)).await;
            }
        }
    }

    /// Runs a step that may wait; a failure is logged and counted.
    async fn blocking<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Option<T> {
        let clock = self.clone();
        let error = match spawn_blocking(move || step(&clock)).await {
            Ok(Ok(done)) => return Some(done),
            Ok(Err(error)) => chain(&error),
            Err(panicked) => panicked.to_string(),
        };
        self.counts.failed.inc();
        tracing::error!(error, "no snapshot could be published");
        None
    }

    /// The place in the log of the newest snapshot.
    fn newest(&self) -> Result<Option<u64>> {
        Ok(self.snapshots.list()?.last().map(|name| name.sequence))
    }

    /// Publishes a snapshot, unless another host has published one since the previous turn (the newest one was
    /// `before` then), or nothing has changed since the newest one.
    fn publish(&self, before: Option<u64>) -> Result<()> {
        let newest = self.newest()?;
        if newest != before || newest == Some(self.member.token()?.sequence()) {
            return Ok(());
        }
        let token = self.member.publish_snapshot()?;
        self.counts.published.inc();
        tracing::info!(position = %token.position(), "a snapshot was published");
        Ok(())
    }
}

/// A time that differs from `every` by at most a tenth, so that hosts that start together do not take their turns
/// together.
fn jittered(every: Duration) -> Duration {
    let mut random = [0; 2];
    // Without random numbers the turns are at the same time, which does no harm.
    let _ = getrandom::fill(&mut random);
    every.mul_f64(0.9 + 0.2 * f64::from(u16::from_ne_bytes(random)) / f64::from(u16::MAX))
}
