//! A file that acts as a disk, below all other layers.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyOpen,
    ReplyWrite, Request, WriteFlags,
};

use crate::image::{Image, SECTOR};
use crate::record::{Flushes, Record};
use crate::system::unmount;

/// The name of the layer in the list of mounts.
pub(crate) const NAME: &str = "viewlink-power";

/// How often calls of the disk fail, from 0 for never to 1 for always.
#[derive(Clone, Copy, Debug, Default)]
pub struct Failing {
    /// The reads.
    pub reads: f64,
    /// The writes.
    pub writes: f64,
    /// The flushes.
    pub flushes: f64,
}

#[derive(Debug)]
struct State {
    record: Record,
    failing: Failing,
    random: fastrand::Rng,
}

impl State {
    /// Fails as often as requested.
    fn try_luck(&mut self, chance: f64) -> Result<(), Errno> {
        if self.random.f64() < chance { Err(Errno::EIO) } else { Ok(()) }
    }
}

/// A disk that is a file, and records all writes and flushes.
#[derive(Debug)]
pub struct Layer {
    file: PathBuf,
    state: Arc<Mutex<State>>,
    session: Option<BackgroundSession>,
}

impl Layer {
    /// Creates a file and serves it as a disk.
    ///
    /// # Errors
    ///
    /// The errors of creating and mounting it.
    pub fn mount(file: &Path, record: Record) -> io::Result<Self> {
        std::fs::File::create(file)?;
        let (failing, random) = (Failing::default(), fastrand::Rng::new());
        let state = Arc::new(Mutex::new(State { record, failing, random }));
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName(NAME.into())];
        let session = fuser::spawn_mount(Disk { state: Arc::clone(&state) }, file, &config)?;
        Ok(Self { file: file.to_owned(), state, session: Some(session) })
    }

    /// The file that is the disk.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A counter of the steps on the disk, for as long as the disk exists.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock { state: Arc::clone(&self.state) }
    }

    /// Lets calls fail from now on.
    pub fn fail(&self, failing: Failing) {
        lock(&self.state).failing = failing;
    }

    /// Removes the disk; returns its record.
    ///
    /// # Errors
    ///
    /// The errors of unmounting it.
    pub fn unmount(mut self) -> io::Result<Record> {
        if let Some(session) = self.session.take() {
            unmount(&self.file);
            session.join()?;
        }
        let empty = Record::new(Image::zeros(0), Flushes::Kept);
        Ok(std::mem::replace(&mut lock(&self.state).record, empty))
    }
}

/// The number of steps on a disk.
#[derive(Clone, Debug)]
pub struct Clock {
    state: Arc<Mutex<State>>,
}

impl Clock {
    /// The number of steps so far; see [`Record::moment`].
    #[must_use]
    pub fn moment(&self) -> usize {
        lock(&self.state).record.moment()
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            unmount(&self.file);
            drop(session);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers the requests of the kernel. They are handled one after another, so all answered requests are in the record.
#[derive(Debug)]
struct Disk {
    state: Arc<Mutex<State>>,
}

impl Disk {
    fn attributes(&self) -> FileAttr {
        let size = lock(&self.state).record.now().len();
        let time = UNIX_EPOCH;
        FileAttr {
            ino: INodeNo::ROOT,
            size,
            blocks: size / SECTOR as u64,
            atime: time,
            mtime: time,
            ctime: time,
            crtime: time,
            kind: FileType::RegularFile,
            perm: 0o600,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

impl Filesystem for Disk {
    fn getattr(&self, _: &Request, _: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&Duration::from_secs(3600), &self.attributes());
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        // No cache between the disk and its users.
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn getxattr(&self, _: &Request, _: INodeNo, _: &OsStr, _: u32, reply: fuser::ReplyXattr) {
        reply.error(Errno::ENOSYS);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut state = lock(&self.state);
        let chance = state.failing.reads;
        match (state.try_luck(chance), usize::try_from(size)) {
            (Ok(()), Ok(size)) => reply.data(&state.record.now().read(offset, size)),
            (Ok(()), Err(_)) => reply.error(Errno::EINVAL),
            (Err(error), _) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = lock(&self.state);
        let chance = state.failing.writes;
        match (state.try_luck(chance), u32::try_from(data.len())) {
            (Ok(()), Ok(len)) => {
                state.record.write(offset, data);
                reply.written(len);
            }
            (Ok(()), Err(_)) => reply.error(Errno::EINVAL),
            (Err(error), _) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        // A handle was closed: nothing becomes durable by that.
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let mut state = lock(&self.state);
        let chance = state.failing.flushes;
        match state.try_luck(chance) {
            Ok(()) => {
                state.record.flush();
                reply.ok();
            }
            Err(error) => reply.error(error),
        }
    }
}
