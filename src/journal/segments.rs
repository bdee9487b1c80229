//! The segments and the operations on their files.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::ahead::AheadSlot;
use super::frames::Frames;
use super::fresh::FreshSegment;
use super::lengths::Lengths;
use super::point::Point;
use super::segment::{ENCODED_LEN, HEADER_LEN, SegmentHeader, file_name, first_of};
use super::store_id::StoreId;
use crate::disk::{Disk, DiskFile};
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result, StoreFile};
use crate::trace;

/// The directory of a store's segments.
const DIR: &str = "journal";

/// The segments of a store, shared by the writer and all readers.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    /// Their directory; empty for that of the disk.
    dir: &'static str,
    store_id: StoreId,
    lengths: RwLock<Lengths>,
    /// How many users need all of them; changed only while `lengths` is locked.
    keepers: AtomicUsize,
    /// Whether the store has switched to other segments or was closed; changed only while `ahead` is locked.
    retired: AtomicBool,
    /// Whether the last removal may not be durable yet.
    unsynced_removal: AtomicBool,
    /// The segment that is made ahead.
    pub(super) ahead: Mutex<AheadSlot>,
    /// Locked while segments are removed.
    pub(super) trimming: Mutex<()>,
}

impl Segments {
    /// Lists the segments on disk; unfinished ones are ignored.
    pub(crate) fn open(disk: Arc<dyn Disk>, store_id: StoreId) -> Result<Self> {
        Self::list(disk, DIR, store_id)
    }

    /// Lists the segments of an archive for reading. The store that they belong to is read from the header of the first
    /// one; it may be another store than the reader's. [`scan`](super::scan) with a state's revision and hash shows
    /// whether they continue from there, and how far.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is none, [`Error::Damaged`] when the first one has no valid header.
    pub(crate) fn open_archive(disk: Arc<dyn Disk>) -> Result<Self> {
        let mut segments = Self::list(disk, "", StoreId::default())?;
        let Some(first) = segments.oldest() else {
            let source =
                io::Error::new(io::ErrorKind::NotFound, "it does not exist, or has no segments");
            return Err(Error::io("open the archive of the journal", source));
        };
        segments.store_id = segments.read_header(first, None)?.1.store_id;
        Ok(segments)
    }

    fn list(disk: Arc<dyn Disk>, dir: &'static str, store_id: StoreId) -> Result<Self> {
        let names = names(&*disk, dir)?;
        let segments = Self::unlisted(disk, dir, store_id);
        for first in names.iter().filter_map(|name| first_of(name)) {
            // Only for reports: one that cannot be read counts as empty until it is needed.
            let file = segments.disk.open(&segments.path(first));
            segments.set_length(first, file.and_then(|file| file.len()).unwrap_or(0));
        }
        Ok(segments)
    }

    /// The segments in a directory, without listing them.
    pub(super) fn unlisted(disk: Arc<dyn Disk>, dir: &'static str, store_id: StoreId) -> Self {
        Self {
            disk,
            dir,
            store_id,
            lengths: RwLock::default(),
            keepers: AtomicUsize::new(0),
            retired: AtomicBool::new(false),
            unsynced_removal: AtomicBool::new(false),
            ahead: Mutex::default(),
            trimming: Mutex::default(),
        }
    }

    /// A name in the directory of the segments that is not a segment and never becomes one.
    pub(crate) fn foreign_name(disk: &dyn Disk) -> Result<Option<String>> {
        let known = |name: &str| first_of(name).is_some() || FreshSegment::is_name(name);
        Ok(names(disk, DIR)?.into_iter().find(|name| !known(name)))
    }

    /// Creates the directory of the segments.
    pub(crate) fn create_dir(disk: &dyn Disk) -> io::Result<()> {
        disk.create_dir(DIR)
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store_id
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// The path of a file in the directory of the segments.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.dir.is_empty() { name.to_owned() } else { format!("{}/{name}", self.dir) }
    }

    fn path(&self, first: u64) -> String {
        self.path_of(&file_name(first))
    }

    /// The first revision of each segment, ascending.
    pub(super) fn firsts(&self) -> Vec<u64> {
        self.lengths().firsts().collect()
    }

    /// The first revisions of the segment with `revision`, and of the next one.
    pub(super) fn around(&self, revision: u64) -> (Option<u64>, Option<u64>) {
        self.lengths().around(revision)
    }

    /// The oldest first revision.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.lengths().firsts().next()
    }

    /// The number of segments, and their total bytes, including zeros ahead.
    ///
    /// Cost: O(1).
    pub(crate) fn size(&self) -> (u64, u64) {
        let lengths = self.lengths();
        (lengths.count() as u64, lengths.total())
    }

    /// Sets the length of a segment's file.
    pub(super) fn set_length(&self, first: u64, length: u64) {
        self.lengths_mut().set(first, length);
    }

    fn lengths(&self) -> RwLockReadGuard<'_, Lengths> {
        // No panic is possible between two writes to it.
        self.lengths.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lengths_mut(&self) -> RwLockWriteGuard<'_, Lengths> {
        self.lengths.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a segment and checks its header.
    pub(super) fn load(&self, first: u64) -> Result<(Arc<dyn DiskFile>, SegmentHeader)> {
        self.read_header(first, Some(self.store_id))
    }

    fn read_header(
        &self,
        first: u64,
        store_id: Option<StoreId>,
    ) -> Result<(Arc<dyn DiskFile>, SegmentHeader)> {
        let name = self.path(first);
        let reading = |source| Error::io(format!("read {name}"), source);
        let damaged = |detail| Err(Error::damaged(StoreFile::Journal, &*name, detail));
        let file = match self.disk.open(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return damaged("it is missing");
            }
            other => other.map_err(reading)?,
        };
        let mut bytes = [0; ENCODED_LEN];
        match file.read_at(0, &mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return damaged("it is shorter than its header");
            }
            other => other.map_err(reading)?,
        }
        let header = SegmentHeader::decode(&bytes, &name, first, store_id)?;
        Ok((file, header))
    }

    /// Renames the file of a segment to its final name, in one durable step.
    ///
    /// After a failure, the segments on disk are unknown.
    pub(super) fn publish(&self, first: u64, fresh: &FreshSegment) -> io::Result<()> {
        self.disk.rename(&self.path_of(fresh.name), &self.path(first))?;
        self.disk.sync_dir(self.dir)?;
        self.set_length(first, fresh.len);
        Ok(())
    }

    /// Whether there are or may have been changes: more than the single segment that an interrupted creation leaves.
    pub(crate) fn hold_changes(&self) -> Result<bool> {
        match self.firsts().as_slice() {
            [] => Ok(false),
            [1] => {
                let name = self.path(1);
                let length = self.disk.open(&name).and_then(|file| file.len());
                let length = length.map_err(|source| Error::io(format!("read {name}"), source))?;
                Ok(length > HEADER_LEN)
            }
            _ => Ok(true),
        }
    }

    /// Ends the use of these segments, after the store was closed or recovered.
    pub(crate) fn retire(&self) {
        // When this returns, no segment is made ahead any more under a name that the next segments use.
        let _slot = self.ahead_slot();
        self.retired.store(true, Ordering::Release);
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// # Errors
    ///
    /// [`Error::Closed`] when they were retired.
    pub(crate) fn check_current(&self) -> Result<()> {
        if self.is_retired() { Err(Error::Closed) } else { Ok(()) }
    }

    /// The point of the journal before the first change of a segment.
    pub(crate) fn point_before(&self, first: u64) -> Result<Point> {
        Ok(self.load(first)?.1.before)
    }

    /// The chain hash after a change; `None` if the journal no longer has it or does not have it yet. The hash before
    /// the oldest change in the journal is also known.
    ///
    /// Cost: O(bytes of one segment).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the change was synced but cannot be read.
    pub(crate) fn hash_at(&self, revision: u64) -> Result<Option<ChainHash>> {
        let found = self.find_hash(revision);
        // A segment may have been removed in the meantime.
        let is_gone = || self.oldest().is_none_or(|oldest| oldest > revision.saturating_add(1));
        if found.is_err() && is_gone() { Ok(None) } else { found }
    }

    fn find_hash(&self, revision: u64) -> Result<Option<ChainHash>> {
        let (holding, next) = self.around(revision);
        if let Some(next) = next.filter(|&next| next == revision.saturating_add(1)) {
            return Ok(Some(self.point_before(next)?.hash));
        }
        let Some(holding) = holding else { return Ok(None) };
        let mut frames = Frames::open(self, holding)?;
        let group = if frames.skip_to(revision)? { frames.next_group()? } else { None };
        match (group, next) {
            (Some(group), _) => Ok(group.hash_at(revision)),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(frames.lost(revision)),
        }
    }

    /// Removes a segment, unless a user needs all of them; returns whether it was removed. The removal is durable when
    /// this returns, so removing from the oldest on never leaves a gap.
    ///
    /// If the sync fails, readers no longer see the segment anyway. Nothing else may then be removed before
    /// [`sync_removals`](Self::sync_removals).
    pub(super) fn remove(&self, first: u64) -> Result<bool> {
        let name = self.path(first);
        let length = {
            let mut lengths = self.lengths_mut();
            if self.keepers.load(Ordering::Relaxed) > 0 {
                return Ok(false);
            }
            // Removed from the list first, so that no reader opens it any more.
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

    /// Makes a removal durable if it is not yet.
    pub(super) fn sync_removals(&self) -> Result<()> {
        if self.unsynced_removal.load(Ordering::Acquire) {
            let synced = self.disk.sync_dir(self.dir);
            synced.map_err(|error| Error::io("sync the removal of a journal segment", error))?;
            self.unsynced_removal.store(false, Ordering::Release);
        }
        Ok(())
    }
}

/// The names in the directory of the segments; none if it does not exist.
fn names(disk: &dyn Disk, dir: &str) -> Result<Vec<String>> {
    match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::damaged(StoreFile::Journal, dir, "it is a file instead of a directory"))
        }
        other => other.map_err(|error| Error::io("list the journal", error)),
    }
}

/// Keeps all segments of a store from being removed as long as this value exists.
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

    /// The oldest first revision.
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
