//! Calls to a disk, and which of them fail.

use std::io;

/// A kind of call to a disk. Example: at [`DiskFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CallKind {
    /// The names in a directory are read.
    List,
    /// A file is opened.
    Open,
    /// The length of a file is read.
    Len,
    /// Bytes of a file are read.
    Read,
    /// A file is locked or unlocked.
    Lock,
    /// A directory is created.
    CreateDir,
    /// A file is created, or emptied.
    Create,
    /// Bytes are written to a file.
    Write,
    /// Bytes are written to a file past the cache, durable when the call returns.
    WriteSynced,
    /// A file is cut or extended.
    SetLen,
    /// A file is synced.
    Sync,
    /// A file is renamed.
    Rename,
    /// A file is removed.
    Remove,
    /// A directory is synced.
    SyncDir,
}

impl CallKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::List,
        Self::Open,
        Self::Len,
        Self::Read,
        Self::Lock,
        Self::CreateDir,
        Self::Create,
        Self::Write,
        Self::WriteSynced,
        Self::SetLen,
        Self::Sync,
        Self::Rename,
        Self::Remove,
        Self::SyncDir,
    ];

    /// Whether a call of this kind can change the state after a crash; only those are
    /// [counted](super::SimulatedDisk::calls).
    #[must_use]
    pub const fn is_change(self) -> bool {
        !matches!(self, Self::List | Self::Open | Self::Len | Self::Read | Self::Lock)
    }
}

/// A call that changed something on a disk, or failed to.
///
/// ```
/// # use viewlink::testing::{CallKind, SimulatedDisk};
/// # use viewlink::Options;
/// let disk = SimulatedDisk::new();
/// Options::new().segment_size(4096).open_on(&disk)?;
/// let first = &disk.log()[0];
/// assert!(first.kind.is_change());
/// assert!(disk.log().iter().any(|call| call.kind == CallKind::Rename && call.name == "checkpoint.redb"));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiskCall {
    /// The kind of the call.
    pub kind: CallKind,
    /// The file or directory, relative to the store's directory, with its name at the time of the call; for a renaming
    /// the new name.
    pub name: String,
}

/// Which calls to a disk fail, and how.
///
/// ```
/// use std::io::ErrorKind;
/// use viewlink::testing::{CallKind, DiskFault};
///
/// // The third sync from now on fails, and all after it.
/// let fault = DiskFault::new(ErrorKind::Other).on(CallKind::Sync).after(2).permanently();
/// # let _ = fault;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DiskFault {
    kind: Option<CallKind>,
    skipped: u64,
    count: u64,
    error: io::ErrorKind,
}

impl DiskFault {
    /// The next call that [changes](CallKind::is_change) the disk fails.
    #[must_use]
    pub const fn new(error: io::ErrorKind) -> Self {
        Self { kind: None, skipped: 0, count: 1, error }
    }

    /// Only calls of one kind count.
    #[must_use]
    pub const fn on(mut self, kind: CallKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// This many calls succeed first.
    #[must_use]
    pub const fn after(mut self, calls: u64) -> Self {
        self.skipped = calls;
        self
    }

    /// Makes all later calls fail, instead of only one.
    #[must_use]
    pub const fn permanently(mut self) -> Self {
        self.count = u64::MAX;
        self
    }

    /// The error of this call, if it fails.
    pub(super) fn meet(&mut self, kind: CallKind) -> Option<io::Error> {
        if self.kind.map_or(!kind.is_change(), |wanted| wanted != kind) {
            return None;
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return None;
        }
        self.count = self.count.checked_sub(1)?;
        Some(io::Error::new(self.error, "simulated failure"))
    }
}

/// What a disk does on a sync: a call of that kind, or a direct write.
///
/// ```
/// use viewlink::testing::{SimulatedDisk, Syncs};
///
/// let disk = SimulatedDisk::new();
/// disk.set_syncs("journal/", Syncs::Ignored); // like a store that does not sync
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Syncs {
    /// Everything written before is durable when the call returns.
    #[default]
    Honest,
    /// The sync does nothing and returns success.
    Ignored,
    /// The sync makes durable what was written before the previous sync.
    Late,
    /// Like [`Honest`](Self::Honest) for files, including all earlier changes of names. A directory cannot be synced:
    /// the call is invalid, as on some network file systems. These files do not support direct writes.
    FilesOnly,
}
