//! The sizes of the parts of the store, while it is in use.

use super::Engine;
use crate::model::error::Result;
use crate::sizes::{JournalSize, Sizes};

impl Engine {
    /// The sizes of the parts of a snapshot, and of the files at that time. This delays no change.
    pub(crate) fn sizes(&self) -> Result<Sizes> {
        let checkpoints = &self.metrics.checkpoints;
        let (checkpoint_revision, checkpoint_bytes) = (checkpoints.revision(), checkpoints.bytes());
        let (open, _guard) = self.snapshot()?;
        let (newest, segments) = (open.state.head().revision, &open.segments);
        let (count, bytes) = segments.size();
        let oldest = segments.oldest().unwrap_or(u64::MAX).min(newest.saturating_add(1));
        Ok(Sizes {
            revision: newest,
            memory: open.state.memory_use(),
            checkpoint_revision,
            checkpoint_bytes,
            journal: JournalSize { segments: count, bytes, oldest, newest },
        })
    }
}
