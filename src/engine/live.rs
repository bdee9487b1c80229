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
    /// How far a shared order of changes was followed; empty in a store without one.
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

/// Up to this amount of work a change is applied in place if the state was read lately. Readers wait during that time,
/// about 0.1 ms at most.
const IN_PLACE: u64 = 1_000;
/// The same if there was no reader since the change before. A reader that begins during that time waits once, about 3
/// ms, and several times as long if a snapshot is held.
const IN_PLACE_UNREAD: u64 = 20_000;

/// The state that readers see; `None` if the store is closed or a recovery failed.
///
/// Only the writer changes it. A reader holds the lock only to clone it, which is O(1).
#[derive(Debug)]
pub(super) struct Live {
    open: RwLock<Option<Open>>,
    /// Whether the state was read since the last change. It only decides how a change is applied, so relaxed memory
    /// ordering is enough.
    was_read: AtomicBool,
}

impl Live {
    pub(super) const fn new(open: Open) -> Self {
        Self { open: RwLock::new(Some(open)), was_read: AtomicBool::new(false) }
    }

    /// For readers of the store, which are likely to come again.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Option<Open>> {
        // Most readers find it already set. They do not write to the cache line, so it stays shared.
        if !self.was_read.load(Ordering::Relaxed) {
            self.was_read.store(true, Ordering::Relaxed);
        }
        self.lock()
    }

    /// For internal reads.
    pub(super) fn lock(&self) -> RwLockReadGuard<'_, Option<Open>> {
        // Each write is a single step, so it is consistent even after a panic.
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Open>> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current state.
    ///
    /// Cost: O(1).
    pub(super) fn get(&self) -> Option<Open> {
        self.lock().clone()
    }

    pub(super) fn set(&self, open: Open) {
        *self.write() = Some(open);
    }

    /// Removes the state, so that there is nothing to read, and returns it.
    pub(super) fn take(&self) -> Option<Open> {
        self.write().take()
    }

    /// Applies changes that the journal has, with the chain hash after each and their mark. Readers see them after
    /// that.
    ///
    /// A small change is applied in place. A larger one is applied to a clone if the state was read lately, so that
    /// readers do not wait for it. This copies the modified parts and takes several times as long.
    ///
    /// Cost: O(n log links) with the n names of the changes.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) and [`Error::Panicked`](crate::Error::Panicked) if a change does not
    /// fit the state. After that there is nothing to read, or readers see the previous state.
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
                // A part of the change may have been applied.
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

    /// Replaces the state by a later one; the journal has all changes in between.
    pub(super) fn replace(&self, state: State, hash: ChainHash, mark: Mark) {
        let mut live = self.write();
        let Some(open) = live.as_mut() else { return };
        let before = std::mem::replace(&mut open.state, state);
        (open.hash, open.mark) = (hash, mark);
        drop(live);
        // Parts that are no longer shared are freed after the lock is released.
        drop(before);
    }
}
