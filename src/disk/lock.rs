//! The lock on a file of a disk in memory.

/// The owners of a file: one handle alone, or any number that share it.
#[derive(Debug, Default)]
pub(super) struct Lock {
    alone: bool,
    sharers: usize,
}

impl Lock {
    /// Takes the file for one handle alone, if it is free.
    pub(super) fn take(&mut self) -> bool {
        let free = !self.alone && self.sharers == 0;
        self.alone |= free;
        free
    }

    /// Takes the file for one more handle that shares it, unless another one has it alone.
    pub(super) fn share(&mut self) -> bool {
        let free = !self.alone;
        self.sharers += usize::from(free);
        free
    }

    /// Releases the lock of one handle, of either kind.
    pub(super) fn give_up(&mut self) {
        self.alone = false;
        self.sharers = self.sharers.saturating_sub(1);
    }
}
