//! A store that is one of several copies: see [`sequencer`](crate::sequencer).

use std::time::{Duration, Instant};

#[cfg(doc)]
use crate::model::error::Error;
use crate::model::error::Result;
use crate::model::mark::Mark;
use crate::model::position::Position;
use crate::store::Store;

impl Store {
    /// Waits until the store has all changes up to a position of another copy, or until `timeout` is over; returns whether
    /// it has them. So a caller that changed one copy can read the change from another one.
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
    /// [`Error::Diverged`]: the position is of another lineage, or the store has another change at its revision. If
    /// the store is beyond that revision already, this is not checked: [`feed_after`](Self::feed_after) checks it.
    /// Those of [`snapshot`](Self::snapshot).
    pub fn wait_for(&self, position: Position, timeout: Duration) -> Result<bool> {
        self.engine().wait_for(position, Instant::now().checked_add(timeout))
    }

    /// Makes the changes of other copies that have arrived, if the store is one of several; returns the number of groups.
    ///
    /// For packages that replicate stores: see [`sequencer`](crate::sequencer). Does nothing in a store by itself.
    ///
    /// Cost: that of applying the changes, with one write and sync for many of them.
    ///
    /// # Errors
    ///
    /// - Those of the sequencer.
    /// - [`Error::NewerFormat`]: this version does not know a change. All before it is there, and nothing of it.
    /// - [`Error::Diverged`]: the next changes do not continue from this store. Nothing of them is there.
    /// - [`Error::ReadOnly`], [`Error::Closed`], [`Error::WritesStopped`], [`Error::JournalFull`], [`Error::Forked`]: the
    ///   store takes no changes; [`Error::Io`], [`Error::State`]: the disk failed. What was not kept comes again.
    pub fn follow(&self) -> Result<u64> {
        self.engine().follow()
    }

    /// Where the store stands, and how far the order was followed that it shares with its copies: an empty mark in a store
    /// by itself, also in one that was such a copy and has changed by itself since.
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
