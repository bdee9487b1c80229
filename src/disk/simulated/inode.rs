//! The file of a name: its bytes as a process sees them, and as they are on the medium.

use std::sync::Arc;

use super::random::Random;
use crate::disk::resize;

/// The unit that a disk writes completely or not at all.
pub(super) const SECTOR: usize = 512;

/// A change of a file.
#[derive(Clone, Debug)]
pub(super) enum Write {
    /// Bytes from an offset on.
    Bytes(usize, Arc<[u8]>),
    /// A direct write with an unknown result: a part may be readable, and a power loss leaves any of its sectors.
    Unsure(usize, Arc<[u8]>),
    /// A new length.
    Len(usize),
}

impl Write {
    /// Replaces the part that the new bytes overwrite, so that this write cannot bring back old bytes.
    fn overwrite(&mut self, offset: usize, new: &[u8]) {
        let (Self::Bytes(start, bytes) | Self::Unsure(start, bytes)) = self else { return };
        let from = offset.max(*start);
        let to = offset.saturating_add(new.len()).min(start.saturating_add(bytes.len()));
        if from >= to {
            return;
        }
        let mut patched = bytes.to_vec();
        let place = patched.get_mut(from - *start..to - *start);
        if let (Some(place), Some(new)) = (place, new.get(from - offset..to - offset)) {
            place.copy_from_slice(new);
        }
        *bytes = patched.into();
    }
}

/// A file, independent of its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    /// As a process sees it.
    pub(super) data: Arc<Vec<u8>>,
    /// As it is on the medium, without the unsynced writes.
    synced: Arc<Vec<u8>>,
    unsynced: Vec<Write>,
    /// How many of these existed at the last sync, for a disk that syncs late.
    due: usize,
    /// Whether a sync failed, so that `data` may have bytes that never reach the medium.
    differs: bool,
}

impl Inode {
    /// A synced file.
    pub(super) fn with_bytes(bytes: Vec<u8>) -> Self {
        Self::clean(Arc::new(bytes))
    }

    pub(super) fn write(&mut self, write: Write) {
        apply(Arc::make_mut(&mut self.data), &write);
        self.unsynced.push(write);
    }

    /// A completed direct write. Beyond the synced length it is as durable as the length.
    pub(super) fn write_synced(&mut self, offset: usize, bytes: &Arc<[u8]>) {
        if offset.saturating_add(bytes.len()) > self.synced.len() {
            return self.write(Write::Bytes(offset, Arc::clone(bytes)));
        }
        let is_clean = self.unsynced.is_empty() && !self.differs;
        if is_clean {
            // The bytes are the same, so this need not be copied.
            self.synced = Arc::default();
        }
        put(Arc::make_mut(&mut self.data), offset, bytes);
        if is_clean {
            return self.sync();
        }
        put(Arc::make_mut(&mut self.synced), offset, bytes);
        self.unsynced.iter_mut().for_each(|older| older.overwrite(offset, bytes));
    }

    /// The sync that comes with a direct write on a disk that syncs late.
    pub(super) fn write_late(&mut self, offset: usize, bytes: &Arc<[u8]>) {
        self.write(Write::Bytes(offset, Arc::clone(bytes)));
        self.sync_late();
    }

    /// A direct write in progress: no part can be read yet.
    pub(super) fn begin_write(&mut self, offset: usize, bytes: &Arc<[u8]>) {
        self.unsynced.push(Write::Unsure(offset, Arc::clone(bytes)));
    }

    pub(super) fn sync(&mut self) {
        if self.differs {
            let synced = Arc::make_mut(&mut self.synced);
            self.unsynced.iter().for_each(|write| apply(synced, write));
        } else {
            self.synced = Arc::clone(&self.data);
        }
        self.unsynced.clear();
    }

    /// Syncs what was written before the last sync.
    pub(super) fn sync_late(&mut self) {
        let synced = Arc::make_mut(&mut self.synced);
        let due = self.due.min(self.unsynced.len());
        self.unsynced.drain(..due).for_each(|write| apply(synced, &write));
        self.due = self.unsynced.len();
    }

    /// A failed sync: as on Linux, its bytes then count as clean and stay only in memory. The length, which the file
    /// system keeps, is synced later. Direct writes are not affected.
    pub(super) fn fail_sync(&mut self) {
        self.differs |= !self.unsynced.is_empty();
        self.unsynced.retain(|write| !matches!(write, Write::Bytes(..)));
    }

    /// Changes a byte, synced or not.
    pub(super) fn flip(&mut self, offset: usize, mask: u8) {
        for data in [&mut self.data, &mut self.synced] {
            if let Some(byte) = Arc::make_mut(data).get_mut(offset) {
                *byte ^= mask;
            }
        }
    }

    /// The file after a power loss: a part of the unsynced writes is there, in any order, some of them torn at sectors.
    pub(super) fn after_power_loss(&self, random: &mut Random) -> Self {
        if self.unsynced.is_empty() {
            return Self::clean(Arc::clone(&self.synced));
        }
        // Nothing, everything, or a part.
        let kept = random.below(9);
        let mut writes: Vec<&Write> =
            self.unsynced.iter().filter(|_| random.in_eighths(kept)).collect();
        if random.in_eighths(4) {
            shuffle(&mut writes, random);
        }
        let torn = random.below(4);
        let mut data = Vec::clone(&self.synced);
        for write in writes {
            match write {
                Write::Bytes(offset, bytes) if random.in_eighths(torn) => {
                    tear(&mut data, *offset, bytes, random);
                }
                Write::Unsure(offset, bytes) if random.in_eighths(6) => {
                    tear(&mut data, *offset, bytes, random);
                }
                Write::Unsure(offset, bytes) => put(&mut data, *offset, bytes),
                whole => apply(&mut data, whole),
            }
        }
        Self::with_bytes(data)
    }

    fn clean(data: Arc<Vec<u8>>) -> Self {
        Self { synced: Arc::clone(&data), data, ..Self::default() }
    }
}

fn apply(data: &mut Vec<u8>, write: &Write) {
    match write {
        Write::Len(len) => resize(data, *len),
        Write::Bytes(offset, bytes) => put(data, *offset, bytes),
        Write::Unsure(offset, bytes) => {
            let sectors = bytes.len().div_ceil(SECTOR).div_ceil(2);
            put(data, *offset, bytes.split_at(bytes.len().min(sectors * SECTOR)).0);
        }
    }
}

fn put(data: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset.saturating_add(bytes.len());
    if data.len() < end {
        resize(data, end);
    }
    if let Some(place) = data.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}

/// Writes some sectors of `bytes`.
fn tear(data: &mut Vec<u8>, mut offset: usize, mut bytes: &[u8], random: &mut Random) {
    while !bytes.is_empty() {
        let in_sector = SECTOR - offset % SECTOR;
        let (sector, rest) = bytes.split_at(in_sector.min(bytes.len()));
        if random.in_eighths(4) {
            put(data, offset, sector);
        }
        offset += sector.len();
        bytes = rest;
    }
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for place in (1..items.len()).rev() {
        items.swap(place, random.below(place + 1));
    }
}
