//! A disk that loses power: it knows what was synced and what only looked written.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Disk, DiskFile};

mod world;

pub(crate) use world::{Fault, Random};
use world::{Inode, Rename, World, Write, directory_of};

/// A disk on which a test can stop all calls at a chosen one, and which then tells what a machine
/// could find after the power came back.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimulatedDisk {
    world: Arc<Mutex<World>>,
}

impl SimulatedDisk {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// How many changing calls there were.
    pub(crate) fn calls(&self) -> u64 {
        self.world().calls
    }

    /// Makes calls to come fail.
    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        self.world().fault = fault;
    }

    /// Says by how many bytes files may still grow; `None` for as many as they like.
    pub(crate) fn set_room(&self, room: Option<u64>) {
        self.world().room = room;
    }

    /// From now on a sync returns and does nothing.
    pub(crate) fn ignore_syncs(&self) {
        self.world().ignores_syncs = true;
    }

    /// The disk of a process that was killed: all it wrote is there.
    pub(crate) fn killed(&self) -> Self {
        let world = self.world();
        let inodes = world.inodes.iter().map(|inode| Inode { locked: false, ..inode.clone() });
        let world = World {
            inodes: inodes.collect(),
            names: world.names.clone(),
            synced_names: world.synced_names.clone(),
            unsynced_names: world.unsynced_names.clone(),
            ..World::default()
        };
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// The disk after the power was lost: of what was not synced, a random part is there, in any
    /// order, some of it torn at sectors of 512 bytes.
    pub(crate) fn power_lost(&self, seed: u64) -> Self {
        let mut random = Random(seed);
        let world = self.world();
        let names = world.names_after_power_loss(&mut random);
        let inodes = world.inodes.iter().map(|inode| {
            let data = inode.after_power_loss(&mut random);
            Inode { synced: data.clone(), data, ..Inode::default() }
        });
        let world = World {
            inodes: inodes.collect(),
            synced_names: names.clone(),
            names,
            ..World::default()
        };
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// Flips bits of a file, synced or not.
    pub(crate) fn flip(&self, name: &str, offset: usize, mask: u8) {
        let mut world = self.world();
        let index = world.names[name].unwrap();
        let inode = &mut world.inodes[index];
        for data in [&mut inode.data, &mut inode.synced] {
            if let Some(byte) = data.get_mut(offset) {
                *byte ^= mask;
            }
        }
    }

    /// The bytes of every file, to see that a failed open left all as it was.
    pub(crate) fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let world = self.world();
        let file = |(name, index): (&String, &Option<usize>)| {
            index.map(|index| (name.clone(), world.inodes[index].data.clone()))
        };
        world.names.iter().filter_map(file).collect()
    }
}

impl Disk for SimulatedDisk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let world = self.world();
        if !dir.is_empty() && !world.names.contains_key(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let names = world.names.keys().filter_map(|name| name.strip_prefix(&prefix));
        Ok(names.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let mut world = self.world();
        if !dir.is_empty() && !world.names.contains_key(dir) {
            world.change_names(Rename::Insert(dir.to_owned(), None))?;
        }
        world.sync_names(directory_of(dir))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let index = self.world().names.get(name).copied().flatten();
        let index = index.ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), index, holds_lock: Mutex::default() }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut world = self.world();
        if world.names.contains_key(name) {
            drop(world);
            let file = self.open(name)?;
            file.set_len(0)?;
            return Ok(file);
        }
        let index = world.inodes.len();
        world.change_names(Rename::Insert(name.to_owned(), Some(index)))?;
        world.inodes.push(Inode::default());
        drop(world);
        self.open(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.world().change_names(Rename::Move(from.to_owned(), to.to_owned()))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        if !self.world().names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.world().change_names(Rename::Remove(name.to_owned()))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.world().sync_names(dir)
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    index: usize,
    holds_lock: Mutex<bool>,
}

impl SimulatedFile {
    fn with<T>(&self, act: impl FnOnce(&mut Inode) -> T) -> T {
        act(&mut self.disk.world().inodes[self.index])
    }

    fn write(&self, write: Write) -> io::Result<()> {
        self.disk.world().call()?;
        let end = match &write {
            Write::Len(len) => *len,
            Write::Bytes(offset, bytes) => offset + bytes.len() as u64,
        };
        let growth = end.saturating_sub(self.len()?);
        if let Some(room) = &mut self.disk.world().room {
            *room = room.checked_sub(growth).ok_or(io::ErrorKind::StorageFull)?;
        }
        self.with(|inode| {
            Inode::apply(&mut inode.data, &write);
            inode.unsynced.push(write);
        });
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.with(|inode| inode.data.len() as u64))
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        self.with(|inode| {
            let wanted = inode.data.get(start..start + out.len());
            out.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.write(Write::Bytes(offset, data.to_vec()))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.write(Write::Len(len))
    }

    fn sync(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        world.call()?;
        if world.ignores_syncs {
            return Ok(());
        }
        drop(world);
        self.with(|inode| {
            inode.synced.clone_from(&inode.data);
            inode.unsynced.clear();
        });
        Ok(())
    }

    fn try_lock(&self) -> io::Result<bool> {
        let free = self.with(|inode| !std::mem::replace(&mut inode.locked, true));
        *self.holds_lock.lock().unwrap() |= free;
        Ok(free)
    }

    fn unlock(&self) -> io::Result<()> {
        if std::mem::take(&mut *self.holds_lock.lock().unwrap()) {
            self.with(|inode| inode.locked = false);
        }
        Ok(())
    }
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        let _ = self.unlock();
    }
}
