//! Reads a file from front to back, a piece at a time.

use std::io;
use std::sync::Arc;

use crate::disk::DiskFile;
use crate::model::error::Error;

/// The bytes that are read at once.
const PIECE: usize = 1 << 16;

/// The error of a segment that cannot be read.
pub(super) fn reading(source: io::Error) -> Error {
    Error::io("read the journal", source)
}

/// A piece of a file; another piece is read if the next bytes are not in it.
#[derive(Debug)]
pub(super) struct Window {
    file: Arc<dyn DiskFile>,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    pub(super) fn new(file: Arc<dyn DiskFile>) -> Self {
        Self { file, start: 0, bytes: Vec::new() }
    }

    pub(super) fn file(&self) -> &Arc<dyn DiskFile> {
        &self.file
    }

    /// The `length` bytes from `offset` on; `None` when the file ends before.
    pub(super) fn bytes(&mut self, offset: u64, length: usize) -> io::Result<Option<&[u8]>> {
        if self.get(offset, length).is_none() {
            self.fill(offset, length)?;
        }
        Ok(self.get(offset, length))
    }

    /// The array of bytes from `offset` on; `None` when the file ends before.
    pub(super) fn array<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        Ok(self.bytes(offset, N)?.and_then(|bytes| bytes.first_chunk().copied()))
    }

    /// The offset of the first byte from `offset` on that is not zero.
    pub(super) fn next_nonzero(&mut self, mut offset: u64) -> io::Result<Option<u64>> {
        while self.bytes(offset, 1)?.is_some() {
            let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
            let piece = self.bytes.get(from..).unwrap_or_default();
            // Whole blocks first: comparing a block is faster than comparing its bytes one by one.
            let zeros = piece.chunks(64).take_while(|block| block.iter().all(|&byte| byte == 0));
            let skipped = zeros.map(<[u8]>::len).sum::<usize>();
            let rest = piece.get(skipped..).unwrap_or_default();
            if let Some(place) = rest.iter().position(|&byte| byte != 0) {
                return Ok(Some(offset + (skipped + place) as u64));
            }
            offset += piece.len() as u64;
        }
        Ok(None)
    }

    fn get(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }

    fn fill(&mut self, offset: u64, length: usize) -> io::Result<()> {
        self.start = offset;
        loop {
            // Not more than the file has, so that a wrong length in a frame does not allocate much memory.
            let len = self.file.len()?;
            let left = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
            self.bytes.clear();
            self.bytes.resize(length.max(PIECE).min(left), 0);
            match self.file.read_at(offset, &mut self.bytes) {
                // The zeros after the frames may have been cut off in the meantime.
                Err(error)
                    if error.kind() == io::ErrorKind::UnexpectedEof && self.file.len()? < len => {}
                done => return done,
            }
        }
    }
}
