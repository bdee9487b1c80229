//! A copy of the store while it is in use.
//!
//! What is copied is what a snapshot sees: its tables, with the tail folded in, and the changes that
//! lead to them as far as the journal keeps them. So the copy is of one revision in both
//! directions, needs nothing of its journal to be opened, and has the history still.
//!
//! The copy has an id of its own. Both stores give the next revision to another change, and the
//! checksums of a journal start from the id, so a segment of one never passes for one of the other.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::directory::{MADE, Parts, make};
use super::{Engine, Hold, SharedDisk};
use crate::change::ChangeRecord;
use crate::disk::UnfinishedDir;
use crate::journal::{Journal, Kept, Reader};
use crate::model::error::{Error, Result};
use crate::options::Options;
use crate::storage::{StateOptions, contain};
use crate::trace;

/// Memory for pages of the copy: rows come in order, so more does not help.
const CACHE: usize = 16 << 20;

impl Engine {
    /// Copies the store as it stands into a new directory; tells the revision of the copy.
    pub(crate) fn backup_to(&self, path: &Path) -> Result<u64> {
        let (begun, span) = (Instant::now(), trace::backup());
        let (hold, segments) = self.read(false)?;
        let kept = Kept::new(segments);
        let failed = |error| match error {
            Error::Closed => Error::Closed,
            Error::Io { ref source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                Error::AlreadyExists { path: path.to_owned() }
            }
            other => Error::BackupFailed { path: path.to_owned(), source: Box::new(other) },
        };
        let making = |source| Error::io("make the directory of the copy", source);
        let finished = contain(|| {
            let unfinished = UnfinishedDir::begin(path, &MADE).map_err(making)?;
            let disk: SharedDisk = Arc::new(unfinished.disk().map_err(making)?);
            write_copy(&hold, &kept, &disk, &self.options)?;
            unfinished.finish().map_err(|source| Error::io("say that the copy is whole", source))
        });
        let synced = finished.map_err(failed)?.sync();
        synced.map_err(|source| Error::io("sync the directory that the copy is in", source))?;
        let revision = hold.head().revision;
        trace::backed_up(&span, revision, begun.elapsed());
        Ok(revision)
    }
}

/// Makes a store of what is held, and of the journal as far as it is kept; all of it is synced when
/// this returns.
///
/// Cost: O(state + journal) in time; a bounded number of pages and of bytes of journal in memory,
/// and what the tail takes.
pub(super) fn write_copy(
    hold: &Hold,
    kept: &Kept,
    disk: &SharedDisk,
    options: &Options,
) -> Result<()> {
    let head = hold.head();
    // What was let go of before it was kept is not needed by the copy, whose tail is folded.
    let first = kept.oldest().min(head.revision + 1);
    let base_time =
        if first == kept.oldest() { kept.segments().base_time(first)? } else { head.time };
    let changes = Reader::new(Arc::clone(kept.segments()), first, head.revision)?;
    let changes = changes.map(|change| {
        let (revision, payload) = change?;
        Ok((ChangeRecord::decode(revision, &payload)?.time, payload))
    });
    let cache_size = options.cache_size.min(CACHE);
    let state_options = StateOptions::new(cache_size);
    make(
        disk,
        Parts {
            journal: |segments| {
                Journal::copy(segments, first, base_time, options.segment_size, changes)
            },
            state: |file, id| hold.read(|tables| tables.copy_to(file, id, state_options)),
        },
    )
}
