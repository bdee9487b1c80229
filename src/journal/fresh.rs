//! The file of a segment before it has its final name.

use std::io;
use std::sync::Arc;

use super::segment::SegmentHeader;
use super::segments::Segments;
use crate::disk::DiskFile;

/// The temporary name of a segment.
pub(super) const UNFINISHED: &str = "unfinished";
/// The temporary name of a segment that is made ahead.
pub(super) const AHEAD: &str = "ahead";

/// The file of a segment, synced, under a temporary name.
#[derive(Clone, Debug)]
pub(super) struct FreshSegment {
    pub(super) name: &'static str,
    pub(super) file: Arc<dyn DiskFile>,
    /// The offset of the next frame; zeros from here to the end of the file.
    pub(super) offset: u64,
    pub(super) len: u64,
}

impl FreshSegment {
    /// Whether this is a temporary name in the directory of the segments.
    pub(super) fn is_name(name: &str) -> bool {
        [UNFINISHED, AHEAD].contains(&name)
    }

    /// Whether it was made ahead.
    pub(super) fn is_ahead(&self) -> bool {
        self.name == AHEAD
    }

    /// Makes a file with a header, frames, and zeros up to `size`. A failure leaves no file.
    pub(super) fn make(
        segments: &Segments,
        header: &SegmentHeader,
        frames: &[u8],
        size: u64,
    ) -> io::Result<Self> {
        let mut start = header.encode().to_vec();
        start.extend_from_slice(frames);
        let offset = start.len() as u64;
        let len = size.max(offset);
        let (disk, path) = (segments.disk(), segments.path_of(UNFINISHED));
        let made = disk.create(&path).and_then(|file| {
            file.write_at(0, &start)?;
            write_zeros(&*file, offset, len)?;
            file.sync()?;
            Ok(file)
        });
        if made.is_err() {
            // A remaining file has no effect, and the next one replaces it; this only frees its space.
            let _ = disk.remove(&path);
        }
        Ok(Self { name: UNFINISHED, file: made?, offset, len })
    }

    /// Writes the header into a file of zeros.
    pub(super) fn begin(&mut self, header: &SegmentHeader) -> io::Result<()> {
        let header = header.encode();
        self.file.write_at(0, &header)?;
        self.file.sync()?;
        self.offset = header.len() as u64;
        Ok(())
    }
}

/// Writes zeros between two offsets.
pub(super) fn write_zeros(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut filled = from;
    while filled < to {
        let count = (to - filled).min(ZEROS.len() as u64);
        let zeros = ZEROS.split_at(usize::try_from(count).unwrap_or(ZEROS.len())).0;
        file.write_at(filled, zeros)?;
        filled += count;
    }
    Ok(())
}
