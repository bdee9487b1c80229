//! The next segment, made ahead of time.
//!
//! While changes are appended, any thread can make and sync a file full of zeros under a temporary name. It becomes a
//! segment only at the rotation that begins it, since the name of a segment proves that everything before it was
//! synced.
//!
//! There is at most one such file, and only the owner of the slot creates, removes or renames it. Retired segments make
//! no more of them. If one is being filled at that moment, the next opening removes it, and the thread then writes to a
//! file without a name.

use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::fresh::{AHEAD, FreshSegment, write_zeros};
use super::segments::Segments;
use crate::disk::DiskFile;
use crate::model::error::{Error, Result};

/// The segment that was made ahead.
#[derive(Debug, Default)]
pub(super) enum AheadSlot {
    /// There is none.
    #[default]
    Empty,
    /// It is being made or used.
    Busy,
    Ready(FreshSegment),
}

impl Segments {
    /// Makes the file for the next segment, full of zeros and synced, unless it exists or another thread makes it. Any
    /// thread may call this while changes are appended.
    ///
    /// A failure leaves no file and changes nothing else: the rotation then makes one itself.
    ///
    /// Cost: O(size), and a sync.
    pub(crate) fn make_ahead(&self, size: u64) -> Result<()> {
        let making = |source| Error::io("make a journal segment ahead", source);
        match self.begin_ahead().map_err(making)? {
            Some(file) => {
                let filled = write_zeros(&*file, 0, size).and_then(|()| file.sync());
                self.end_ahead(file, size, filled).map_err(making)
            }
            None => Ok(()),
        }
    }

    /// Creates the file, unless there is one.
    pub(super) fn begin_ahead(&self) -> io::Result<Option<Arc<dyn DiskFile>>> {
        let mut slot = self.ahead_slot();
        if self.is_retired() || !matches!(*slot, AheadSlot::Empty) {
            return Ok(None);
        }
        let path = self.path_of(AHEAD);
        // A thread of retired segments may still be filling an older file.
        match self.disk().remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = self.disk().create_new(&path)?;
        *slot = AheadSlot::Busy;
        Ok(Some(file))
    }

    pub(super) fn end_ahead(
        &self,
        file: Arc<dyn DiskFile>,
        len: u64,
        filled: io::Result<()>,
    ) -> io::Result<()> {
        let mut slot = self.ahead_slot();
        *slot = AheadSlot::Empty;
        if self.is_retired() {
            // The name may belong to another file by now.
            return filled;
        }
        match filled {
            Ok(()) => *slot = AheadSlot::Ready(FreshSegment { name: AHEAD, file, offset: 0, len }),
            // This only frees its space.
            Err(_) => drop(self.disk().remove(&self.path_of(AHEAD))),
        }
        filled
    }

    /// Takes the file that was made ahead, if it has at least `size` bytes. The caller renames or drops it, and then
    /// frees the slot.
    pub(super) fn take_ahead(&self, size: u64) -> Option<FreshSegment> {
        let mut slot = self.ahead_slot();
        match std::mem::replace(&mut *slot, AheadSlot::Busy) {
            AheadSlot::Ready(fresh) if fresh.len >= size => Some(fresh),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Frees the slot: the taken file now has its final name.
    pub(super) fn free_ahead(&self) {
        *self.ahead_slot() = AheadSlot::Empty;
    }

    /// Removes the file that was made ahead or left by a crash, unless it is being made.
    pub(super) fn drop_ahead(&self) {
        let mut slot = self.ahead_slot();
        if !matches!(*slot, AheadSlot::Busy) && !self.is_retired() {
            *slot = AheadSlot::Empty;
            // A remaining file has no effect.
            let _ = self.disk().remove(&self.path_of(AHEAD));
        }
    }

    /// Removes the taken file.
    pub(super) fn drop_taken(&self) {
        self.free_ahead();
        self.drop_ahead();
    }

    pub(super) fn is_ahead_empty(&self) -> bool {
        matches!(*self.ahead_slot(), AheadSlot::Empty)
    }

    pub(super) fn ahead_slot(&self) -> MutexGuard<'_, AheadSlot> {
        // Each change of the slot is one assignment.
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
