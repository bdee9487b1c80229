//! How a commit goes: what it comes to, and how long it takes.

use std::time::{Duration, Instant};

use super::gauges::Gauges;
use crate::options::Options;

/// The commit of a group, from when it begins to be applied until readers see it.
pub(super) struct Course {
    begun: Instant,
    /// From which time on it is slow.
    slow: Duration,
}

impl Course {
    pub(super) fn begin(options: &Options) -> Self {
        Self { begun: Instant::now(), slow: options.slow_commit }
    }

    /// Says that readers see it.
    pub(super) fn end(self, gauges: &Gauges) {
        let took = self.begun.elapsed();
        gauges.time_commit(took, took >= self.slow);
    }
}
