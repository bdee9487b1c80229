//! Appends to one file. An append is durable when it returns.
//!
//! If the file system reports the alignment of direct writes, whole blocks are written past its cache, each append with
//! one call. The last block is usually partly filled. Its bytes are kept in memory, and the next append writes them
//! again, followed by the new bytes and zeros up to the end of the block. So an append rewrites sectors with bytes that
//! were appended before, unchanged and at the same places. After a power loss these bytes are there, whether the sector
//! is the old or the new one.
//!
//! All other files are written through the cache, and synced.

use std::io;
use std::sync::Arc;

use super::direct::AlignedBuffer;
use super::{DirectFile, Disk, DiskFile, is_impossible, is_shortage};

/// The end of a file, where bytes are appended.
#[derive(Debug)]
pub(crate) struct Appender {
    file: Arc<dyn DiskFile>,
    offset: u64,
    /// `None` if appends go through the cache.
    blocks: Option<LastBlock>,
}

impl Appender {
    /// Appends to `file`, which has the name `name`, from `offset` on.
    ///
    /// Everything in the file must be synced, also its length. After `offset` it must have written zeros, so that its
    /// blocks are allocated: an append that extends a file is slower. Bytes that do not fit into the file extend it,
    /// through the cache.
    pub(crate) fn open(
        disk: &dyn Disk,
        name: &str,
        file: Arc<dyn DiskFile>,
        offset: u64,
    ) -> io::Result<Self> {
        let direct = match disk.open_direct(name) {
            // Appends through the cache are only slower.
            Err(error) if is_shortage(&error) => None,
            opened => opened?,
        };
        let blocks = direct.map(|direct| LastBlock::read(direct, &*file, offset)).transpose()?;
        Ok(Self { file, offset, blocks })
    }

    /// Appends to `file` from `offset` on, through the cache.
    pub(crate) fn plain(file: Arc<dyn DiskFile>, offset: u64) -> Self {
        Self { file, offset, blocks: None }
    }

    /// The offset of the next bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether appends go past the cache, as long as they fit into the file.
    #[cfg(test)]
    pub(crate) fn is_direct(&self) -> bool {
        self.blocks.is_some()
    }

    /// Appends bytes, durable when this returns.
    ///
    /// # Errors
    ///
    /// After an error, the bytes do not count as appended. Any of their sectors may be in the file, now or later, and
    /// the next bytes go to the same place. Before the next append, the caller must write zeros over them and sync.
    pub(crate) fn append(&mut self, data: &[u8]) -> io::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let end = self.offset.checked_add(data.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        match self.append_direct(data) {
            // The direct write was refused. The bytes it may have written are the same as those that are written now.
            Some(Err(error)) if is_impossible(&error) => {
                self.blocks = None;
                self.append_plain(data)
            }
            Some(appended) => appended,
            None => self.append_plain(data),
        }?;
        if let Some(blocks) = &mut self.blocks {
            blocks.keep(data);
        }
        self.offset = end;
        Ok(())
    }

    fn append_plain(&self, data: &[u8]) -> io::Result<()> {
        self.file.write_at(self.offset, data)?;
        self.file.sync()
    }

    /// `None` if direct appends are not possible.
    fn append_direct(&mut self, data: &[u8]) -> Option<io::Result<()>> {
        self.blocks.as_mut()?.write(data)
    }
}

/// The last block of a file that takes direct writes.
#[derive(Debug)]
struct LastBlock {
    direct: Arc<dyn DirectFile>,
    start: u64,
    /// Its bytes; less than a block.
    filled: Vec<u8>,
    /// The length of the file. A write after it would change the length.
    len: u64,
    buffer: AlignedBuffer,
}

impl LastBlock {
    fn read(direct: Arc<dyn DirectFile>, file: &dyn DiskFile, offset: u64) -> io::Result<Self> {
        let block = direct.alignment().block as u64;
        let start = offset - offset % block;
        // Less than a block, whose length is a usize.
        let mut filled = vec![0; usize::try_from(offset - start).unwrap_or(0)];
        file.read_at(start, &mut filled)?;
        Ok(Self { direct, start, filled, len: file.len()?, buffer: AlignedBuffer::default() })
    }

    /// Writes the block again with `data` after its bytes; `None` if that does not fit into the file.
    fn write(&mut self, data: &[u8]) -> Option<io::Result<()>> {
        let alignment = self.direct.alignment();
        let filled = self.filled.len();
        let used = filled.checked_add(data.len())?;
        let padded = used.checked_next_multiple_of(alignment.block)?;
        if self.start.checked_add(padded as u64)? > self.len {
            return None;
        }
        let written = self.buffer.room(padded, alignment.memory).and_then(|blocks| {
            let (old, rest) = blocks.split_at_mut(filled);
            let (new, padding) = rest.split_at_mut(data.len());
            old.copy_from_slice(&self.filled);
            new.copy_from_slice(data);
            padding.fill(0);
            self.direct.write_blocks(self.start, blocks)
        });
        self.buffer.shrink();
        Some(written)
    }

    /// Advances the block after appended bytes.
    fn keep(&mut self, data: &[u8]) {
        let used = self.filled.len() + data.len();
        let rest = used % self.direct.alignment().block;
        self.start += (used - rest) as u64;
        match data.len().checked_sub(rest) {
            Some(whole) => {
                self.filled.clear();
                self.filled.extend_from_slice(data.split_at(whole).1);
            }
            // No block is full.
            None => self.filled.extend_from_slice(data),
        }
    }
}

#[cfg(test)]
mod tests;
