//! An archive: a directory for the segments that the store removes.
//!
//! A segment is **finished** when another one follows it. Only finished segments are copied into the archive. Each copy
//! has the name of its segment and ends with the last change before the next segment. That part of a finished segment
//! never changes, so a copy stays correct:
//!
//! - The name of the next segment proves that everything before it was synced. An opening rewrites only changes that
//!   may not be synced: it starts a new segment at or after the first revision of the newest segment.
//! - Only the newest segment can be empty or replaced by another one, and it is not finished.
//!
//! The store ignores the bytes in the file after that part, and they are not copied.
//!
//! A crash may undo the name of the newest segment if an opening had not synced it yet. Then the segment before it is
//! the newest again. Its changes up to there had been synced: they are found again, and keep their revisions and bytes
//! when they are written again. As in the store, changes in a copy are ignored from the first revision of the next
//! copy on.
//!
//! A copy is made under a temporary name, synced and renamed, and then the directory is synced. So after a crash it is
//! complete or missing, and a missing one is made again. An existing copy is compared with the store by its chain of
//! hashes, and the directory is synced, before the store relies on it: the archive may belong to another store, or to a
//! copy with a different history.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::frames::Frames;
use super::fresh::UNFINISHED;
use super::point::Point;
use super::segment::file_name;
use super::segments::Segments;
use super::store_id::StoreId;
use crate::disk::{Disk, DiskFile};
use crate::model::error::{Error, Result};

/// How many bytes are copied at once.
const PIECE: usize = 1 << 16;

/// An archive: a directory for the segments that the store removes.
///
/// [`Segments::open_archive`] reads it.
#[derive(Debug)]
pub(crate) struct Archive {
    disk: Arc<dyn Disk>,
    /// The first revisions of the segments that are known to be in it and durable.
    kept: Mutex<BTreeSet<u64>>,
}

impl Archive {
    /// Opens the archive in the directory of a disk; creates it if it does not exist.
    pub(crate) fn open(disk: Arc<dyn Disk>) -> Result<Self> {
        disk.create_dir("").map_err(archiving)?;
        Ok(Self { disk, kept: Mutex::default() })
    }

    /// Copies every finished segment that is not archived yet. Any thread may call this while changes are appended.
    ///
    /// Cost: O(bytes) of those, and once of those that an earlier process copied; two syncs per segment.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the archive cannot be written, or the name of a segment is used for something else;
    /// [`Error::Damaged`] when a segment of the store is damaged. Earlier copies stay.
    pub(crate) fn archive_finished(&self, segments: &Segments) -> Result<()> {
        let firsts = segments.firsts();
        let finished = firsts.iter().zip(firsts.iter().skip(1));
        finished.into_iter().try_for_each(|(&first, &next)| self.keep(segments, first, next))
    }

    /// Ensures that the segment `first`, which is followed by the segment `next`, is archived and durable.
    pub(super) fn keep(&self, segments: &Segments, first: u64, next: u64) -> Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.contains(&first) {
            return Ok(());
        }
        let exists = match self.disk.open(&file_name(first)) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(archiving(error)),
        };
        let end = segments.point_before(next)?;
        if exists {
            self.check(segments.store_id(), first, end)?;
        } else {
            let frames = walk(segments, first, end)?;
            let copied = self.copy(&**frames.file(), frames.offset, &file_name(first));
            copied.map_err(archiving)?;
        }
        // The name may come from a process that was killed before this sync.
        self.disk.sync_dir("").map_err(archiving)?;
        kept.insert(first);
        Ok(())
    }

    /// Checks that the copy has the changes of the segment, up to `end`.
    fn check(&self, store_id: StoreId, first: u64, end: Point) -> Result<()> {
        let archived_segments = Segments::unlisted(Arc::clone(&self.disk), "", store_id);
        match walk(&archived_segments, first, end) {
            Err(Error::Damaged { .. }) => {
                let name = file_name(first);
                let other = format!("its {name} is a different segment: choose another directory");
                Err(archiving(io::Error::new(io::ErrorKind::AlreadyExists, other)))
            }
            other => other.map(drop),
        }
    }

    fn copy(&self, from: &dyn DiskFile, length: u64, name: &str) -> io::Result<()> {
        let file = self.disk.create(UNFINISHED)?;
        let mut piece = vec![0; PIECE];
        let mut copied = 0;
        while copied < length {
            let count = (length - copied).min(PIECE as u64);
            piece.resize(usize::try_from(count).unwrap_or(PIECE), 0);
            from.read_at(copied, &mut piece)?;
            file.write_at(copied, &piece)?;
            copied += count;
        }
        file.sync()?;
        self.disk.rename(UNFINISHED, name)?;
        // If directories cannot be synced, this makes the name durable.
        file.sync()
    }
}

/// Reads and checks the changes of a segment up to `end`, where the next one begins.
fn walk(segments: &Segments, first: u64, end: Point) -> Result<Frames> {
    let mut frames = Frames::open(segments, first)?;
    while frames.before.revision < end.revision {
        if frames.next_group()?.is_none() {
            return Err(frames.lost(frames.due()));
        }
    }
    frames.check_ends(end)?;
    Ok(frames)
}

fn archiving(source: io::Error) -> Error {
    Error::io("archive the journal", source)
}
