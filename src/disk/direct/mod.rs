//! Writes that bypass the page cache of the system, and are durable when they return.

use std::fmt::Debug;
use std::io;

#[cfg(target_os = "linux")]
mod block_file;
mod buffer;

#[cfg(target_os = "linux")]
pub(super) use block_file::BlockFile;
pub(super) use buffer::AlignedBuffer;

/// A second handle on a file. A write through it is durable when the call returns: it needs no sync, and it syncs
/// nothing else.
///
/// Only whole blocks can be written: offset and length are multiples of [`Alignment::block`], and the address of the
/// bytes is a multiple of [`Alignment::memory`]. Reads through other handles see the written bytes.
pub(crate) trait DirectFile: Debug + Send + Sync {
    /// The alignment of writes; constant for the life of the handle.
    fn alignment(&self) -> Alignment;

    /// Writes whole blocks. After an error any of their sectors may be on the disk, now or later.
    fn write_blocks(&self, offset: u64, blocks: &[u8]) -> io::Result<()>;
}

/// The alignment of direct writes, in bytes; powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alignment {
    /// Of the address of the bytes.
    pub(crate) memory: usize,
    /// Of offsets and lengths in the file.
    pub(crate) block: usize,
}

impl Alignment {
    /// A larger alignment is not worth the padding.
    const MOST: usize = 1 << 16;

    /// The alignment that a file system reports for a file. `None` if it is unusable: with such a value, some file
    /// systems report that they do not write past the cache.
    pub(crate) fn from_system(memory: u32, block: u32) -> Option<Self> {
        let of = |reported: u32| {
            let reported = usize::try_from(reported).ok()?;
            (reported.is_power_of_two() && reported <= Self::MOST).then_some(reported)
        };
        Some(Self { memory: of(memory)?, block: of(block)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_alignments_are_refused() {
        let some = |memory, block| Some(Alignment { memory, block });
        assert_eq!(Alignment::from_system(4, 512), some(4, 512));
        assert_eq!(Alignment::from_system(1, 4096), some(1, 4096));
        for (memory, block) in [(0, 0), (0, 512), (512, 0), (3, 512), (512, 520), (4, 1 << 17)] {
            assert_eq!(Alignment::from_system(memory, block), None, "{memory} {block}");
        }
    }
}
