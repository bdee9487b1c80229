//! Memory that direct writes take.

use std::io;

/// Bytes at an address that is a multiple of something.
#[derive(Debug, Default)]
pub(in crate::disk) struct AlignedBuffer {
    /// Longer than what is used of it, so that there is such an address near its start.
    bytes: Vec<u8>,
}

impl AlignedBuffer {
    /// What is kept between uses at most.
    const KEPT: usize = 1 << 20;

    /// So many bytes at an aligned address, with whatever was in them.
    pub(in crate::disk) fn room(&mut self, len: usize, alignment: usize) -> io::Result<&mut [u8]> {
        let needed = len.checked_add(alignment).ok_or(io::ErrorKind::OutOfMemory)?;
        if self.bytes.len() < needed {
            self.bytes = vec![0; needed];
        }
        let start = self.bytes.as_ptr().align_offset(alignment);
        let room = start.checked_add(len).and_then(|end| self.bytes.get_mut(start..end));
        room.ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    /// Gives back memory that was for a use larger than most.
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
    fn a_buffer_is_aligned_whatever_was_asked_of_it_before() {
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
