//! A disk that loses power: it knows what was synced and what only looked written.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Disk, DiskFile};

/// A disk on which a test can stop all calls at a chosen one, and which then tells what a machine
/// could find after the power came back.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimulatedDisk {
    world: Arc<Mutex<World>>,
}

/// Names, and what they lead to; nothing for a directory.
type Names = BTreeMap<String, Option<usize>>;

/// A change of the names in one directory.
#[derive(Clone, Debug)]
enum Rename {
    Insert(String, Option<usize>),
    Move(String, String),
    Remove(String),
}

impl Rename {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Insert(name, entry) => {
                names.insert(name.clone(), *entry);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
            Self::Move(from, to) => {
                if let Some(entry) = names.remove(from) {
                    names.insert(to.clone(), entry);
                }
            }
        }
    }
}

fn directory_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}

#[derive(Debug, Default)]
struct World {
    inodes: Vec<Inode>,
    names: Names,
    synced_names: Names,
    /// What changed in a directory since it was last synced, with the directory.
    unsynced_names: Vec<(String, Rename)>,
    calls: u64,
    fault: Option<Fault>,
    ignores_syncs: bool,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    data: Vec<u8>,
    synced: Vec<u8>,
    unsynced: Vec<Write>,
    locked: bool,
}

#[derive(Clone, Debug)]
enum Write {
    Bytes(u64, Vec<u8>),
    Len(u64),
}

/// Which of the changing calls fail, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// The first call that fails, counted from 0.
    pub(crate) from: u64,
    /// How many fail.
    pub(crate) count: u64,
    /// With which error.
    pub(crate) kind: io::ErrorKind,
}

impl Fault {
    /// From this call on nothing reaches the disk any more.
    pub(crate) const fn power_lost(from: u64) -> Self {
        Self { from, count: u64::MAX, kind: io::ErrorKind::Other }
    }
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

impl World {
    /// Counts a changing call and lets it pass or not.
    fn call(&mut self) -> io::Result<()> {
        let number = self.calls;
        self.calls += 1;
        match self.fault {
            Some(fault) if number >= fault.from && number - fault.from < fault.count => {
                Err(io::Error::new(fault.kind, "simulated failure"))
            }
            _ => Ok(()),
        }
    }

    fn sync_names(&mut self, dir: &str) -> io::Result<()> {
        self.call()?;
        let (synced, rest) = std::mem::take(&mut self.unsynced_names)
            .into_iter()
            .partition::<Vec<_>, _>(|(changed, _)| changed == dir);
        self.unsynced_names = rest;
        synced.iter().for_each(|(_, change)| change.apply(&mut self.synced_names));
        Ok(())
    }

    fn change_names(&mut self, change: Rename) -> io::Result<()> {
        self.call()?;
        change.apply(&mut self.names);
        let (Rename::Insert(name, _) | Rename::Move(name, _) | Rename::Remove(name)) = &change;
        self.unsynced_names.push((directory_of(name).to_owned(), change));
        Ok(())
    }

    /// Of each directory's unsynced changes the first few are there, and what is in a directory
    /// that is not is gone.
    fn names_after_power_loss(&self, random: &mut Random) -> Names {
        let mut names = self.synced_names.clone();
        let mut kept = BTreeMap::<&str, bool>::new();
        for (dir, change) in &self.unsynced_names {
            let kept = kept.entry(dir).or_insert(true);
            *kept &= random.below(3) > 0;
            if *kept {
                change.apply(&mut names);
            }
        }
        let directories = names.clone();
        names.retain(|name, _| {
            let dir = directory_of(name);
            dir.is_empty() || directories.contains_key(dir)
        });
        names
    }
}

impl Inode {
    fn apply(data: &mut Vec<u8>, write: &Write) {
        match write {
            Write::Len(len) => data.resize(usize::try_from(*len).unwrap(), 0),
            Write::Bytes(offset, bytes) => {
                let start = usize::try_from(*offset).unwrap();
                let end = start + bytes.len();
                if data.len() < end {
                    data.resize(end, 0);
                }
                data[start..end].copy_from_slice(bytes);
            }
        }
    }

    fn after_power_loss(&self, random: &mut Random) -> Vec<u8> {
        let mut kept: Vec<&Write> = self.unsynced.iter().filter(|_| random.below(2) == 0).collect();
        for place in (1..kept.len()).rev() {
            kept.swap(place, random.below(place + 1));
        }
        let mut data = self.synced.clone();
        for write in kept {
            match write {
                Write::Bytes(offset, bytes) if random.below(3) == 0 => {
                    for (number, sector) in bytes.chunks(512).enumerate() {
                        if random.below(2) == 0 {
                            let at = offset + 512 * number as u64;
                            Self::apply(&mut data, &Write::Bytes(at, sector.to_vec()));
                        }
                    }
                }
                whole => Self::apply(&mut data, whole),
            }
        }
        data
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

/// A small generator of random numbers (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is above 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }
}
