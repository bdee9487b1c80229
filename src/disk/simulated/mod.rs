//! A disk that loses power: it knows which bytes were synced, and which were only written.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{DirectFile, Disk, DiskFile, unless_impossible};

mod call;
mod file;
mod inode;
mod medium;
mod random;
mod world;

pub use call::{CallKind, DiskCall, DiskFault, Syncs};
use file::SimulatedFile;
use inode::Write;
use medium::{Event, Medium, Rename, directory_of};
use world::World;

/// A disk in memory that records every call and shows what a machine could find on it after a crash.
///
/// A store is opened on it with [`Options::open_on`](crate::Options::open_on). A clone is the same disk;
/// [`killed`](Self::killed), [`power_lost`](Self::power_lost) and [`stops`](Self::stops) return independent disks.
///
/// It simulates everything that `docs/design.md` considers possible. After a power loss any of the unsynced writes are
/// there, in any order, or torn at sectors of 512 bytes. The same is true of unsynced names, except that each change of
/// a name is atomic. A failed write may be done in part. The bytes of a failed sync are not synced by a later one. Of a
/// [direct write](Self::set_direct) that failed or was in progress, any sectors of 512 bytes are written.
///
/// ```
/// use std::io::ErrorKind;
/// use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
/// use viewlink::{Health, NewView, Options};
///
/// let disk = SimulatedDisk::new();
/// let store = Options::new().segment_size(4096).open_on(&disk)?;
/// disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Sync));
/// assert!(store.project("default")?.create_view(NewView::new("v", "V")).is_err());
/// assert_eq!(disk.failed(), 1);
/// assert!(matches!(store.health(), Health::WritesStopped { .. }));
///
/// disk.clear_fault();
/// store.recover()?;
/// assert_eq!(store.health(), Health::Writable);
/// // What the next process finds after a kill, or after a power loss.
/// Options::new().segment_size(4096).open_on(&disk.killed())?;
/// Options::new().segment_size(4096).open_on(&disk.power_lost(7))?;
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk {
    world: Arc<Mutex<World>>,
}

impl SimulatedDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk with these files on it, synced, by names relative to the store's directory; the
    /// opposite of [`contents`](Self::contents).
    ///
    /// Cost: O(bytes).
    #[must_use]
    pub fn with_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self::of(Medium::with_files(files))
    }

    fn of(medium: Medium) -> Self {
        Self { world: Arc::new(Mutex::new(World::of(medium))) }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // No change of it panics.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_file(&self, name: &str) -> io::Result<SimulatedFile> {
        let mut world = self.world();
        world.pass(CallKind::Open)?;
        let index = world.medium.names.get(name).copied().flatten();
        Ok(SimulatedFile::new(self, index.ok_or(io::ErrorKind::NotFound)?))
    }

    /// The number of calls that changed something, or failed to.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn calls(&self) -> usize {
        self.world().log.len()
    }

    /// These calls, in order. Example: at [`DiskCall`].
    ///
    /// Cost: O(calls).
    #[must_use]
    pub fn log(&self) -> Vec<DiskCall> {
        self.world().log.iter().map(|(call, _)| call.clone()).collect()
    }

    /// Makes later calls fail; replaces an earlier fault. Example: at [`SimulatedDisk`].
    ///
    /// Cost: O(1).
    pub fn fail(&self, fault: DiskFault) {
        self.world().fault = Some(fault);
    }

    /// Makes no further call fail. Example: at [`SimulatedDisk`].
    ///
    /// Cost: O(1).
    pub fn clear_fault(&self) {
        self.world().fault = None;
    }

    /// The number of calls that failed because of [`fail`](Self::fail).
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.world().failed
    }

    /// Sets by how many bytes files may still grow, all together; `None`, the default, for no limit. A call without
    /// room fails with [`io::ErrorKind::StorageFull`].
    ///
    /// Cost: O(1).
    ///
    /// ```
    /// # use viewlink::testing::SimulatedDisk;
    /// # use viewlink::{Error, NewView, Options};
    /// let disk = SimulatedDisk::new();
    /// disk.set_room(Some(0));
    /// assert!(matches!(Options::new().open_on(&disk), Err(Error::Io { .. })));
    /// ```
    pub fn set_room(&self, bytes: Option<u64>) {
        self.world().room = bytes;
    }

    /// Sets what a sync does from now on for files and directories whose names start with `prefix`; for others it is
    /// honest.
    ///
    /// On a disk that is not honest a test must find losses: this proves that the test can detect them. Example: at
    /// [`Syncs`].
    ///
    /// Cost: O(1).
    pub fn set_syncs(&self, prefix: &str, syncs: Syncs) {
        self.world().syncs = (prefix.to_owned(), syncs);
    }

    /// Sets whether files that are opened from now on support direct writes, in blocks of 512 bytes. By default they do
    /// not. Disks that are made from this one inherit the setting.
    ///
    /// Such a write is one call of the kind [`CallKind::WriteSynced`], durable when it returns. If the power is lost
    /// [before](Self::stops) the call, it counts as in progress: any of its sectors may be written.
    ///
    /// Cost: O(1).
    ///
    /// ```
    /// # use viewlink::testing::SimulatedDisk;
    /// # use viewlink::Options;
    /// let disk = SimulatedDisk::new();
    /// disk.set_direct(true);
    /// Options::new().segment_size(4096).open_on(&disk)?;
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    pub fn set_direct(&self, is_direct: bool) {
        let mut world = self.world();
        world.medium.is_direct = is_direct;
        world.origin.is_direct = is_direct;
    }

    /// The disk as the next process finds it if the current one is killed now: all written bytes, synced or not.
    ///
    /// Cost: O(files).
    #[must_use]
    pub fn killed(&self) -> Self {
        Self::of(self.world().medium.clone())
    }

    /// The disk as the machine finds it after a power loss now. The result depends only on `seed`.
    ///
    /// Cost: O(bytes of files that are not synced).
    #[must_use]
    pub fn power_lost(&self, seed: u64) -> Self {
        Self::of(self.world().after_power_loss(seed))
    }

    /// The disk as it was when a process on it was killed before each of the
    /// [calls](Self::calls), in order, and now.
    ///
    /// Cost: O(calls), and for each disk O(files) and the bytes that the call wrote.
    #[must_use]
    pub fn stops(&self) -> Stops {
        let world = self.world();
        let events: Vec<Event> = world.log.iter().map(|(_, event)| event.clone()).collect();
        Stops { medium: Some(world.origin.clone()), events: events.into_iter() }
    }

    /// Flips bits of one byte of a file, on the medium and as seen by processes. If there is no such byte, nothing
    /// happens.
    ///
    /// Cost: O(bytes of the file).
    ///
    /// ```
    /// # use viewlink::testing::SimulatedDisk;
    /// # use viewlink::{Error, Options};
    /// # let disk = SimulatedDisk::new();
    /// Options::new().segment_size(4096).open_on(&disk)?.close()?;
    /// disk.flip("checkpoint.redb", 0, 0xff);
    /// assert!(matches!(Options::new().open_on(&disk), Err(Error::Damaged { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn flip(&self, name: &str, offset: usize, mask: u8) {
        let mut world = self.world();
        let index = world.medium.names.get(name).copied().flatten();
        if let Some(inode) = index.and_then(|index| world.medium.inodes.get_mut(index)) {
            inode.flip(offset, mask);
        }
    }

    /// The bytes of every file, as processes see them.
    ///
    /// Cost: O(bytes).
    ///
    /// ```
    /// # use viewlink::testing::SimulatedDisk;
    /// let disk = SimulatedDisk::with_files([("a".to_owned(), vec![1, 2])]);
    /// assert_eq!(disk.contents()["a"], [1, 2]);
    /// ```
    #[must_use]
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let world = self.world();
        let bytes = |index: usize| Some(world.medium.inodes.get(index)?.data.to_vec());
        let files = world.medium.names.iter();
        files.filter_map(|(name, index)| Some((name.clone(), bytes((*index)?)?))).collect()
    }
}

/// The disks of [`SimulatedDisk::stops`]. Example: at [`testing`](crate::testing).
#[derive(Debug)]
pub struct Stops {
    /// `None` after the last one.
    medium: Option<Medium>,
    events: std::vec::IntoIter<Event>,
}

impl Iterator for Stops {
    type Item = SimulatedDisk;

    fn next(&mut self) -> Option<SimulatedDisk> {
        let medium = self.medium.take()?;
        let stopped = SimulatedDisk::of(medium.clone());
        let event = self.events.next();
        self.medium = event.as_ref().map(|event| {
            let mut next = medium;
            next.apply(event);
            next
        });
        stopped.world().in_flight = event;
        Some(stopped)
    }
}

impl Disk for SimulatedDisk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let mut world = self.world();
        world.pass(CallKind::List)?;
        let names = &world.medium.names;
        if !dir.is_empty() && !names.contains_key(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let in_dir = names.keys().filter(|name| directory_of(name) == dir);
        let last = in_dir.filter_map(|name| name.rsplit('/').next());
        Ok(last.map(str::to_owned).collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let mut world = self.world();
        if !dir.is_empty() && !world.medium.names.contains_key(dir) {
            let change = Event::Rename(Rename::Insert(dir.to_owned(), None));
            world.change(CallKind::CreateDir, dir, change)?;
        }
        let above = directory_of(dir);
        unless_impossible(world.change(
            CallKind::SyncDir,
            above,
            Event::SyncNames(above.to_owned()),
        ))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(self.open_file(name)?))
    }

    fn open_direct(&self, name: &str) -> io::Result<Option<Arc<dyn DirectFile>>> {
        if !self.world().takes_direct() {
            return Ok(None);
        }
        Ok(Some(Arc::new(self.open_file(name)?)))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut world = self.world();
        let existing = world.medium.names.get(name).copied().flatten();
        let (index, event) = match existing {
            Some(index) => (index, Event::Write(index, Write::Len(0))),
            None => {
                let index = world.medium.inodes.len();
                (index, Event::Rename(Rename::Insert(name.to_owned(), Some(index))))
            }
        };
        world.change(CallKind::Create, name, event)?;
        Ok(Arc::new(SimulatedFile::new(self, index)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut world = self.world();
        let entry = *world.medium.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        let change = Rename::Move { from: from.to_owned(), to: to.to_owned(), entry };
        world.change(CallKind::Rename, to, Event::Rename(change))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        if !world.medium.names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        world.change(CallKind::Remove, name, Event::Rename(Rename::Remove(name.to_owned())))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let event = Event::SyncNames(dir.to_owned());
        unless_impossible(self.world().change(CallKind::SyncDir, dir, event))
    }
}

#[cfg(test)]
mod tests;
