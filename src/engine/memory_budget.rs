//! How much memory the state may take.
//!
//! The memory of a state is computed from the sizes of its structures, which takes some time. So it is counted only
//! occasionally. In between, each change adds the maximum that it can take. A change that only removes is always
//! admitted.

use crate::model::change_record::{FilterChange, LinksChange, PutResource};
use crate::model::error::{Error, Result};
use crate::model::{ChangeRecord, Effect, ResourceFields};
use crate::state::State;

/// The maximum bytes of a link with a new name, without its text.
const LINK: u64 = 160;
/// The maximum bytes of the fields of a view or resource, without their texts.
const RECORD: u64 = 1_024;
/// The maximum bytes of a tag or an attribute value, without its text.
const LISTED: u64 = 64;
/// How often the text of a change can be in memory at most: as names, in the registry and in its indexes.
const TEXTS: u64 = 4;
/// Structures grow in steps. This is the maximum extra growth by one change, for each pair of view and type.
const STEP: u64 = 48 << 10;

/// The memory limit of the state, and an upper bound of its memory.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    limit: Option<u64>,
    /// The counted bytes, and the revision at which they were counted.
    counted: Option<(u64, u64)>,
    /// An upper bound for the changes that were made since.
    made: u64,
    /// An upper bound for the changes that were admitted but are not made yet.
    pending: u64,
}

impl MemoryBudget {
    pub(super) const fn new(limit: Option<u64>) -> Self {
        Self { limit, counted: None, made: 0, pending: 0 }
    }

    /// Begins a group. Changes that were admitted before and are not made by now will never be made.
    pub(super) const fn begin(&mut self) {
        self.pending = 0;
    }

    /// Records that the admitted changes are made.
    pub(super) const fn make(&mut self) {
        self.made = self.made.saturating_add(self.pending);
        self.pending = 0;
    }

    /// Counts changes that are made without admission.
    pub(super) const fn follow(&mut self, growth: u64) {
        self.made = self.made.saturating_add(growth);
    }

    /// Admits a change that takes `bytes` in the journal, or refuses it. The state has none of the changes that were
    /// admitted since the group began.
    ///
    /// Cost: O(1); near the limit O(views + resources + links / 384), once for each state.
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
        let revision = state.head().revision;
        let is_counted = self.counted.is_some_and(|(_, at)| at == revision);
        if !is_counted && self.most().is_none_or(|most| most.saturating_add(growth) > limit) {
            self.counted = Some((state.memory_use().total(), revision));
            self.made = 0;
        }
        match self.most().unwrap_or_default().saturating_add(growth) {
            needed if needed > limit => Err(Error::MemoryLimit { needed, limit }),
            _ => {
                self.pending = self.pending.saturating_add(growth);
                Ok(())
            }
        }
    }

    /// An upper bound of the memory after all admitted changes are made; `None` if the state was never counted.
    pub(super) fn most(&self) -> Option<u64> {
        let (counted, _) = self.counted?;
        Some(counted.saturating_add(self.made).saturating_add(self.pending))
    }

    /// Checks whether a loaded state fits. A loaded state can take slightly more or less memory than the same state
    /// that was changed step by step. So one eighth more is allowed: a store that was filled under a limit can be
    /// opened under it.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryLimit`].
    pub(super) fn check(&self, state: &State) -> Result<()> {
        let Some(limit) = self.limit else { return Ok(()) };
        match state.memory_use().total() {
            needed if needed > limit.saturating_add(limit / 8) => {
                Err(Error::MemoryLimit { needed, limit })
            }
            _ => Ok(()),
        }
    }
}

/// The maximum bytes of memory that a change takes, given its bytes in the journal; 0 if it only removes.
pub(super) fn growth_of(change: &ChangeRecord, bytes: u64) -> u64 {
    let effects = change.effects.iter().map(growth_of_effect);
    let (steps, things) =
        effects.fold((0, 0), |(steps, things), (more, added)| (steps + more, things + added));
    if steps == 0 { 0 } else { STEP * steps + things + bytes.saturating_mul(TEXTS) }
}

/// In how many parts an effect adds data, and the bytes of this data without texts.
fn growth_of_effect(effect: &Effect) -> (u64, u64) {
    match effect {
        Effect::CreateView { .. }
        | Effect::UpdateView { .. }
        | Effect::PutProject { .. }
        | Effect::RenameView { .. } => (1, RECORD),
        Effect::ChangeLinks(parts) => growth_of_links(parts),
        Effect::PutResources(puts) => (1, puts.iter().map(growth_of_put).sum()),
        // From then on, the view stores the ids of the names whose links keys hold, in full chunks.
        Effect::ChangeFilter(FilterChange { filter: Some(_), links, .. }) => {
            (1, RECORD + 5 * links)
        }
        Effect::DeleteView { .. }
        | Effect::Unregister(_)
        | Effect::RemoveResource { .. }
        | Effect::RemoveEnvironment { .. }
        | Effect::ChangeFilter(_)
        | Effect::DeleteProject { .. } => (0, 0),
    }
}

/// The bytes of the fields of a resource: it can have many short tags and attributes.
fn growth_of_put(put: &PutResource) -> u64 {
    let ResourceFields { tags, attributes, .. } = &put.fields;
    let texts = attributes.values().map(|value| value.each_text().len()).sum::<usize>();
    RECORD + LISTED * tags.len().saturating_add(texts) as u64
}

/// In how many parts a change adds links, and the bytes of these links. In the journal, names share their prefixes, so
/// their texts can be longer than their bytes there.
fn growth_of_links(parts: &[LinksChange]) -> (u64, u64) {
    let adds = |part: &&LinksChange| !part.linked.is_empty() || !part.holds.held.is_empty();
    let linking = || parts.iter().filter(adds);
    let names = linking().flat_map(|part| part.linked.iter());
    (linking().count() as u64, names.map(|name| LINK + 2 * name.len() as u64).sum())
}
