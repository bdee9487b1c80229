//! The time of the disk alone: the least that a durable change can cost.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::times::median;

/// The size of the file; after it, writing restarts at the beginning.
const SIZE: u64 = 16 << 20;

/// A file full of zeros that is written from the beginning to the end, one request at a time.
///
/// Its blocks are already allocated, so a sync has no metadata to write: no log can be faster.
pub(crate) struct Limit {
    file: File,
    position: u64,
}

impl Limit {
    /// Makes the file.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let mut file = File::create(path)?;
        let zeros = vec![0; 1 << 20];
        for _ in 0..SIZE >> 20 {
            file.write_all(&zeros)?;
        }
        file.sync_all()?;
        Ok(Self { file, position: 0 })
    }

    /// Appends bytes and syncs them; returns the duration.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<Duration> {
        let length = bytes.len() as u64;
        if self.position + length > SIZE {
            self.position = 0;
        }
        let begin = Instant::now();
        self.file.seek(SeekFrom::Start(self.position))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()?;
        let time = begin.elapsed();
        self.position += length;
        Ok(time)
    }
}

/// The median time of writing 100 bytes to the same place and syncing them.
pub(crate) fn sync(path: &Path) -> Result<Duration> {
    let mut limit = Limit::create(path)?;
    let write = |_| {
        limit.position = 4096;
        limit.append(&[1; 100])
    };
    let times: Vec<_> = (0..300).map(write).collect::<Result<_>>()?;
    Ok(median(&times))
}
