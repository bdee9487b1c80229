//! Which segments there are, and what is done to their files.

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

/// The segments of a store, known to the writer and to all readers.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    /// The directory they are in; empty for that of the disk.
    dir: &'static str,
    store_id: StoreId,
    lengths: RwLock<Lengths>,
    /// How many want all of them to stay; changed only while `lengths` is locked.
    keepers: AtomicUsize,
    /// Whether the store goes on with other segments, or not at all; changed only while `ahead` is locked.
    retired: AtomicBool,
    /// Whether the last removal may not be durable.
    unsynced_removal: AtomicBool,
    /// The segment that is made ahead.
    pub(super) ahead: Mutex<AheadSlot>,
    /// Held by the one that removes segments.
    pub(super) trimming: Mutex<()>,
}

impl Segments {
    /// Lists the segments on disk; an unfinished one does not count.
    pub(crate) fn open(disk: Arc<dyn Disk>, store_id: StoreId) -> Result<Self> {
        Self::list(disk, DIR, store_id)
    }

    /// Lists the segments of an archive, to be read. The store they are of is told by the header of the
    /// first one; it need not be the one that reads them. [`scan`](super::scan) with a state's revision and
    /// hash tells whether they lead on from there, and how far.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is none, [`Error::Damaged`] when the first one has no right header.
    pub(crate) fn open_archive(disk: Arc<dyn Disk>) -> Result<Self> {
        let mut segments = Self::list(disk, "", StoreId::default())?;
        let Some(first) = segments.oldest() else {
            let source = io::Error::new(io::ErrorKind::NotFound, "it has no segment");
            return Err(Error::io("open the archive of the journal", source));
        };
        segments.store_id = segments.read_header(first, None)?.1.store_id;
        Ok(segments)
    }

    fn list(disk: Arc<dyn Disk>, dir: &'static str, store_id: StoreId) -> Result<Self> {
        let names = names(&*disk, dir)?;
        let segments = Self::unlisted(disk, dir, store_id);
        for first in names.iter().filter_map(|name| first_of(name)) {
            // Only told to operators: one that cannot be read counts as empty, until it is needed.
            let file = segments.disk.open(&segments.path(first));
            segments.set_length(first, file.and_then(|file| file.len()).unwrap_or(0));
        }
        Ok(segments)
    }

    /// The segments in a directory, without a look at which there are.
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

    /// Something in the directory of the segments that is none and never becomes one.
    pub(crate) fn foreign_name(disk: &dyn Disk) -> Result<Option<String>> {
        let known = |name: &str| first_of(name).is_some() || FreshSegment::is_name(name);
        Ok(names(disk, DIR)?.into_iter().find(|name| !known(name)))
    }

    /// Makes the directory of the segments.
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

    /// Sets the length of a segment's file.
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
                return damaged("it is shorter than a header");
            }
            other => other.map_err(reading)?,
        }
        let header = SegmentHeader::decode(&bytes, &name, first, store_id)?;
        Ok((file, header))
    }

    /// Gives the file of a segment its name, in one durable step.
    ///
    /// After a failure it is open which segments are on disk.
    pub(super) fn publish(&self, first: u64, fresh: &FreshSegment) -> io::Result<()> {
        self.disk.rename(&self.path_of(fresh.name), &self.path(first))?;
        self.disk.sync_dir(self.dir)?;
        self.set_length(first, fresh.len);
        Ok(())
    }

    /// Whether there are changes, or could have been: more than the segment that a creation which
    /// did not end leaves.
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

    /// Ends the use of these segments: the store was closed or recovered.
    pub(crate) fn retire(&self) {
        // So none is made ahead any more, under a name that the next ones use, when this returns.
        let _slot = self.ahead_slot();
        self.retired.store(true, Ordering::Release);
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// # Errors
    ///
    /// [`Error::Closed`] when they no longer are.
    pub(crate) fn check_current(&self) -> Result<()> {
        if self.is_retired() { Err(Error::Closed) } else { Ok(()) }
    }

    /// Where the journal stands before the first change of a segment.
    pub(crate) fn point_before(&self, first: u64) -> Result<Point> {
        Ok(self.load(first)?.1.before)
    }

    /// The chain hash after a change; `None` when it is not kept any more, or not there yet. The one
    /// before the oldest change that is kept is known, too.
    ///
    /// Cost: O(bytes of one segment).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the change was synced and cannot be read.
    pub(crate) fn hash_at(&self, revision: u64) -> Result<Option<ChainHash>> {
        let found = self.find_hash(revision);
        // A segment may have been removed since it was looked for.
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

    /// Removes a segment, unless somebody wants all to stay; returns whether it is gone. The removal is
    /// durable when this returns, so that removing from the oldest on never leaves a hole.
    ///
    /// Where that fails the segment is gone all the same for those who read. Nothing else may be
    /// removed then before [`sync_removals`](Self::sync_removals).
    pub(super) fn remove(&self, first: u64) -> Result<bool> {
        let name = self.path(first);
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
            let synced = self.disk.sync_dir(self.dir);
            synced.map_err(|error| Error::io("sync the removal of a journal segment", error))?;
            self.unsynced_removal.store(false, Ordering::Release);
        }
        Ok(())
    }
}

/// What is in the directory of the segments; nothing where there is none.
fn names(disk: &dyn Disk, dir: &str) -> Result<Vec<String>> {
    match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::damaged(StoreFile::Journal, dir, "it is a file and not a directory"))
        }
        other => other.map_err(|error| Error::io("list the journal", error)),
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
