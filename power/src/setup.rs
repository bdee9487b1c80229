//! How a store is opened in one run.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use viewlink::{Options, Result, Store};

/// Options so small that a short run rotates segments, makes checkpoints, and trims and archives segments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setup {
    segment_size: u64,
    checkpoint_bytes: u64,
    checkpoint_millis: Option<u64>,
    keep: Option<u64>,
    archives: bool,
    reads_back: bool,
    is_direct: bool,
}

impl Setup {
    /// One of many setups.
    #[must_use]
    pub fn random(random: &mut fastrand::Rng) -> Self {
        Self {
            segment_size: 1 << random.u32(12..20),
            checkpoint_bytes: 1 << random.u32(10..18),
            checkpoint_millis: random.bool().then(|| random.u64(2..50)),
            keep: random.bool().then(|| random.u64(1..200)),
            archives: random.u8(0..4) == 0,
            reads_back: random.u8(0..4) == 0,
            is_direct: random.bool(),
        }
    }

    /// The same, with or without direct appends.
    #[must_use]
    pub fn direct(self, is_direct: bool) -> Self {
        Self { is_direct, ..self }
    }

    /// Opens the store in a directory below the mount point `root`.
    ///
    /// # Errors
    ///
    /// The errors of opening it.
    pub fn open(&self, root: &Path) -> Result<Store> {
        let options = Options::new()
            .segment_size(self.segment_size)
            .checkpoint_bytes(self.checkpoint_bytes)
            .checkpoint_age(self.checkpoint_millis.map(Duration::from_millis))
            .check_checkpoints(self.reads_back)
            .keep_changes(self.keep)
            .archive(self.archives.then(|| root.join("archive")));
        let path = root.join("store");
        if self.is_direct { options.open(path) } else { options.open_buffered(path) }
    }
}
