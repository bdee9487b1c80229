//! The results of a run.

use std::fmt;
use std::time::Duration;

use crate::Result;

/// The results of a run.
pub(crate) struct Figures {
    pub(crate) connections: u32,
    pub(crate) time: Duration,
    /// In ascending order.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) groups: Groups,
    pub(crate) sync: Duration,
    pub(crate) flags: usize,
}

/// The changes and groups that the host counted in its metrics.
#[derive(Clone, Copy)]
pub(crate) struct Groups {
    pub(crate) changes: f64,
    pub(crate) groups: f64,
}

impl Groups {
    /// Reads them from the text of `/metrics`.
    pub(crate) fn of(metrics: &str) -> Result<Self> {
        let figure = |name: &str| -> Result<f64> {
            let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            Ok(line.ok_or_else(|| format!("the metrics lack {name}"))?.parse()?)
        };
        let changes = figure("viewlink_group_size_sum")?;
        Ok(Self { changes, groups: figure("viewlink_group_size_count")? })
    }
}

/// The shortest time that at least `per_mille` of a thousand values do not exceed; zero if there are no values.
pub(crate) fn percentile(sorted: &[Duration], per_mille: usize) -> Duration {
    let rank = (sorted.len() * per_mille).div_ceil(1000).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.latencies.len();
        let rate = requests as f64 / self.time.as_secs_f64();
        let Groups { changes, groups } = self.groups;
        let bare = self.sync.as_secs_f64();
        let at = |per_mille| percentile(&self.latencies, per_mille);
        writeln!(f, "connections      {}", self.connections)?;
        writeln!(f, "requests         {requests} in {:.1} s, no error", self.time.as_secs_f64())?;
        writeln!(f, "requests/s       {rate:.0}")?;
        writeln!(
            f,
            "latency          p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}",
            at(500),
            at(990),
            at(999)
        )?;
        writeln!(
            f,
            "changes          {changes:.0} in {groups:.0} groups, {:.1} each",
            changes / groups
        )?;
        writeln!(f, "write and sync   {:.1?} on this disk", self.sync)?;
        writeln!(f, "compared         {:.1} requests per write and sync", rate * bare)?;
        writeln!(
            f,
            "                 p50 is {:.1} times as long as a write and sync",
            at(500).as_secs_f64() / bare
        )?;
        writeln!(
            f,
            "read back        {} linked flags, over HTTP and in the reopened store",
            self.flags
        )?;
        writeln!(f, "the store is clean")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let times: Vec<_> = (1..=1000).map(Duration::from_micros).collect();
        let at = |per_mille| percentile(&times, per_mille).as_micros();
        assert_eq!((at(500), at(990), at(999), at(1000)), (500, 990, 999, 1000));
        assert_eq!(percentile(&[], 500), Duration::ZERO);
    }
}
