//! The state that all handles of a simulated disk share.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::call::{CallKind, DiskCall, DiskFault, Syncs};
use super::inode::Write;
use super::medium::{Event, Medium};
use crate::disk::lock::Lock;

/// The greatest length of a file, so that a wrong length is an error and does not take all memory.
const MAX_LEN: u64 = 1 << 32;

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) medium: Medium,
    /// The medium before the first call.
    pub(super) origin: Medium,
    pub(super) log: Vec<(DiskCall, Event)>,
    pub(super) fault: Option<DiskFault>,
    pub(super) failed: u64,
    /// By how many bytes files may still grow.
    pub(super) room: Option<u64>,
    /// How files and directories with this prefix are synced.
    pub(super) syncs: (String, Syncs),
    /// The call that was in progress when the process was killed. It may still have an effect if the power is lost as
    /// well.
    pub(super) in_flight: Option<Event>,
    /// The lock of each file, by its inode.
    pub(super) locks: BTreeMap<usize, Lock>,
}

impl World {
    pub(super) fn of(medium: Medium) -> Self {
        Self { origin: medium.clone(), medium, ..Self::default() }
    }

    /// Lets a call that changes nothing succeed or fail.
    pub(super) fn pass(&mut self, kind: CallKind) -> io::Result<()> {
        match self.fault.as_mut().and_then(|fault| fault.meet(kind)) {
            Some(error) => {
                self.failed += 1;
                Err(error)
            }
            None => Ok(()),
        }
    }

    /// Executes a call that changes something, or lets it fail, and records it.
    pub(super) fn change(&mut self, kind: CallKind, name: &str, event: Event) -> io::Result<()> {
        let passed = self.pass(kind).and_then(|()| self.can_sync(name, &event));
        let passed = passed.and_then(|()| self.take_room(&event));
        let event = match passed {
            Ok(()) => self.as_promised(name, event),
            Err(_) => what_a_failure_leaves(event),
        };
        self.in_flight = None;
        self.medium.apply(&event);
        self.log.push((DiskCall { kind, name: name.to_owned() }, event));
        passed
    }

    fn can_sync(&self, name: &str, event: &Event) -> io::Result<()> {
        match (event, &self.syncs) {
            (Event::SyncNames(_), (prefix, Syncs::FilesOnly)) if name.starts_with(prefix) => {
                Err(io::ErrorKind::InvalidInput.into())
            }
            _ => Ok(()),
        }
    }

    fn take_room(&mut self, event: &Event) -> io::Result<()> {
        let Some(room) = &mut self.room else { return Ok(()) };
        let (index, end) = match event {
            Event::Write(index, Write::Len(len)) => (index, *len),
            Event::Write(index, Write::Bytes(offset, bytes) | Write::Unsure(offset, bytes))
            | Event::WriteSynced(index, offset, bytes) => {
                (index, offset.saturating_add(bytes.len()))
            }
            _ => return Ok(()),
        };
        let len = self.medium.inodes.get(*index).map_or(0, |inode| inode.data.len());
        let growth = end.saturating_sub(len) as u64;
        *room = room.checked_sub(growth).ok_or(io::ErrorKind::StorageFull)?;
        Ok(())
    }

    /// Whether files support direct writes: not if directories cannot be synced.
    pub(super) fn takes_direct(&self) -> bool {
        self.medium.is_direct && self.syncs.1 != Syncs::FilesOnly
    }

    pub(super) fn after_power_loss(&self, seed: u64) -> Medium {
        let mut medium = self.medium.clone();
        if let Some(event) = &self.in_flight {
            medium.begin(event);
        }
        medium.after_power_loss(seed)
    }

    /// The real effect of a call that the disk reports as done.
    fn as_promised(&self, name: &str, event: Event) -> Event {
        let (prefix, syncs) = &self.syncs;
        match (event, syncs) {
            (Event::Sync(_) | Event::SyncNames(_), Syncs::Ignored) if name.starts_with(prefix) => {
                Event::Nothing
            }
            (Event::WriteSynced(index, offset, bytes), Syncs::Ignored)
                if name.starts_with(prefix) =>
            {
                Event::Write(index, Write::Bytes(offset, bytes))
            }
            (Event::WriteSynced(index, offset, bytes), Syncs::Late) if name.starts_with(prefix) => {
                Event::WriteLate(index, offset, bytes)
            }
            (Event::Sync(index), Syncs::Late) if name.starts_with(prefix) => Event::SyncLate(index),
            (Event::Sync(index), Syncs::FilesOnly) => Event::SyncWithNames(index),
            (event, _) => event,
        }
    }
}

/// A failed write may be done in part, and the bytes of a failed sync may never reach the medium.
fn what_a_failure_leaves(event: Event) -> Event {
    match event {
        Event::Sync(index) => Event::FailSync(index),
        Event::WriteSynced(index, offset, bytes) => {
            Event::Write(index, Write::Unsure(offset, bytes))
        }
        Event::Write(index, Write::Bytes(offset, bytes)) => {
            let (half, _) = bytes.split_at(bytes.len() / 2);
            Event::Write(index, Write::Bytes(offset, Arc::from(half)))
        }
        _ => Event::Nothing,
    }
}

/// Converts an offset or length. An error if a file with `more` bytes after it would be too long.
pub(super) fn place(offset: u64, more: usize) -> io::Result<usize> {
    let end = offset.checked_add(more as u64).filter(|end| *end <= MAX_LEN);
    let start = end.and_then(|_| usize::try_from(offset).ok());
    start.ok_or_else(|| io::ErrorKind::FileTooLarge.into())
}
