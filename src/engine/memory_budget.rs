//! How much memory the state may take.
//!
//! The memory of a state is counted from the sizes of its structures, which takes a moment. So it is counted now
//! and then, and in between each change adds what it can take at most. A change that only removes is always
//! admitted.

use crate::model::error::{Error, Result};
use crate::model::{ChangeRecord, Effect};
use crate::state::State;

/// How many bytes a link with a new name takes at most, beside its text.
const LINK: u64 = 160;
/// How many bytes what is said of a view or resource takes at most, beside its texts.
const RECORD: u64 = 1_024;
/// How often the text of a change stands in memory at most: as names, in the registry and its indexes.
const TEXTS: u64 = 4;

/// How much memory the state may take, and takes at most.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    limit: Option<u64>,
    /// What was counted, and at which revision.
    counted: Option<(u64, u64)>,
    /// What was added since.
    added: u64,
}

impl MemoryBudget {
    pub(super) const fn new(limit: Option<u64>) -> Self {
        Self { limit, counted: None, added: 0 }
    }

    /// Whether a change may be made: it takes so many bytes in the journal.
    ///
    /// Cost: O(1); where the limit is near, O(views + resources + links / 384) once for each state.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryLimit`].
    pub(super) fn admit(
        &mut self,
        state: &State,
        change: &ChangeRecord,
        bytes: usize,
    ) -> Result<()> {
        let Some(limit) = self.limit else { return Ok(()) };
        let growth = growth_of(change, bytes as u64);
        if growth == 0 {
            return Ok(());
        }
        let mut needed =
            self.counted.map(|(counted, _)| counted.saturating_add(self.added + growth));
        if needed.is_none_or(|needed| needed > limit) {
            let revision = state.head().revision;
            if self.counted.is_none_or(|(_, at)| at != revision) {
                self.counted = Some((state.memory_use().total(), revision));
                self.added = 0;
            }
            let (counted, _) = self.counted.unwrap_or_default();
            needed = Some(counted.saturating_add(self.added + growth));
        }
        match needed {
            Some(needed) if needed > limit => Err(Error::MemoryLimit { needed, limit }),
            _ => {
                self.added += growth;
                Ok(())
            }
        }
    }

    /// Whether a state that was loaded fits.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryLimit`].
    pub(super) fn check(&self, state: &State) -> Result<()> {
        let Some(limit) = self.limit else { return Ok(()) };
        match state.memory_use().total() {
            needed if needed > limit => Err(Error::MemoryLimit { needed, limit }),
            _ => Ok(()),
        }
    }
}

/// How many bytes of memory a change takes at most; 0 where it takes none.
fn growth_of(change: &ChangeRecord, bytes: u64) -> u64 {
    let records = match &change.effect {
        Effect::CreateView { .. } | Effect::UpdateView { .. } => RECORD,
        Effect::ChangeLinks(parts) => {
            LINK * parts.iter().map(|part| part.linked.len() as u64).sum::<u64>()
        }
        Effect::PutResources(puts) => RECORD * puts.len() as u64,
        Effect::DeleteView { .. }
        | Effect::RemoveResource { .. }
        | Effect::RemoveEnvironment { .. }
        | Effect::DeleteProject { .. } => 0,
    };
    if records == 0 { 0 } else { records.saturating_add(bytes.saturating_mul(TEXTS)) }
}
