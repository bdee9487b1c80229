//! A file of Linux that is written past the cache.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{AtFlags, StatxFlags, statx};
use rustix::io::retry_on_intr;

use super::{Alignment, DirectFile};

/// A file that is open with `O_DIRECT` and `O_DSYNC`.
#[derive(Debug)]
pub(in crate::disk) struct BlockFile {
    file: File,
    alignment: Alignment,
}

impl BlockFile {
    /// `None` if the file system reports no alignment. Many of those accept `O_DIRECT` and still write to the cache;
    /// those that report an alignment do not.
    pub(in crate::disk) fn new(file: File) -> io::Result<Option<Self>> {
        let reported =
            retry_on_intr(|| statx(&file, "", AtFlags::EMPTY_PATH, StatxFlags::DIOALIGN));
        let reported = match reported {
            Err(rustix::io::Errno::NOSYS) => return Ok(None),
            reported => reported?,
        };
        let has_alignment = reported.stx_mask & StatxFlags::DIOALIGN.bits() != 0;
        let alignment =
            Alignment::from_system(reported.stx_dio_mem_align, reported.stx_dio_offset_align);
        let alignment = alignment.filter(|_| has_alignment);
        Ok(alignment.map(|alignment| Self { file, alignment }))
    }
}

impl DirectFile for BlockFile {
    fn alignment(&self) -> Alignment {
        self.alignment
    }

    fn write_blocks(&self, offset: u64, blocks: &[u8]) -> io::Result<()> {
        loop {
            return match self.file.write_at(blocks, offset) {
                // Nothing was written.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(written) if written < blocks.len() => Err(short(written, blocks.len())),
                written => written.map(drop),
            };
        }
    }
}

fn short(written: usize, of: usize) -> io::Error {
    let message = format!("only {written} of {of} bytes were written past the cache");
    io::Error::new(io::ErrorKind::WriteZero, message)
}
