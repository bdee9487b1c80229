//! Reading changes in order, also while others append.

use std::sync::Arc;

use super::frame;
use super::segment::{self, Segments};
use super::window::{Window, reading};
use crate::model::error::{Error, Result, StoreFile};

/// The payloads of a range of revisions, in order.
///
/// Holds the segment it reads open, so that one removed meanwhile is read to its end.
#[derive(Debug)]
pub(crate) struct Reader {
    segments: Arc<Segments>,
    /// The revision to give next.
    next: u64,
    /// The last revision to give.
    end: u64,
    /// Where an earlier reader stopped.
    place: Option<Place>,
    open: Option<OpenSegment>,
}

/// Where a record stands, or the next one will: whoever goes on there need not look for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The first revision of the segment.
    first: u64,
    /// The revision of the record at `offset`.
    revision: u64,
    offset: u64,
}

#[derive(Debug)]
struct OpenSegment {
    window: Window,
    place: Place,
}

impl Reader {
    /// The changes `from..=end`; the caller knows that `end` is committed.
    ///
    /// # Errors
    ///
    /// [`Error::JournalTrimmed`] when the journal no longer keeps `from`.
    pub(crate) fn new(segments: Arc<Segments>, from: u64, end: u64) -> Result<Self> {
        let reader = Self { segments, next: from.max(1), end, place: None, open: None };
        if reader.next <= end {
            reader.check_kept()?;
        }
        Ok(reader)
    }

    /// The same reader; where it finds the segment of `place`, which another one of the same
    /// segments told, it begins to look there.
    pub(crate) fn starting_at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// Where the next record stands, once one was read.
    pub(crate) fn place(&self) -> Option<Place> {
        self.open.as_ref().map(|open| open.place).or(self.place)
    }

    fn check_kept(&self) -> Result<()> {
        match self.segments.oldest() {
            Some(oldest) if oldest > self.next => {
                Err(Error::JournalTrimmed { requested: self.next, oldest })
            }
            _ => Ok(()),
        }
    }

    fn read(&mut self) -> Result<(u64, Vec<u8>)> {
        self.segments.check_current()?;
        let (holding, _) = self.segments.around(self.next);
        let behind = self.open.as_ref().and_then(|open| self.segments.around(open.place.first).1);
        // What a segment holds from the next one's first revision on does not exist.
        if self.open.is_none() || behind.is_some_and(|behind| behind <= self.next) {
            let holding = holding
                .ok_or_else(|| self.check_kept().err().unwrap_or_else(|| self.unreadable()))?;
            self.open = Some(self.open_segment(holding)?);
        }
        loop {
            // Where the segments behind this one were removed meanwhile, it ends too early.
            let step = self.record();
            let (revision, payload) =
                step.map_err(|error| self.check_kept().err().unwrap_or(error))?;
            if let Some(payload) = payload {
                return Ok((revision, payload));
            }
        }
    }

    fn open_segment(&self, first: u64) -> Result<OpenSegment> {
        let start = Place { first, revision: first, offset: segment::HEADER_LEN };
        let known = self.place.filter(|at| at.first == first && at.revision <= self.next);
        match self.segments.load(first) {
            Ok((file, _)) => {
                Ok(OpenSegment { window: Window::new(file), place: known.unwrap_or(start) })
            }
            // It may have been removed since.
            Err(error) => Err(self.check_kept().err().unwrap_or(error)),
        }
    }

    /// Steps over one record; its payload if it is the one wanted.
    fn record(&mut self) -> Result<(u64, Option<Vec<u8>>)> {
        let store_id = self.segments.store_id();
        let unreadable = self.unreadable();
        let Some(OpenSegment { window, place }) = &mut self.open else {
            return Err(unreadable);
        };
        let (due, at) = (place.revision, place.offset);
        let header = frame::header_at(window, store_id, at, due).map_err(reading)?;
        let Some(header) = header else { return Err(unreadable) };
        place.revision += 1;
        place.offset += header.record_len();
        if due < self.next {
            return Ok((due, None));
        }
        match frame::payload_at(window, store_id, at, &header).map_err(reading)? {
            Some(payload) => Ok((due, Some(payload.to_vec()))),
            None => Err(unreadable),
        }
    }

    /// Gives nothing more.
    pub(crate) const fn stop(&mut self) {
        self.end = 0;
    }

    fn unreadable(&self) -> Error {
        Error::damaged(
            StoreFile::Journal,
            "journal",
            format!("change {} cannot be read", self.next),
        )
    }
}

impl Iterator for Reader {
    type Item = Result<(u64, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next > self.end {
            return None;
        }
        let read = self.read();
        match &read {
            Ok(_) => self.next += 1,
            // Nothing behind an error is in order any more.
            Err(_) => self.stop(),
        }
        Some(read)
    }
}
