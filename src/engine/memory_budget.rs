//! How much memory the state may take.
//!
//! The memory of a state is counted from the sizes of its structures, which takes a moment. So it is counted now
//! and then, and in between each change adds what it can take at most. A change that only removes is always
//! admitted.

use crate::model::change_record::{FilterChange, LinksChange, PutResource};
use crate::model::error::{Error, Result};
use crate::model::{ChangeRecord, Effect, ResourceFields};
use crate::state::State;

/// How many bytes a link with a new name takes at most, beside its text.
const LINK: u64 = 160;
/// How many bytes what is said of a view or resource takes at most, beside its texts.
const RECORD: u64 = 1_024;
/// How many bytes a tag or text of an attribute takes at most, beside its text.
const LISTED: u64 = 64;
/// How often the text of a change stands in memory at most: as names, in the registry and its indexes.
const TEXTS: u64 = 4;
/// Structures grow in steps: by how many bytes more a change makes those of one view and type grow at most.
const STEP: u64 = 48 << 10;

/// How much memory the state may take, and takes at most.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    limit: Option<u64>,
    /// What was counted, and at which revision.
    counted: Option<(u64, u64)>,
    /// What changes that were made since take at most.
    made: u64,
    /// What changes take at most that were admitted and are not made yet.
    pending: u64,
}

impl MemoryBudget {
    pub(super) const fn new(limit: Option<u64>) -> Self {
        Self { limit, counted: None, made: 0, pending: 0 }
    }

    /// Begins with a group: what was admitted before and not made by now never will be.
    pub(super) const fn begin(&mut self) {
        self.pending = 0;
    }

    /// Says that the changes that were admitted are made.
    pub(super) const fn make(&mut self) {
        self.made = self.made.saturating_add(self.pending);
        self.pending = 0;
    }

    /// Counts changes that are made whatever they take.
    pub(super) const fn follow(&mut self, growth: u64) {
        self.made = self.made.saturating_add(growth);
    }

    /// Whether a change may be made: it takes so many bytes in the journal. The state has none of the changes that
    /// were admitted since the group began.
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

    /// What the state takes at most once all that was admitted is made; `None` where it was never counted.
    pub(super) fn most(&self) -> Option<u64> {
        let (counted, _) = self.counted?;
        Some(counted.saturating_add(self.made).saturating_add(self.pending))
    }

    /// Whether a state that was loaded fits. It takes somewhat more or less than it took when it was changed step by
    /// step, so an eighth more is let pass: what a store took under a limit can be opened under it.
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

/// How many bytes of memory a change takes at most, which takes so many bytes in the journal; 0 where it only removes.
pub(super) fn growth_of(change: &ChangeRecord, bytes: u64) -> u64 {
    let effects = change.effects.iter().map(growth_of_effect);
    let (steps, things) =
        effects.fold((0, 0), |(steps, things), (more, added)| (steps + more, things + added));
    if steps == 0 { 0 } else { STEP * steps + things + bytes.saturating_mul(TEXTS) }
}

/// In how many parts an effect adds anything, and the bytes of what it adds, but for texts.
fn growth_of_effect(effect: &Effect) -> (u64, u64) {
    match effect {
        Effect::CreateView { .. }
        | Effect::UpdateView { .. }
        | Effect::PutProject { .. }
        | Effect::RenameView { .. } => (1, RECORD),
        Effect::ChangeLinks(parts) => growth_of_links(parts),
        Effect::PutResources(puts) => (1, puts.iter().map(growth_of_put).sum()),
        // Who holds each link is known from then on: by ids, in chunks that are full.
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

/// The bytes of what is said of a resource: tags and attributes may be many and short.
fn growth_of_put(put: &PutResource) -> u64 {
    let ResourceFields { tags, attributes, .. } = &put.fields;
    let texts = attributes.values().map(|value| value.each_text().len()).sum::<usize>();
    RECORD + LISTED * tags.len().saturating_add(texts) as u64
}

/// In how many parts a change links anything, and the bytes of these links. Names share their beginnings in the
/// journal, so their texts are longer than what they take there.
fn growth_of_links(parts: &[LinksChange]) -> (u64, u64) {
    let adds = |part: &&LinksChange| !part.linked.is_empty() || !part.holds.held.is_empty();
    let linking = || parts.iter().filter(adds);
    let names = linking().flat_map(|part| part.linked.iter());
    (linking().count() as u64, names.map(|name| LINK + 2 * name.len() as u64).sum())
}
