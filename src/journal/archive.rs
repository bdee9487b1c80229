//! A directory that keeps the segments which the store lets go of.
//!
//! A segment is **finished** when another one follows it. Finished segments, and no others, are copied into
//! the archive, each under its own name, up to the last change before the next segment. That part of a
//! finished segment never changes, so a copy is right for ever:
//!
//! - The name of the next segment proves that all before it was synced, so no opening writes it anew: a
//!   fresh segment begins behind what is durable, at the first revision of the newest segment or later.
//!   Only the newest one is ever superseded, and only the newest one can be empty; it is not finished.
//! - What stands in the file behind that part does not exist for the store, and is not copied.
//! - Should a crash take back the name of the newest segment, which an opening had not synced yet, then the
//!   one before it is the newest again. Its changes up to there had been synced; they are found again, and
//!   have the same revisions and bytes wherever they are written next. What a copy holds from the first
//!   revision of the next copy on does not exist, as in the store.
//!
//! A copy is made under a temporary name, synced, renamed, and the directory synced. So it is whole or absent
//! after a crash, and is made again where it is absent. One that is there is held against the store by its
//! chain of hashes before the store relies on it, and the directory is synced: the archive may be that of
//! another store, or of a copy that went another way.

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

/// A directory that keeps the segments which the store lets go of.
///
/// [`Segments::open_archive`] reads it.
#[derive(Debug)]
pub(crate) struct Archive {
    disk: Arc<dyn Disk>,
    /// The first revisions of those segments that are known to be there, and durable.
    kept: Mutex<BTreeSet<u64>>,
}

impl Archive {
    /// The archive in the directory of a disk, which is made where it is not there.
    pub(crate) fn open(disk: Arc<dyn Disk>) -> Result<Self> {
        disk.create_dir("").map_err(archiving)?;
        Ok(Self { disk, kept: Mutex::default() })
    }

    /// Copies every finished segment that is not there yet. It may be called from any thread while changes
    /// are appended.
    ///
    /// Cost: O(bytes) of those, and of those that an earlier process copied, once; two syncs a segment.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the archive cannot be written, or has something else under the name of a segment;
    /// [`Error::Damaged`] when a segment of the store is. What was copied before stays.
    pub(crate) fn archive_finished(&self, segments: &Segments) -> Result<()> {
        let firsts = segments.firsts();
        let finished = firsts.iter().zip(firsts.iter().skip(1));
        finished.into_iter().try_for_each(|(&first, &next)| self.keep(segments, first, next))
    }

    /// Sees to it that the segment `first`, which the segment `next` follows, is there and durable.
    pub(super) fn keep(&self, segments: &Segments, first: u64, next: u64) -> Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.contains(&first) {
            return Ok(());
        }
        let there = match self.disk.open(&file_name(first)) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(archiving(error)),
        };
        let end = segments.point_before(next)?;
        if there {
            self.check(segments.store_id(), first, end)?;
        } else {
            let frames = walk(segments, first, end)?;
            let copied = self.copy(&**frames.file(), frames.offset, &file_name(first));
            copied.map_err(archiving)?;
        }
        // The name may be from a process that was killed before it did this.
        self.disk.sync_dir("").map_err(archiving)?;
        kept.insert(first);
        Ok(())
    }

    /// Checks that what is there has the changes of the segment, up to `end`.
    fn check(&self, store_id: StoreId, first: u64, end: Point) -> Result<()> {
        let there = Segments::unlisted(Arc::clone(&self.disk), "", store_id);
        match walk(&there, first, end) {
            Err(Error::Damaged { .. }) => {
                let name = file_name(first);
                let other = format!("its {name} is not that segment: choose another directory");
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
        // Where directories cannot be synced, the name is durable with this.
        file.sync()
    }
}

/// Goes through the changes of a segment up to `end`, where the next one begins, and checks each.
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
