//! Segment files: their header, their names, and which there are.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::lengths::Lengths;
use super::store_id::StoreId;
use crate::disk::{Disk, DiskFile};
use crate::model::error::{Error, Result, StoreFile};
use crate::model::time::Timestamp;
use crate::trace;

/// The directory of the segments.
const DIR: &str = "journal";
/// The name of a segment that is being made.
const UNFINISHED: &str = "journal/unfinished";
/// The same inside the directory.
const UNFINISHED_NAME: &str = "unfinished";

/// The version of the segment format that is written.
const FORMAT: u32 = 1;
const MAGIC: [u8; 8] = *b"viewlink";

/// The bytes of a segment's header.
pub(super) const HEADER_LEN: u64 = ENCODED_LEN as u64;
const ENCODED_LEN: usize = 48;

/// The start of a segment: magic, format u32, store id, first revision u64, time u64, crc u32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) store_id: StoreId,
    /// The revision of the first record, whether it is written yet or not.
    pub(super) first: u64,
    /// Not before the time of the change in front of the first one.
    pub(super) base_time: Timestamp,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; ENCODED_LEN] {
        let mut bytes = Vec::with_capacity(ENCODED_LEN);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.store_id.0);
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.base_time.as_millis().to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes.first_chunk().copied().unwrap_or([0; ENCODED_LEN])
    }

    /// Reads the header of the segment that is named after `first`.
    fn decode(bytes: &[u8; ENCODED_LEN], first: u64, store_id: StoreId) -> Result<Self> {
        let part = segment_name(first);
        let field = |start: usize| bytes.get(start..).and_then(<[u8]>::first_chunk::<8>);
        let number = |start| field(start).map_or(0, |bytes| u64::from_le_bytes(*bytes));
        if bytes.first_chunk() != Some(&MAGIC) {
            return Err(Error::damaged(
                StoreFile::Journal,
                part,
                "it does not start like a journal segment",
            ));
        }
        let format = bytes.get(8..).and_then(<[u8]>::first_chunk::<4>);
        let format = format.map_or(0, |bytes| u32::from_le_bytes(*bytes));
        if format > FORMAT {
            return Err(Error::NewerFormat { part, found: format, supported: FORMAT });
        }
        let id = bytes.get(12..).and_then(<[u8]>::first_chunk::<16>);
        let header = Self {
            store_id: StoreId(id.copied().unwrap_or_default()),
            first: number(28),
            base_time: Timestamp::from_millis(number(36)),
        };
        if header.encode() != *bytes {
            return Err(Error::damaged(
                StoreFile::Journal,
                part,
                "its header does not match its checksum",
            ));
        }
        if header.store_id != store_id {
            return Err(Error::damaged(StoreFile::Journal, part, "it belongs to another store"));
        }
        if header.first != first {
            let detail = format!("its header says that it starts at revision {}", header.first);
            return Err(Error::damaged(StoreFile::Journal, part, detail));
        }
        Ok(header)
    }
}

/// The name of the segment that starts with a revision.
fn segment_name(first: u64) -> String {
    format!("{DIR}/{first:020}.log")
}

/// The first revision of the segment with this name in its directory.
fn first_of(name: &str) -> Option<u64> {
    let first = name.strip_suffix(".log")?.parse().ok()?;
    (segment_name(first).strip_prefix(DIR)?.strip_prefix('/')? == name).then_some(first)
}

/// What is in the directory of the segments; nothing where there is none.
fn names(disk: &dyn Disk) -> Result<Vec<String>> {
    match disk.list(DIR) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::damaged(StoreFile::Journal, DIR, "it is a file and not a directory"))
        }
        other => other.map_err(|error| Error::io("list the journal", error)),
    }
}

/// The segments of a store, known to the writer and to all readers.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    store_id: StoreId,
    lengths: RwLock<Lengths>,
    /// How many want all of them to stay; changed only while `lengths` is locked.
    keepers: AtomicUsize,
    /// Whether the store goes on with other segments, or not at all.
    retired: AtomicBool,
    /// Whether the last removal may not be durable.
    unsynced_removal: AtomicBool,
}

impl Segments {
    /// Lists the segments on disk; an unfinished one does not count.
    pub(crate) fn open(disk: Arc<dyn Disk>, store_id: StoreId) -> Result<Self> {
        let names = names(&*disk)?;
        let firsts = names.iter().filter_map(|name| first_of(name));
        // Only told to operators: one that cannot be read counts as empty, until it is needed.
        let length =
            |first| disk.open(&segment_name(first)).and_then(|file| file.len()).unwrap_or(0);
        let lengths = RwLock::new(firsts.map(|first| (first, length(first))).collect());
        let (retired, unsynced_removal) = (AtomicBool::new(false), AtomicBool::new(false));
        let keepers = AtomicUsize::new(0);
        Ok(Self { disk, store_id, lengths, keepers, retired, unsynced_removal })
    }

    /// Something in the directory of the segments that is none and never becomes one.
    pub(crate) fn foreign_name(disk: &dyn Disk) -> Result<Option<String>> {
        let known = |name: &str| first_of(name).is_some() || name == UNFINISHED_NAME;
        Ok(names(disk)?.into_iter().find(|name| !known(name)))
    }

    /// Makes the directory of the segments.
    pub(crate) fn create_dir(disk: &dyn Disk) -> io::Result<()> {
        disk.create_dir(DIR)
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// The first revision of each segment, ascending.
    pub(super) fn firsts(&self) -> Vec<u64> {
        self.lengths().firsts().collect()
    }

    /// The first revisions of the segment that holds `revision`, and of the one behind it.
    pub(super) fn around(&self, revision: u64) -> (Option<u64>, Option<u64>) {
        self.lengths().around(revision)
    }

    /// The oldest revision a segment starts with.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.lengths().firsts().next()
    }

    /// How many segments there are, and how many bytes they take together, zeros ahead included.
    ///
    /// Cost: O(1).
    pub(crate) fn size(&self) -> (u64, u64) {
        let lengths = self.lengths();
        (lengths.count() as u64, lengths.total())
    }

    /// Says how long the file of a segment is now.
    pub(super) fn set_length(&self, first: u64, length: u64) {
        self.lengths_mut().set(first, length);
    }

    fn lengths(&self) -> RwLockReadGuard<'_, Lengths> {
        // Nothing panics between two writes to it.
        self.lengths.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lengths_mut(&self) -> RwLockWriteGuard<'_, Lengths> {
        self.lengths.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a segment and checks its header.
    pub(super) fn load(&self, first: u64) -> Result<(Arc<dyn DiskFile>, SegmentHeader)> {
        let name = segment_name(first);
        let reading = |source| Error::io(format!("read {name}"), source);
        let file = match self.disk.open(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::damaged(StoreFile::Journal, name, "it is missing"));
            }
            other => other.map_err(reading)?,
        };
        let mut bytes = [0; ENCODED_LEN];
        match file.read_at(0, &mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Error::damaged(
                    StoreFile::Journal,
                    name,
                    "it is shorter than a header",
                ));
            }
            other => other.map_err(reading)?,
        }
        let header = SegmentHeader::decode(&bytes, first, self.store_id)?;
        Ok((file, header))
    }

    /// Makes a file for a segment under a temporary name; `fill` writes and syncs it.
    ///
    /// A failure leaves nothing behind.
    pub(super) fn make(
        &self,
        fill: impl FnOnce(&dyn DiskFile) -> io::Result<()>,
    ) -> io::Result<Arc<dyn DiskFile>> {
        let made = self.disk.create(UNFINISHED).and_then(|file| {
            fill(&*file)?;
            Ok(file)
        });
        if made.is_err() {
            // It means nothing, and the next one takes its place; only its room is given back.
            let _ = self.disk.remove(UNFINISHED);
        }
        made
    }

    /// Gives the file that was made, of a length, its name, in one durable step.
    ///
    /// After a failure it is open which segments are on disk.
    pub(super) fn publish(&self, first: u64, length: u64) -> io::Result<()> {
        self.disk.rename(UNFINISHED, &segment_name(first))?;
        self.disk.sync_dir(DIR)?;
        self.set_length(first, length);
        Ok(())
    }

    /// Whether there are changes, or could have been: more than the segment that a creation which
    /// did not end leaves.
    pub(crate) fn hold_changes(&self) -> Result<bool> {
        match self.firsts().as_slice() {
            [] => Ok(false),
            [1] => {
                let name = segment_name(1);
                let length = self.disk.open(&name).and_then(|file| file.len());
                let length = length.map_err(|source| Error::io(format!("read {name}"), source))?;
                Ok(length > HEADER_LEN)
            }
            _ => Ok(true),
        }
    }

    /// Says that these are no longer the store's segments: it was closed or recovered.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    /// # Errors
    ///
    /// [`Error::Closed`] when they no longer are.
    pub(crate) fn check_current(&self) -> Result<()> {
        if self.retired.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }

    /// A time that is not before that of the change in front of a segment.
    pub(crate) fn base_time(&self, first: u64) -> Result<Timestamp> {
        Ok(self.load(first)?.1.base_time)
    }

    /// Removes a segment, unless somebody wants all to stay; tells whether it is gone. The removal is
    /// durable when this returns, so that removing from the
    /// oldest on never leaves a hole.
    ///
    /// Where that fails the segment is gone all the same for those who read. Nothing else may be
    /// removed then before [`sync_removals`](Self::sync_removals).
    pub(super) fn remove(&self, first: u64) -> Result<bool> {
        let name = segment_name(first);
        let length = {
            let mut lengths = self.lengths_mut();
            if self.keepers.load(Ordering::Relaxed) > 0 {
                return Ok(false);
            }
            // Out of the list first: nobody is to open it any more.
            lengths.remove(first).unwrap_or(0)
        };
        match self.disk.remove(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.set_length(first, length);
                return Err(Error::io(format!("remove {name}"), error));
            }
            _ => self.unsynced_removal.store(true, Ordering::Release),
        }
        trace::segment_removed(first, length);
        self.sync_removals().map(|()| true)
    }

    /// Makes a removal durable that is not yet.
    pub(super) fn sync_removals(&self) -> Result<()> {
        if self.unsynced_removal.load(Ordering::Acquire) {
            let synced = self.disk.sync_dir(DIR);
            synced.map_err(|error| Error::io("sync the removal of a journal segment", error))?;
            self.unsynced_removal.store(false, Ordering::Release);
        }
        Ok(())
    }
}

/// The segments of a store, none of which is removed as long as this lives.
#[derive(Debug)]
pub(crate) struct Kept {
    segments: Arc<Segments>,
    oldest: u64,
}

impl Kept {
    pub(crate) fn new(segments: Arc<Segments>) -> Self {
        let oldest = {
            let lengths = segments.lengths_mut();
            segments.keepers.fetch_add(1, Ordering::Relaxed);
            lengths.firsts().next().unwrap_or(u64::MAX)
        };
        Self { segments, oldest }
    }

    pub(crate) fn segments(&self) -> &Arc<Segments> {
        &self.segments
    }

    /// The oldest revision a segment starts with.
    pub(crate) fn oldest(&self) -> u64 {
        self.oldest
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _lengths = self.segments.lengths_mut();
        self.segments.keepers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
