//! Changes of other stores of a shared order, checked against the state before they are made.

use super::live::Open;
use super::memory_budget::growth_of;
use crate::catch_panic::catch_panic;
use crate::model::ChangeRecord;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result};
use crate::model::mark::Mark;
use crate::model::position::Position;
use crate::sequencer::{At, LoggedGroup, Sequencer};
use crate::state::State;

/// The maximum number of groups that are made at once.
const MOST: usize = 4_096;
/// After this number of bytes, no more groups are added.
const BYTES_AT_ONCE: usize = 1 << 20;

/// The newest known version of changes, as in the first byte of a change.
const VERSION: u8 = 0;

/// Groups of changes of other stores that continue the state, and the state after them.
///
/// They were applied to a clone. So a group that does not fit has no effect: nothing of it is in the journal yet. Many
/// groups use one clone, so the parts that they modify are copied only once.
#[derive(Debug)]
pub(super) struct Followed {
    /// Not empty.
    pub(super) groups: Vec<LoggedGroup>,
    pub(super) state: State,
    pub(super) hash: ChainHash,
    pub(super) mark: Mark,
    /// The maximum growth of memory by them.
    pub(super) growth: u64,
}

/// Why a group cannot be applied.
enum Unfit {
    /// It was refused before any part of it was applied.
    Refused(Error),
    /// A part of it was applied.
    Misfit(Error),
}

impl Followed {
    /// Fetches the groups that have arrived, up to the limits; `None` if there are none.
    ///
    /// # Errors
    ///
    /// Those of the sequencer; [`Error::NewerFormat`] if this version does not know a change, and [`Error::Diverged`]
    /// if the first group does not fit. If groups before it fit, they are returned without an error.
    pub(super) fn pull(
        open: &Open,
        sequencer: &dyn Sequencer,
        segment_size: u64,
    ) -> Result<Option<Self>> {
        let bytes = usize::try_from(segment_size / 4).unwrap_or(BYTES_AT_ONCE).min(BYTES_AT_ONCE);
        let mut most = MOST;
        loop {
            let mut followed = Self::at(open);
            match followed.fill(open, sequencer, most, bytes) {
                Ok(()) if followed.groups.is_empty() => return Ok(None),
                Ok(()) => return Ok(Some(followed)),
                Err(Unfit::Refused(_)) if !followed.groups.is_empty() => return Ok(Some(followed)),
                // The clone is invalid: apply the groups before this one to a new clone.
                Err(Unfit::Misfit(_)) if !followed.groups.is_empty() => {
                    most = followed.groups.len();
                }
                Err(Unfit::Refused(error) | Unfit::Misfit(error)) => return Err(error),
            }
        }
    }

    fn at(open: &Open) -> Self {
        let Open { state, hash, mark, .. } = open;
        let state = state.clone();
        Self { groups: Vec::new(), state, hash: *hash, mark: *mark, growth: 0 }
    }

    fn fill(
        &mut self,
        open: &Open,
        sequencer: &dyn Sequencer,
        most: usize,
        most_bytes: usize,
    ) -> Result<(), Unfit> {
        let (mut bytes, lineage) = (0, open.identity.lineage);
        while self.groups.len() < most && bytes < most_bytes {
            let revision = self.state.head().revision;
            let position = Position { lineage, revision, hash: self.hash };
            let at = At { position, mark: self.mark };
            let next = catch_panic(|| sequencer.next(at)).map_err(Unfit::Refused)?;
            let Some(group) = next else { return Ok(()) };
            if group.base != position {
                let error = Error::Diverged { position: group.base, at: position };
                return Err(Unfit::Refused(error));
            }
            self.take(position, group, &mut bytes)?;
        }
        Ok(())
    }

    /// Applies a group to the clone.
    fn take(&mut self, at: Position, group: LoggedGroup, bytes: &mut usize) -> Result<(), Unfit> {
        debug_assert!(!group.changes.is_empty() && !group.mark.is_empty(), "it has an effect");
        let changes = group.changes.iter().zip(at.revision.saturating_add(1)..);
        let changes = changes.map(|(payload, revision)| decode(revision, payload));
        let changes = changes.collect::<Result<Vec<_>>>().map_err(Unfit::Refused)?;
        let mut hash = self.hash;
        for (change, payload) in changes.iter().zip(&group.changes) {
            hash = hash.after(payload);
            catch_panic(|| self.state.apply_chained(change, hash)).map_err(|_| {
                let Position { lineage, .. } = at;
                // The position that the shared order leads to.
                let position = Position { lineage, revision: change.stamp.revision, hash };
                Unfit::Misfit(Error::Diverged { position, at })
            })?;
            *bytes = bytes.saturating_add(payload.len());
            self.growth = self.growth.saturating_add(growth_of(change, payload.len() as u64));
        }
        (self.hash, self.mark) = (hash, group.mark);
        self.groups.push(group);
        Ok(())
    }
}

/// Decodes a change. The bytes come from a shared order that keeps them unchanged. So if they are not a valid change,
/// a later version wrote them.
fn decode(revision: u64, payload: &[u8]) -> Result<ChangeRecord> {
    ChangeRecord::decode(payload).map_err(|_| {
        let supported = u32::from(VERSION);
        let version = payload.first().copied().map_or(0, u32::from);
        let found = version.max(supported + 1);
        Error::NewerFormat { part: format!("shared change {revision}"), found, supported }
    })
}
