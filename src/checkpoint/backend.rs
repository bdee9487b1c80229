//! The file of the database: written to, or only read.
//!
//! redb writes to a file when it opens it: it marks the file as open and may repair it. A checkpoint must not change
//! after it was written. So while a checkpoint is loaded, the writes of the database stay in memory.

use std::collections::HashMap;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use redb::{BackendError, StorageBackend};

use crate::disk::DiskFile;

const BLOCK: usize = 4096;

/// A file as redb uses it.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    file: Arc<dyn DiskFile>,
    /// The writes to a file that is only read; `None` for a file that is written to.
    overlay: Option<Arc<RwLock<Overlay>>>,
}

/// Writes that stay in memory: the contents of a file where they differ from it.
#[derive(Debug)]
struct Overlay {
    /// The blocks that differ from the file.
    blocks: HashMap<u64, Box<[u8; BLOCK]>>,
    len: u64,
    /// Bytes of the file are valid only up to here, because it may have been cut and extended again.
    file_len: u64,
}

impl Backend {
    /// A file that is written to.
    pub(super) fn writing(file: Arc<dyn DiskFile>) -> Self {
        Self { file, overlay: None }
    }

    /// A file that is only read: writes stay in memory.
    ///
    /// Cost: in memory, the blocks that differ from the file.
    pub(super) fn reading(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        let len = file.len()?;
        let overlay = Overlay { blocks: HashMap::new(), len, file_len: len };
        Ok(Self { file, overlay: Some(Arc::new(RwLock::new(overlay))) })
    }

    /// Reads the writes in memory; `None` for a file that is written to.
    fn read_overlay<T>(&self, look: impl FnOnce(&Overlay) -> T) -> Option<T> {
        let overlay = self.overlay.as_ref()?;
        Some(look(&overlay.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Changes the writes in memory; `None` for a file that is written to.
    fn change_overlay<T>(&self, change: impl FnOnce(&mut Overlay) -> T) -> Option<T> {
        let overlay = self.overlay.as_ref()?;
        // After a panic in between, at worst a block is wrong that belongs to no commit.
        Some(change(&mut overlay.write().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Overlay {
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

    /// Reads from the file; after its end there are zeros.
    fn read_file(&self, file: &dyn DiskFile, at: u64, out: &mut [u8]) -> io::Result<()> {
        let available = self.file_len.saturating_sub(at).min(out.len() as u64);
        let (from_file, zeros) = out.split_at_mut(usize::try_from(available).unwrap_or(0));
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
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.read_overlay(|overlay| overlay.len).map_or_else(|| self.file.len(), Ok)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read_overlay(|overlay| overlay.read(&*self.file, offset, out))
            .unwrap_or_else(|| self.file.read_at(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change_overlay(|overlay| overlay.set_len(len))
            .map_or_else(|| self.file.set_len(len), Ok)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.overlay.is_some() { Ok(()) } else { self.file.sync() }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change_overlay(|overlay| overlay.write(&*self.file, offset, data))
            .unwrap_or_else(|| self.file.write_at(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        Ok(())
    }

    // The store's directory is locked. A checkpoint that is being written has a name that nothing else uses yet, and
    // one that is loaded is not changed.

    fn try_lock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
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
        fn a_file_that_is_only_read_reads_back_writes_and_stays_unchanged(
            before in prop::collection::vec(any::<u8>(), 0..10_000),
            steps in prop::collection::vec(step(), 0..12),
        ) {
            let disk = MemoryDisk::default();
            let file = disk.create("read").unwrap();
            file.write_at(0, &before).unwrap();
            let other = disk.create("written").unwrap();
            other.write_at(0, &before).unwrap();
            let writing = Backend::writing(other);
            let reading = Backend::reading(Arc::clone(&file)).unwrap();
            for step in &steps {
                run(&writing, step);
                run(&reading, step);
                prop_assert_eq!(bytes_of(&reading), bytes_of(&writing));
            }
            prop_assert_eq!(bytes_of(&Backend::writing(file)), before);
        }
    }
}
