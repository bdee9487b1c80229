//! The results in a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::row::{Row, middle};

/// The results of a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Results {
    /// One row for each measurement and size.
    pub(crate) rows: Vec<Row>,
    /// The median time, in microseconds, of one small write and its sync: the least cost of a durable change on this
    /// disk.
    pub(crate) sync_us: f64,
    /// The exact versions, by engine.
    pub(crate) versions: BTreeMap<String, String>,
    /// The command of the run.
    pub(crate) command: String,
    /// The seed of the keys and of all orders.
    pub(crate) seed: u64,
    /// The cores of the machine.
    pub(crate) cores: usize,
    /// The duration of the run.
    pub(crate) seconds: f64,
}

impl Results {
    /// Reads results.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Ok(serde_json::from_reader(File::open(path)?)?)
    }

    /// The medians of several runs, of the rows that the first one has.
    pub(crate) fn of_runs(runs: &[Self]) -> Result<Self> {
        let first = runs.first().ok_or("there are no results")?;
        let same = |row: &Row| {
            let same = |other: &&Row| (&other.name, other.links) == (&row.name, row.links);
            let found = runs.iter().filter_map(|run| run.rows.iter().find(same));
            Row::of_runs(&found.collect::<Vec<_>>())
        };
        Ok(Self {
            rows: first.rows.iter().filter_map(same).collect(),
            sync_us: middle(runs.iter().map(|run| run.sync_us)).unwrap_or_default(),
            versions: first.versions.clone(),
            command: first.command.clone(),
            seed: first.seed,
            cores: first.cores,
            seconds: runs.iter().map(|run| run.seconds).sum(),
        })
    }

    /// Writes the results.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        Ok(serde_json::to_writer_pretty(File::create(path)?, self)?)
    }
}
