//! What a simulated disk knows: what was synced and what only looked written.

use std::collections::BTreeMap;
use std::io;

/// Names, and what they lead to; nothing for a directory.
pub(super) type Names = BTreeMap<String, Option<usize>>;

/// A change of the names in one directory.
#[derive(Clone, Debug)]
pub(super) enum Rename {
    Insert(String, Option<usize>),
    Move(String, String),
    Remove(String),
}

impl Rename {
    pub(super) fn apply(&self, names: &mut Names) {
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

pub(super) fn directory_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) inodes: Vec<Inode>,
    pub(super) names: Names,
    pub(super) synced_names: Names,
    /// What changed in a directory since it was last synced, with the directory.
    pub(super) unsynced_names: Vec<(String, Rename)>,
    pub(super) calls: u64,
    pub(super) fault: Option<Fault>,
    pub(super) ignores_syncs: bool,
    /// By how many bytes files may still grow.
    pub(super) room: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    pub(super) data: Vec<u8>,
    pub(super) synced: Vec<u8>,
    pub(super) unsynced: Vec<Write>,
    pub(super) locked: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Write {
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

impl World {
    /// Counts a changing call and lets it pass or not.
    pub(super) fn call(&mut self) -> io::Result<()> {
        let number = self.calls;
        self.calls += 1;
        match self.fault {
            Some(fault) if number >= fault.from && number - fault.from < fault.count => {
                Err(io::Error::new(fault.kind, "simulated failure"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn sync_names(&mut self, dir: &str) -> io::Result<()> {
        self.call()?;
        let (synced, rest) = std::mem::take(&mut self.unsynced_names)
            .into_iter()
            .partition::<Vec<_>, _>(|(changed, _)| changed == dir);
        self.unsynced_names = rest;
        synced.iter().for_each(|(_, change)| change.apply(&mut self.synced_names));
        Ok(())
    }

    pub(super) fn change_names(&mut self, change: Rename) -> io::Result<()> {
        self.call()?;
        change.apply(&mut self.names);
        let (Rename::Insert(name, _) | Rename::Move(name, _) | Rename::Remove(name)) = &change;
        self.unsynced_names.push((directory_of(name).to_owned(), change));
        Ok(())
    }

    /// Of each directory's unsynced changes the first few are there, and what is in a directory
    /// that is not is gone.
    pub(super) fn names_after_power_loss(&self, random: &mut Random) -> Names {
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
    pub(super) fn apply(data: &mut Vec<u8>, write: &Write) {
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

    pub(super) fn after_power_loss(&self, random: &mut Random) -> Vec<u8> {
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
