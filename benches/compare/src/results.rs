//! The results, as they are kept in a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::row::Row;

/// What a run measured.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Results {
    /// One for each thing that was measured, at each size.
    pub(crate) rows: Vec<Row>,
    /// The median time, in microseconds, of one small write and its sync: what a durable change
    /// costs at least on this disk.
    pub(crate) sync_us: f64,
    /// What was measured, by engine.
    pub(crate) versions: BTreeMap<String, String>,
    /// How it was called.
    pub(crate) command: String,
    /// Of the keys and of the order of everything.
    pub(crate) seed: u64,
    /// Of the machine.
    pub(crate) cores: usize,
    /// How long it all took.
    pub(crate) seconds: f64,
}

impl Results {
    /// Reads results.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Ok(serde_json::from_reader(File::open(path)?)?)
    }

    /// Writes the results.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        Ok(serde_json::to_writer_pretty(File::create(path)?, self)?)
    }
}
