//! A store that is one of several copies: see [`sequencer`](crate::sequencer).

use std::time::{Duration, Instant};

#[cfg(doc)]
use crate::model::error::Error;
use crate::model::error::Result;
use crate::model::mark::Mark;
use crate::model::position::Position;
use crate::store::Store;

impl Store {
    /// Waits until the store has all changes up to a position of another copy, or until `timeout` has passed; returns
    /// whether it has them. So a caller that changed one copy can read the change from another one.
    ///
    /// Cost: O(1), and the wait.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use viewlink::{NewView, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// store.project("default")?.create_view(NewView::new("v", "V"))?;
    /// let position = store.snapshot()?.position();
    /// assert!(store.wait_for(position, Duration::ZERO)?);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Diverged`]: the position has another lineage, or the store has another change at its revision. If the
    /// store already has later changes, this is not checked; [`feed_after`](Self::feed_after) checks it. Those of
    /// [`snapshot`](Self::snapshot).
    pub fn wait_for(&self, position: Position, timeout: Duration) -> Result<bool> {
        self.engine().wait_for(position, Instant::now().checked_add(timeout))
    }

    /// Applies the changes of other copies that have arrived, if the store is one of several; returns the number of
    /// groups.
    ///
    /// This is for packages that replicate stores: see [`sequencer`](crate::sequencer). It does nothing in a single
    /// store.
    ///
    /// Cost: that of applying the changes, with one write and sync for many of them.
    ///
    /// # Errors
    ///
    /// - Those of the sequencer.
    /// - [`Error::NewerFormat`]: this version does not know a change. All changes before it are applied, and no part
    ///   of it.
    /// - [`Error::Diverged`]: the next changes do not continue the history of this store. No part of them is applied.
    /// - [`Error::ReadOnly`], [`Error::Closed`], [`Error::WritesStopped`], [`Error::JournalFull`], [`Error::Forked`]:
    ///   the store accepts no changes; [`Error::Io`], [`Error::State`]: the disk failed. Changes that were not applied
    ///   arrive again.
    pub fn follow(&self) -> Result<u64> {
        self.engine().follow()
    }

    /// The position of the store, and how far it has followed the order that it shares with its copies. The mark is
    /// empty in a single store, also if it was a copy before and has made changes of its own since.
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// Those of [`snapshot`](Self::snapshot).
    pub fn mark(&self) -> Result<(Position, Mark)> {
        self.engine().at()
    }
}
