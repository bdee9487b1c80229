//! Memory for direct writes.

use std::io;

/// Bytes at an aligned address.
#[derive(Debug, Default)]
pub(in crate::disk) struct AlignedBuffer {
    /// Longer than the used part, so that it has such an address near its start.
    bytes: Vec<u8>,
}

impl AlignedBuffer {
    /// The most that is kept between uses.
    const KEPT: usize = 1 << 20;

    /// `len` bytes at an aligned address, with any contents.
    pub(in crate::disk) fn room(&mut self, len: usize, alignment: usize) -> io::Result<&mut [u8]> {
        let needed = len.checked_add(alignment).ok_or(io::ErrorKind::OutOfMemory)?;
        if self.bytes.len() < needed {
            self.bytes = vec![0; needed];
        }
        let start = self.bytes.as_ptr().align_offset(alignment);
        let room = start.checked_add(len).and_then(|end| self.bytes.get_mut(start..end));
        room.ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    /// Frees memory of an unusually large use.
    pub(in crate::disk) fn shrink(&mut self) {
        if self.bytes.len() > Self::KEPT {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_aligned_after_any_earlier_use() {
        let mut buffer = AlignedBuffer::default();
        for alignment in [1, 4, 512, 4096, 1 << 16] {
            for len in [0, 1, 512, 100_000, 3, AlignedBuffer::KEPT + 1] {
                let room = buffer.room(len, alignment).unwrap();
                assert_eq!((room.len(), room.as_ptr().align_offset(alignment)), (len, 0));
                buffer.shrink();
                assert!(buffer.bytes.len() <= AlignedBuffer::KEPT);
            }
        }
        let error = buffer.room(usize::MAX, 512).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    }
}
