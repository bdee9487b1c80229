//! The file under the database, which can hold writes back until an open is known to be right, or
//! for as long as the file is only read.
//!
//! redb writes to a file when it opens it: it marks it as open and may repair it. An open that
//! then finds the journal damaged, or the format too new, must leave the files as they were. So
//! an open starts on a file whose writes are held in memory, and lets them through when all is
//! checked. Where the store is opened to be read only, they are never let through.

use std::collections::HashMap;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use redb::{BackendError, StorageBackend};

use crate::disk::DiskFile;

const BLOCK: usize = 4096;

/// A file as redb uses it.
#[derive(Clone, Debug)]
pub(crate) struct Backend {
    file: Arc<dyn DiskFile>,
    /// What is held back; `None` when writes go through.
    held: Arc<RwLock<Option<Held>>>,
}

/// Writes that the file has not seen.
#[derive(Debug)]
struct Held {
    /// In order, to be done again on the file; `None` where they never are.
    calls: Option<Vec<Call>>,
    /// The blocks that differ from the file.
    blocks: HashMap<u64, Box<[u8; BLOCK]>>,
    len: u64,
    /// The file's own bytes count only up to here: it may have been cut and extended again.
    file_len: u64,
    /// How many bytes were written.
    bytes: usize,
}

#[derive(Debug)]
enum Call {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

impl Backend {
    /// A file whose writes go through.
    pub(crate) fn direct(file: Arc<dyn DiskFile>) -> Self {
        Self { file, held: Arc::default() }
    }

    /// A file whose writes are held back until [`admit`](Self::admit).
    pub(super) fn held_back(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        Self::holding(file, Some(Vec::new()))
    }

    /// A file that is only read: its writes stay in memory.
    ///
    /// Cost: in memory, the blocks that differ from the file.
    pub(crate) fn read_only(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        Self::holding(file, None)
    }

    fn holding(file: Arc<dyn DiskFile>, calls: Option<Vec<Call>>) -> io::Result<Self> {
        let len = file.len()?;
        let held = Held { calls, blocks: HashMap::new(), len, file_len: len, bytes: 0 };
        Ok(Self { file, held: Arc::new(RwLock::new(Some(held))) })
    }

    /// Lets through what was held back, in order, and all that comes.
    pub(super) fn admit(&self) -> io::Result<()> {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let Some(Held { calls, .. }) = &*held else { return Ok(()) };
        let calls = calls.as_ref().ok_or(io::ErrorKind::ReadOnlyFilesystem)?;
        // After a failure half way all of it can be done again.
        for call in calls {
            match call {
                Call::Write(offset, data) => self.file.write_at(*offset, data)?,
                Call::SetLen(len) => self.file.set_len(*len)?,
                Call::Sync => self.file.sync()?,
            }
        }
        *held = None;
        Ok(())
    }

    /// How many bytes of writes are held back.
    pub(super) fn held_bytes(&self) -> usize {
        self.if_held(|held| held.bytes).unwrap_or(0)
    }

    /// The length of the file itself.
    pub(super) fn file_len(&self) -> io::Result<u64> {
        self.file.len()
    }

    /// Looks at what is held back; `None` when nothing is, so that the file is asked without a
    /// lock and readers never wait for a write or sync of the file.
    fn if_held<T>(&self, look: impl FnOnce(&Held) -> T) -> Option<T> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
    }

    /// Changes what is held back, in the same way.
    fn change_held<T>(&self, change: impl FnOnce(&mut Held) -> T) -> Option<T> {
        // A panic in between leaves at worst a block that no commit leads to.
        self.held.write().unwrap_or_else(PoisonError::into_inner).as_mut().map(change)
    }
}

impl Held {
    fn read(&self, file: &dyn DiskFile, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut at = offset;
        let mut rest = out;
        while !rest.is_empty() {
            let (block, within) = (at / BLOCK as u64, usize::try_from(at % BLOCK as u64));
            let within = within.unwrap_or(0);
            let (piece, more) = rest.split_at_mut(rest.len().min(BLOCK - within));
            match self.blocks.get(&block).and_then(|bytes| bytes.get(within..within + piece.len()))
            {
                Some(bytes) => piece.copy_from_slice(bytes),
                None => self.read_file(file, at, piece)?,
            }
            at += piece.len() as u64;
            rest = more;
        }
        Ok(())
    }

    /// Reads from the file; behind its end there are zeros.
    fn read_file(&self, file: &dyn DiskFile, at: u64, out: &mut [u8]) -> io::Result<()> {
        let there = self.file_len.saturating_sub(at).min(out.len() as u64);
        let (from_file, zeros) = out.split_at_mut(usize::try_from(there).unwrap_or(0));
        zeros.fill(0);
        if from_file.is_empty() { Ok(()) } else { file.read_at(at, from_file) }
    }

    fn write(&mut self, file: &dyn DiskFile, offset: u64, data: &[u8]) -> io::Result<()> {
        self.len = self.len.max(offset + data.len() as u64);
        let mut at = offset;
        let mut rest = data;
        while !rest.is_empty() {
            let (block, within) = (at / BLOCK as u64, usize::try_from(at % BLOCK as u64));
            let within = within.unwrap_or(0);
            let (piece, more) = rest.split_at(rest.len().min(BLOCK - within));
            let mut bytes = match self.blocks.remove(&block) {
                Some(bytes) => bytes,
                None => {
                    let mut bytes = Box::new([0; BLOCK]);
                    self.read_file(file, block * BLOCK as u64, &mut bytes[..])?;
                    bytes
                }
            };
            if let Some(place) = bytes.get_mut(within..within + piece.len()) {
                place.copy_from_slice(piece);
            }
            self.blocks.insert(block, bytes);
            at += piece.len() as u64;
            rest = more;
        }
        self.note(|| Call::Write(offset, data.to_vec()));
        self.bytes = self.bytes.saturating_add(data.len());
        Ok(())
    }

    fn set_len(&mut self, len: u64) {
        if len < self.len {
            let last = len / BLOCK as u64;
            self.blocks.retain(|&block, bytes| {
                if block == last {
                    let kept = usize::try_from(len % BLOCK as u64).unwrap_or(0);
                    bytes.iter_mut().skip(kept).for_each(|byte| *byte = 0);
                }
                block <= last
            });
            self.file_len = self.file_len.min(len);
        }
        self.len = len;
        self.note(|| Call::SetLen(len));
    }

    fn note(&mut self, call: impl FnOnce() -> Call) {
        if let Some(calls) = &mut self.calls {
            calls.push(call());
        }
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.if_held(|held| held.len).map_or_else(|| self.file.len(), Ok)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.if_held(|held| held.read(&*self.file, offset, out))
            .unwrap_or_else(|| self.file.read_at(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change_held(|held| held.set_len(len)).map_or_else(|| self.file.set_len(len), Ok)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change_held(|held| held.note(|| Call::Sync)).map_or_else(|| self.file.sync(), Ok)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change_held(|held| held.write(&*self.file, offset, data))
            .unwrap_or_else(|| self.file.write_at(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.file.unlock()
    }

    // The store locks its whole directory already; this lock keeps out those who open the
    // database file by itself. Only the whole file can be locked, which is all that a single
    // writer asks for.

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        if is_whole(start, end) {
            Ok(self.file.try_lock()?)
        } else {
            Err(BackendError::Unsupported)
        }
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        if is_whole(start, end) { Ok(self.file.unlock()?) } else { Err(BackendError::Unsupported) }
    }
}

fn is_whole(start: Bound<u64>, end: Bound<u64>) -> bool {
    matches!(start, Bound::Unbounded | Bound::Included(0)) && end == Bound::Unbounded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::disk::{Disk, MemoryDisk};

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        SetLen(u64),
        Sync,
    }

    fn step() -> impl Strategy<Value = Step> {
        let bytes = prop::collection::vec(any::<u8>(), 1..6000);
        prop_oneof![
            (0..20_000_u64, bytes).prop_map(|(offset, bytes)| Step::Write(offset, bytes)),
            (0..20_000_u64).prop_map(Step::SetLen),
            Just(Step::Sync),
        ]
    }

    fn run(backend: &Backend, step: &Step) {
        match step {
            Step::Write(offset, bytes) => backend.write(*offset, bytes).unwrap(),
            Step::SetLen(len) => backend.set_len(*len).unwrap(),
            Step::Sync => backend.sync_data().unwrap(),
        }
    }

    fn bytes_of(backend: &Backend) -> Vec<u8> {
        let mut bytes = vec![1; usize::try_from(backend.len().unwrap()).unwrap()];
        backend.read(0, &mut bytes).unwrap();
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_file_held_back_or_only_read_reads_as_if_written_and_the_former_becomes_it_when_admitted(
            before in prop::collection::vec(any::<u8>(), 0..10_000),
            steps in prop::collection::vec(step(), 0..12),
        ) {
            let disk = MemoryDisk::default();
            let file = disk.create("held").unwrap();
            file.write_at(0, &before).unwrap();
            let other = disk.create("direct").unwrap();
            other.write_at(0, &before).unwrap();
            let direct = Backend::direct(other);
            let held = Backend::held_back(Arc::clone(&file)).unwrap();
            let read_only = Backend::read_only(Arc::clone(&file)).unwrap();
            for step in &steps {
                for backend in [&direct, &held, &read_only] {
                    run(backend, step);
                }
                prop_assert_eq!(bytes_of(&held), bytes_of(&direct));
                prop_assert_eq!(bytes_of(&read_only), bytes_of(&direct));
            }
            prop_assert!(read_only.admit().is_err());
            prop_assert_eq!(bytes_of(&read_only), bytes_of(&direct));
            prop_assert_eq!(bytes_of(&Backend::direct(Arc::clone(&file))), before);
            held.admit().unwrap();
            prop_assert_eq!(bytes_of(&Backend::direct(file)), bytes_of(&direct));
        }
    }
}
