//! Appends to one file that are durable when they return.
//!
//! A file system that tells how direct writes must be aligned gets whole blocks past its cache, each append
//! with one call. The last block is partly filled as a rule: its bytes are kept in memory, and the next append
//! writes it again with what comes behind them and zeros up to its end. So an append writes sectors that hold
//! what was appended before, with the same bytes at the same places: whether such a sector is the old one or
//! the new one after a loss of power, they are there.
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
    /// `None` where appends go through the cache.
    blocks: Option<LastBlock>,
}

impl Appender {
    /// Appends to `file`, which is what `name` leads to, from `offset` on.
    ///
    /// Everything in the file must be synced, its length, too. Behind `offset` it must be zeros, which were
    /// written, so that it has its blocks: who only extends a file has to wait for more at each append. What
    /// does not fit into the file extends it, through the cache.
    pub(crate) fn open(
        disk: &dyn Disk,
        name: &str,
        file: Arc<dyn DiskFile>,
        offset: u64,
    ) -> io::Result<Self> {
        let direct = match disk.open_direct(name) {
            // It only costs time to do without.
            Err(error) if is_shortage(&error) => None,
            opened => opened?,
        };
        let blocks = direct.map(|direct| LastBlock::read(direct, &*file, offset)).transpose()?;
        Ok(Self { file, offset, blocks })
    }

    /// Where the next bytes go.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether appends go past the cache, where the file is long enough.
    pub(crate) fn is_direct(&self) -> bool {
        self.blocks.is_some()
    }

    /// Appends bytes, durable when this returns.
    ///
    /// # Errors
    ///
    /// After an error any sectors of them may be in the file, at once or later, and nothing was appended: the
    /// next bytes go to the same place. Whoever goes on must have written zeros over these before, and
    /// synced them.
    pub(crate) fn append(&mut self, data: &[u8]) -> io::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let end = self.offset.checked_add(data.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        match self.append_direct(data) {
            // It was not taken as it is; what may be there of it is what is written now.
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

    /// `None` where direct appends are not possible.
    fn append_direct(&mut self, data: &[u8]) -> Option<io::Result<()>> {
        self.blocks.as_mut()?.write(data)
    }
}

/// The last block of a file that takes direct writes.
#[derive(Debug)]
struct LastBlock {
    direct: Arc<dyn DirectFile>,
    /// Where it starts.
    start: u64,
    /// What is in it; less than a block.
    filled: Vec<u8>,
    /// The length of the file. A write beyond it would change that.
    len: u64,
    buffer: AlignedBuffer,
}

impl LastBlock {
    fn read(direct: Arc<dyn DirectFile>, file: &dyn DiskFile, offset: u64) -> io::Result<Self> {
        let block = direct.alignment().block as u64;
        let start = offset - offset % block;
        // Less than a block, which is a usize.
        let mut filled = vec![0; usize::try_from(offset - start).unwrap_or(0)];
        file.read_at(start, &mut filled)?;
        Ok(Self { direct, start, filled, len: file.len()?, buffer: AlignedBuffer::default() })
    }

    /// Writes the block again with `data` behind what is in it; `None` where the file ends before.
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

    /// Goes on behind bytes that were appended.
    fn keep(&mut self, data: &[u8]) {
        let used = self.filled.len() + data.len();
        let rest = used % self.direct.alignment().block;
        self.start += (used - rest) as u64;
        match data.len().checked_sub(rest) {
            Some(whole) => {
                self.filled.clear();
                self.filled.extend_from_slice(data.split_at(whole).1);
            }
            // Not even a block is full.
            None => self.filled.extend_from_slice(data),
        }
    }
}

#[cfg(test)]
mod tests;
