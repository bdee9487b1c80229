//! Reads changes, the newest first.

use std::sync::Arc;

use super::reader::Reader;
use super::segments::Segments;
use crate::model::chain_hash::ChainHash;
use crate::model::error::Result;

/// The changes of a range of revisions, the newest first. Each is checked against the chain of hashes.
///
/// Only the changes of one segment are in memory at a time.
#[derive(Debug)]
pub(crate) struct Backwards {
    segments: Arc<Segments>,
    /// The oldest revision to return.
    from: u64,
    /// The newest revision that was not read yet.
    end: u64,
    /// Changes that were read and not returned yet.
    read: Vec<Past>,
}

/// A change that was read.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) payload: Vec<u8>,
    /// The chain hash after it.
    pub(crate) hash: ChainHash,
}

impl Backwards {
    /// The changes from `end` down to `from`; the caller knows that `end` is committed.
    ///
    /// # Errors
    ///
    /// [`Error::JournalTrimmed`](crate::Error::JournalTrimmed) when the journal no longer has `from`.
    pub(crate) fn new(segments: Arc<Segments>, from: u64, end: u64) -> Result<Self> {
        let from = from.max(1);
        Reader::new(Arc::clone(&segments), from, end)?;
        Ok(Self { segments, from, end, read: Vec::new() })
    }

    /// Reads the changes of the segment with the newest one.
    ///
    /// Cost: O(bytes of the segment).
    fn read_segment(&mut self) -> Result<()> {
        let first = self.segments.around(self.end).0.unwrap_or(self.from).max(self.from);
        let mut reader = Reader::new(Arc::clone(&self.segments), first, self.end)?;
        while let Some(read) = reader.next() {
            let (_, payload) = read?;
            let hash = reader.hash().unwrap_or_default();
            self.read.push(Past { payload, hash });
        }
        self.end = first.saturating_sub(1);
        Ok(())
    }
}

impl Iterator for Backwards {
    type Item = Result<Past>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_empty() && self.end >= self.from {
            let read = self.read_segment();
            if let Err(error) = read {
                // After an error, the order of earlier changes is unknown.
                (self.end, self.read) = (0, Vec::new());
                return Some(Err(error));
            }
        }
        self.read.pop().map(Ok)
    }
}
