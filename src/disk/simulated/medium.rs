//! Files and their names, as a process sees them, and as they are on the medium.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::inode::{Inode, Write};
use super::random::Random;

/// Names and their files; `None` for a directory.
pub(super) type Names = BTreeMap<String, Option<usize>>;

/// A change of the names in one directory.
#[derive(Clone, Debug)]
pub(super) enum Rename {
    Insert(String, Option<usize>),
    Move { from: String, to: String, entry: Option<usize> },
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
            Self::Move { from, to, entry } => {
                names.remove(from);
                names.insert(to.clone(), *entry);
            }
        }
    }

    /// The name that changes; if a file is renamed, its new name.
    pub(super) fn name(&self) -> &str {
        let (Self::Insert(name, _) | Self::Move { to: name, .. } | Self::Remove(name)) = self;
        name
    }
}

pub(super) fn directory_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// The effect of a call.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Write(usize, Write),
    /// A direct write.
    WriteSynced(usize, usize, Arc<[u8]>),
    /// The same on a disk that syncs late.
    WriteLate(usize, usize, Arc<[u8]>),
    Sync(usize),
    SyncLate(usize),
    SyncWithNames(usize),
    FailSync(usize),
    Rename(Rename),
    SyncNames(String),
    /// The call failed, or only reported success.
    Nothing,
}

/// The contents of a disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Medium {
    pub(super) inodes: Vec<Inode>,
    pub(super) names: Names,
    synced_names: Names,
    unsynced_names: Vec<Rename>,
    /// Whether files take direct writes.
    pub(super) is_direct: bool,
}

impl Medium {
    /// Synced files and their directories.
    pub(super) fn with_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut names = Names::new();
        let mut inodes = Vec::new();
        for (name, bytes) in files {
            let dir = directory_of(&name);
            if !dir.is_empty() {
                names.entry(dir.to_owned()).or_default();
            }
            names.insert(name, Some(inodes.len()));
            inodes.push(Inode::with_bytes(bytes));
        }
        Self { inodes, synced_names: names.clone(), names, ..Self::default() }
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Write(index, write) => self.with(*index, |inode| inode.write(write.clone())),
            Event::WriteSynced(index, offset, bytes) => {
                self.with(*index, |inode| inode.write_synced(*offset, bytes));
            }
            Event::WriteLate(index, offset, bytes) => {
                self.with(*index, |inode| inode.write_late(*offset, bytes));
            }
            Event::Sync(index) => self.with(*index, Inode::sync),
            Event::SyncLate(index) => self.with(*index, Inode::sync_late),
            Event::SyncWithNames(index) => {
                self.with(*index, Inode::sync);
                let changes = std::mem::take(&mut self.unsynced_names);
                changes.iter().for_each(|change| change.apply(&mut self.synced_names));
            }
            Event::FailSync(index) => self.with(*index, Inode::fail_sync),
            Event::Rename(change) => {
                if let Rename::Insert(_, Some(index)) = change
                    && *index >= self.inodes.len()
                {
                    self.inodes.resize_with(index + 1, Inode::default);
                }
                change.apply(&mut self.names);
                self.unsynced_names.push(change.clone());
            }
            Event::SyncNames(dir) => self.sync_names(dir),
            Event::Nothing => {}
        }
    }

    /// Begins an operation that a crash can interrupt.
    pub(super) fn begin(&mut self, event: &Event) {
        if let Event::WriteSynced(index, offset, bytes) = event {
            self.with(*index, |inode| inode.begin_write(*offset, bytes));
        }
    }

    fn with(&mut self, index: usize, act: impl FnOnce(&mut Inode)) {
        if let Some(inode) = self.inodes.get_mut(index) {
            act(inode);
        }
    }

    fn sync_names(&mut self, dir: &str) {
        let (synced, rest) = std::mem::take(&mut self.unsynced_names)
            .into_iter()
            .partition::<Vec<_>, _>(|change| directory_of(change.name()) == dir);
        self.unsynced_names = rest;
        synced.iter().for_each(|change| change.apply(&mut self.synced_names));
    }

    /// The name a file has now.
    pub(super) fn name_of(&self, index: usize) -> &str {
        let found = self.names.iter().find(|(_, entry)| **entry == Some(index));
        found.map_or("", |(name, _)| name)
    }

    pub(super) fn after_power_loss(&self, seed: u64) -> Self {
        let mut random = Random(seed);
        let names = self.names_after_power_loss(&mut random);
        let inodes = self.inodes.iter().map(|inode| inode.after_power_loss(&mut random));
        let inodes = inodes.collect();
        let synced_names = names.clone();
        Self { inodes, names, synced_names, unsynced_names: Vec::new(), is_direct: self.is_direct }
    }

    /// Of the unsynced changes of each directory, the first few are there, or any of them. Files of a missing directory
    /// are gone.
    fn names_after_power_loss(&self, random: &mut Random) -> Names {
        let mut names = self.synced_names.clone();
        let in_order = random.in_eighths(4);
        let mut lost = Vec::new();
        for change in &self.unsynced_names {
            let dir = directory_of(change.name());
            if random.in_eighths(5) && !(in_order && lost.contains(&dir)) {
                change.apply(&mut names);
            } else {
                lost.push(dir);
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
