//! How large the parts of the store are, while it is in use.

use super::Engine;
use crate::model::error::Result;
use crate::sizes::{JournalSize, Sizes, TableSize};

impl Engine {
    /// The sizes of what a snapshot sees, and of the files as they are then. Holds up no change.
    pub(crate) fn sizes(&self) -> Result<Sizes> {
        let checkpoint_revision = self.gauges.checkpoint_revision();
        let (hold, segments) = self.read(false)?;
        let tables = hold.read(|tables| tables.sizes())?;
        let (newest, _) = self.journal(hold.head().revision)?;
        let state_bytes = self.with_open(|open| open.state.file_len())?;
        let (count, bytes) = segments.size();
        let oldest = segments.oldest().unwrap_or(u64::MAX).min(newest.saturating_add(1));
        let used = tables.iter().map(TableSize::bytes).sum();
        Ok(Sizes {
            revision: hold.head().revision,
            tables,
            state_bytes,
            free_bytes: state_bytes.saturating_sub(used),
            journal: JournalSize { segments: count, bytes, oldest, newest },
            checkpoint_revision,
        })
    }
}
