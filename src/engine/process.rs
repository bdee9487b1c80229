//! The process that opened a store.
//!
//! A forked child has the handles of its parent, but none of its threads. A lock may be held there for ever, and the
//! lock on the directory also belongs to the parent. So a child does nothing with a handle except drop it.

use crate::model::error::{Error, Result};

/// The process that opened a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process(u32);

impl Process {
    pub(super) fn current() -> Self {
        Self(std::process::id())
    }

    /// Another process, as a child of it sees the one that opened the store.
    #[cfg(test)]
    pub(super) fn other() -> Self {
        Self(std::process::id().wrapping_add(1))
    }

    pub(super) fn is_current(self) -> bool {
        self.0 == std::process::id()
    }

    /// # Errors
    ///
    /// [`Error::Forked`] in a child of that process.
    pub(super) fn check(self) -> Result<()> {
        if self.is_current() { Ok(()) } else { Err(Error::Forked) }
    }
}
