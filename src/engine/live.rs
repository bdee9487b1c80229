//! The state that readers see.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::catch_panic::catch_panic;
use crate::checkpoint::{Checkpoint, Identity};
use crate::journal::Segments;
use crate::model::ChangeRecord;
use crate::model::chain_hash::ChainHash;
use crate::model::error::Result;
use crate::model::mark::Mark;
use crate::model::position::Position;
use crate::state::State;

/// A state, the hash of the changes that led to it, and the journal that has them.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) identity: Identity,
    pub(crate) state: State,
    pub(crate) hash: ChainHash,
    /// How far a shared order of changes was followed; empty in a store by itself.
    pub(crate) mark: Mark,
    pub(crate) segments: Arc<Segments>,
}

impl Open {
    pub(crate) fn position(&self) -> Position {
        let Identity { lineage, .. } = self.identity;
        Position { lineage, revision: self.state.head().revision, hash: self.hash }
    }

    pub(super) fn to_checkpoint(&self) -> Checkpoint {
        let Self { identity, hash, mark, .. } = *self;
        Checkpoint { identity, hash, mark, state: self.state.clone() }
    }
}

/// Up to how much work a change is applied in place where somebody reads. Readers wait for it meanwhile, some 0.1 ms
/// at most.
const IN_PLACE: u64 = 1_000;
/// The same where nobody read since the change before: whoever begins just then waits for it once, some 3 ms, and
/// several times that where a snapshot is held.
const IN_PLACE_UNREAD: u64 = 20_000;

/// The state that readers see; `None` when the store is closed, or a recovery failed.
///
/// Only the writer changes it. A reader holds the lock to take a clone, which is O(1).
#[derive(Debug)]
pub(super) struct Live {
    open: RwLock<Option<Open>>,
    /// Whether anybody read since the last change. It only chooses how a change is applied, so no order with other
    /// memory is needed.
    was_read: AtomicBool,
}

impl Live {
    pub(super) const fn new(open: Open) -> Self {
        Self { open: RwLock::new(Some(open)), was_read: AtomicBool::new(false) }
    }

    /// For those who read the store, and may come again.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Option<Open>> {
        // Most find it set, and then share the cache line.
        if !self.was_read.load(Ordering::Relaxed) {
            self.was_read.store(true, Ordering::Relaxed);
        }
        self.lock()
    }

    /// For the store's own looks.
    pub(super) fn lock(&self) -> RwLockReadGuard<'_, Option<Open>> {
        // Written in single steps only, so a panic leaves it whole.
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Open>> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it stands.
    ///
    /// Cost: O(1).
    pub(super) fn get(&self) -> Option<Open> {
        self.lock().clone()
    }

    pub(super) fn set(&self, open: Open) {
        *self.write() = Some(open);
    }

    /// Leaves nothing to read; gives what there was.
    pub(super) fn take(&self) -> Option<Open> {
        self.write().take()
    }

    /// Shows changes that the journal has, with the chain hash after each, and their mark.
    ///
    /// A small change is made in place. A larger one is made on a clone where anybody read lately, so that readers do
    /// not wait for it; what changes is copied then, which takes several times as long.
    ///
    /// Cost: O(n log links) with the n names of the changes.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) and [`Error::Panicked`](crate::Error::Panicked) when a change does
    /// not fit the state. Readers see nothing then, or the state as it was.
    pub(super) fn apply(
        &self,
        changes: &[ChangeRecord],
        hashes: &[ChainHash],
        mark: Mark,
    ) -> Result<()> {
        debug_assert_eq!(changes.len(), hashes.len(), "each change has its hash");
        let Some(&hash) = hashes.last() else { return Ok(()) };
        let work: u64 = changes.iter().map(ChangeRecord::work).sum();
        let apply = |state: &mut State| {
            let mut chained = changes.iter().zip(hashes);
            catch_panic(|| {
                #[cfg(test)]
                super::tests::apply::begin();
                chained.try_for_each(|(change, hash)| state.apply_chained(change, *hash))
            })
        };
        let in_place = match self.was_read.swap(false, Ordering::Relaxed) {
            true => IN_PLACE,
            false => IN_PLACE_UNREAD,
        };
        if work <= in_place && !changes.iter().any(ChangeRecord::restores_links) {
            let mut live = self.write();
            let Some(open) = live.as_mut() else { return Ok(()) };
            let applied = apply(&mut open.state);
            match &applied {
                Ok(()) => (open.hash, open.mark) = (hash, mark),
                // It may be changed by half.
                Err(_) => *live = None,
            }
            return applied;
        }
        let Some(open) = self.get() else { return Ok(()) };
        let mut state = open.state.clone();
        drop(open);
        apply(&mut state)?;
        self.replace(state, hash, mark);
        Ok(())
    }

    /// Shows a state in place of the one before, whose changes are all in the journal.
    pub(super) fn replace(&self, state: State, hash: ChainHash, mark: Mark) {
        let mut live = self.write();
        let Some(open) = live.as_mut() else { return };
        let before = std::mem::replace(&mut open.state, state);
        (open.hash, open.mark) = (hash, mark);
        drop(live);
        // Parts that nobody else has are freed after the lock.
        drop(before);
    }
}
