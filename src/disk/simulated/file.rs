//! An open file of a simulated disk.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::SimulatedDisk;
use super::call::CallKind;
use super::inode::{SECTOR, Write};
use super::medium::Event;
use super::world::place;
use crate::disk::DiskFile;
use crate::disk::direct::{Alignment, DirectFile};
use crate::disk::lock::Lock;

/// An open file; owns the lock that it took.
#[derive(Debug)]
pub(super) struct SimulatedFile {
    disk: SimulatedDisk,
    index: usize,
    holds_lock: AtomicBool,
}

impl SimulatedFile {
    pub(super) fn new(disk: &SimulatedDisk, index: usize) -> Self {
        Self { disk: disk.clone(), index, holds_lock: AtomicBool::new(false) }
    }

    fn change(&self, kind: CallKind, event: Event) -> io::Result<()> {
        let mut world = self.disk.world();
        let name = world.medium.name_of(self.index).to_owned();
        world.change(kind, &name, event)
    }

    /// Reads the bytes as a process sees them.
    fn read<T>(&self, kind: CallKind, read: impl FnOnce(&[u8]) -> Option<T>) -> io::Result<T> {
        let mut world = self.disk.world();
        world.pass(kind)?;
        let inode = world.medium.inodes.get(self.index);
        let found = inode.and_then(|inode| read(&inode.data));
        found.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn lock(&self, take: impl FnOnce(&mut Lock) -> bool) -> io::Result<bool> {
        let mut world = self.disk.world();
        world.pass(CallKind::Lock)?;
        let taken = take(world.locks.entry(self.index).or_default());
        if taken {
            self.holds_lock.store(true, Ordering::Release);
        }
        Ok(taken)
    }

    fn give_free(&self) {
        if self.holds_lock.swap(false, Ordering::AcqRel) {
            self.disk.world().locks.entry(self.index).or_default().give_up();
        }
    }
}

impl DiskFile for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        self.read(CallKind::Len, |data| Some(data.len() as u64))
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read(CallKind::Read, |data| {
            let start = usize::try_from(offset).ok()?;
            out.copy_from_slice(data.get(start..start.checked_add(out.len())?)?);
            Some(())
        })
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let write = Write::Bytes(place(offset, data.len())?, data.into());
        self.change(CallKind::Write, Event::Write(self.index, write))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let write = Write::Len(place(len, 0)?);
        self.change(CallKind::SetLen, Event::Write(self.index, write))
    }

    fn sync(&self) -> io::Result<()> {
        self.change(CallKind::Sync, Event::Sync(self.index))
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.lock(Lock::take)
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        self.lock(Lock::share)
    }

    fn unlock(&self) -> io::Result<()> {
        self.disk.world().pass(CallKind::Lock)?;
        self.give_free();
        Ok(())
    }
}

impl DirectFile for SimulatedFile {
    fn alignment(&self) -> Alignment {
        Alignment { memory: SECTOR, block: SECTOR }
    }

    fn write_blocks(&self, offset: u64, blocks: &[u8]) -> io::Result<()> {
        let offset = place(offset, blocks.len())?;
        let misplaced =
            [offset % SECTOR, blocks.len() % SECTOR, blocks.as_ptr().align_offset(SECTOR)];
        if misplaced != [0; 3] {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the write is not aligned"));
        }
        self.change(CallKind::WriteSynced, Event::WriteSynced(self.index, offset, blocks.into()))
    }
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        self.give_free();
    }
}
