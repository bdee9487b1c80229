//! A copy of the store while it is in use.
//!
//! The copy has the state of a snapshot as its checkpoint, and the changes before it that the journal keeps. So it can
//! be opened without its journal, and still has the history.
//!
//! The copy has an id of its own: the checksums of a journal start from the id, and later both stores use the same
//! revisions for different changes. The lineage and the chain hash are those of the store, so a position from before
//! the copy is valid in both.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::directory::{MADE, make, random};
use super::live::Open;
use super::{Engine, SharedDisk};
use crate::catch_panic::catch_panic;
use crate::checkpoint::{Checkpoint, Identity};
use crate::disk::UnfinishedDir;
use crate::journal::{Group, Journal, JournalOptions, Kept, Point, Reader, StoreId};
use crate::model::error::{Error, Result};
use crate::trace;

impl Engine {
    /// Copies the store as it is now into a new directory; returns the revision of the copy.
    pub(crate) fn backup_to(&self, path: &Path) -> Result<u64> {
        let (begun, span) = (Instant::now(), trace::backup());
        // This comes first, so that the journal keeps all changes from the snapshot on.
        let kept = Kept::new(self.with_open(|open| Ok(Arc::clone(&open.segments)))?);
        let (open, _guard) = self.snapshot()?;
        make_directory(path, |disk| {
            write_copy(&open, &kept, disk, JournalOptions::from(&self.options))
        })?;
        let revision = open.state.head().revision;
        trace::backed_up(&span, revision, begun.elapsed());
        Ok(revision)
    }
}

/// Makes a directory whole or not at all.
pub(super) fn make_directory(
    path: &Path,
    fill: impl FnOnce(&SharedDisk) -> Result<()>,
) -> Result<()> {
    let failed = |error| match error {
        Error::Closed => Error::Closed,
        Error::Io { ref source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
            Error::AlreadyExists { path: path.to_owned() }
        }
        other => Error::BackupFailed { path: path.to_owned(), source: Box::new(other) },
    };
    let making = |source| Error::io("make the directory of the copy", source);
    let finished = catch_panic(|| {
        let unfinished = UnfinishedDir::begin(path, &MADE).map_err(making)?;
        let disk: SharedDisk = Arc::new(unfinished.disk().map_err(making)?);
        fill(&disk)?;
        unfinished.finish().map_err(|source| Error::io("mark the copy as complete", source))
    });
    let synced = finished.map_err(failed)?.sync();
    synced.map_err(|source| Error::io("sync the directory that the copy is in", source))
}

/// Makes a store from a state and the changes that the journal keeps. All of it is synced when this returns.
///
/// Cost: O(state + journal) in time; a bounded number of bytes of journal in memory.
pub(super) fn write_copy(
    open: &Open,
    kept: &Kept,
    disk: &SharedDisk,
    options: JournalOptions,
) -> Result<()> {
    let revision = open.state.head().revision;
    let first = kept.oldest().min(revision.saturating_add(1));
    let before = kept.segments().point_before(first)?;
    let groups = Reader::new(Arc::clone(kept.segments()), first, revision)?.into_groups();
    fill_copy(open, disk, before, options, groups)
}

/// Makes a store from a state and the groups of changes that lead from a point to it.
pub(super) fn fill_copy(
    open: &Open,
    disk: &SharedDisk,
    before: Point,
    options: JournalOptions,
    groups: impl Iterator<Item = Result<Group>>,
) -> Result<()> {
    let identity = Identity { store_id: StoreId(random()?), ..open.identity };
    let checkpoint = Checkpoint { identity, ..open.to_checkpoint() };
    make(disk, &checkpoint, |segments| Journal::copy(segments, before, options, groups))
}
