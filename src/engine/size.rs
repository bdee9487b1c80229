//! How large the parts of the store are, while it is in use.

use super::Engine;
use crate::model::error::Result;
use crate::sizes::{JournalSize, Sizes};

impl Engine {
    /// The sizes of what a snapshot sees, and of the files as they are then. Holds up no change.
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
