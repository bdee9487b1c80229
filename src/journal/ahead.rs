//! The next segment, made before it is needed.
//!
//! A file full of zeros is made and synced under a temporary name, by any thread, while changes are
//! appended. It becomes a segment only at the rotation that begins it, since the name of a segment proves
//! that all before it was synced.
//!
//! There is one such file at most, and all calls that create, remove or rename it are made by the one that
//! has the slot. Segments that were retired make none any more. One that is being filled at that moment is
//! removed by the next opening, and stays a file without a name.

use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::fresh::{AHEAD, FreshSegment, write_zeros};
use super::segments::Segments;
use crate::disk::DiskFile;
use crate::model::error::{Error, Result};

/// The segment that is made ahead.
#[derive(Debug, Default)]
pub(super) enum AheadSlot {
    /// There is none.
    #[default]
    Empty,
    /// It is being made, or being used.
    Busy,
    Ready(FreshSegment),
}

impl Segments {
    /// Makes the file for a next segment, full of zeros and synced, unless there is one or another thread
    /// makes it. It may be called from any thread while changes are appended.
    ///
    /// A failure leaves none, and changes nothing else: the rotation makes one itself then.
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
        // An older file may still be filled by a thread of segments that were retired.
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
            // The name may be that of another file by now.
            return filled;
        }
        match filled {
            Ok(()) => *slot = AheadSlot::Ready(FreshSegment { name: AHEAD, file, offset: 0, len }),
            // Only its room is given back.
            Err(_) => drop(self.disk().remove(&self.path_of(AHEAD))),
        }
        filled
    }

    /// Takes the file that was made ahead, if it has `size` bytes or more. Whoever takes it gives it its name
    /// or drops it, and then frees the slot.
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

    /// Frees the slot: the file that was taken has its name.
    pub(super) fn free_ahead(&self) {
        *self.ahead_slot() = AheadSlot::Empty;
    }

    /// Removes the file that was made ahead, or was left by a crash, unless it is being made.
    pub(super) fn drop_ahead(&self) {
        let mut slot = self.ahead_slot();
        if !matches!(*slot, AheadSlot::Busy) && !self.is_retired() {
            *slot = AheadSlot::Empty;
            // Where it stays, it means nothing.
            let _ = self.disk().remove(&self.path_of(AHEAD));
        }
    }

    /// Removes the file that was taken.
    pub(super) fn drop_taken(&self) {
        self.free_ahead();
        self.drop_ahead();
    }

    pub(super) fn is_ahead_empty(&self) -> bool {
        matches!(*self.ahead_slot(), AheadSlot::Empty)
    }

    pub(super) fn ahead_slot(&self) -> MutexGuard<'_, AheadSlot> {
        // Each change of it is one assignment.
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
