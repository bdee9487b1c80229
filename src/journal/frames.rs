//! The frames of one segment, from front to back.

use std::sync::Arc;

use super::frame::{self, FrameHeader};
use super::group::Group;
use super::point::Point;
use super::segment::HEADER_LEN;
use super::segments::Segments;
use super::store_id::StoreId;
use super::window::{Window, reading};
use crate::disk::DiskFile;
use crate::model::error::{Error, Result, StoreFile};

/// The frames of one segment, from front to back.
#[derive(Debug)]
pub(super) struct Frames {
    pub(super) window: Window,
    pub(super) store_id: StoreId,
    /// The first revision of the segment.
    pub(super) first: u64,
    /// The offset of the next frame.
    pub(super) offset: u64,
    /// The point of the journal before it.
    pub(super) before: Point,
}

impl Frames {
    pub(super) fn open(segments: &Segments, first: u64) -> Result<Self> {
        let (file, header) = segments.load(first)?;
        Ok(Self {
            window: Window::new(file),
            store_id: header.store_id,
            first,
            offset: HEADER_LEN,
            before: header.before,
        })
    }

    pub(super) fn file(&self) -> &Arc<dyn DiskFile> {
        self.window.file()
    }

    /// The first revision of the next frame.
    pub(super) fn due(&self) -> u64 {
        self.before.revision.saturating_add(1)
    }

    /// Moves to the frame with `revision`; returns whether there is one. Bodies of earlier frames are not checked.
    pub(super) fn skip_to(&mut self, revision: u64) -> Result<bool> {
        loop {
            let Some(header) = self.next_header()? else { return Ok(false) };
            if header.last() >= revision {
                return Ok(true);
            }
            let hash = frame::hash_at(&mut self.window, self.offset).map_err(reading)?;
            let Some(hash) = hash else { return Ok(false) };
            self.step(&header, Point { revision: header.last(), hash, age: header.age });
        }
    }

    /// The header of the next frame, if it is valid.
    pub(super) fn next_header(&mut self) -> Result<Option<FrameHeader>> {
        let due = self.due();
        frame::header_at(&mut self.window, self.store_id, self.offset, due).map_err(reading)
    }

    /// The next group, if it is valid.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when it does not follow the changes before it.
    pub(super) fn next_group(&mut self) -> Result<Option<Group>> {
        match self.next_header()? {
            Some(header) => self.group_of(&header),
            None => Ok(None),
        }
    }

    /// The next group, after its header.
    pub(super) fn group_of(&mut self, header: &FrameHeader) -> Result<Option<Group>> {
        let Self { window, store_id, offset, before, .. } = self;
        let found = frame::group_at(window, *store_id, *offset, header, *before);
        let Some((group, hash)) = found.map_err(reading)? else { return Ok(None) };
        let end = group.end();
        if end.hash != hash {
            return Err(different_history(self.first, header.first));
        }
        self.step(header, end);
        Ok(Some(group))
    }

    fn step(&mut self, header: &FrameHeader, end: Point) {
        self.offset += header.frame_len();
        self.before = end;
    }

    /// Checks that the frames read so far end at this point, where another segment begins or ended.
    pub(super) fn check_ends(&self, end: Point) -> Result<()> {
        let same = (self.before.revision, self.before.hash) == (end.revision, end.hash);
        if same { Ok(()) } else { Err(different_history(self.first, self.due())) }
    }

    /// The error of a synced change that is missing.
    pub(super) fn lost(&self, revision: u64) -> Error {
        let detail = format!("change {revision} was synced but cannot be read");
        Error::damaged(StoreFile::Journal, format!("journal segment {}", self.first), detail)
    }
}

/// The error of a change whose hash does not follow from the changes before it.
pub(super) fn different_history(segment: u64, revision: u64) -> Error {
    let detail = format!(
        "change {revision} does not follow from the changes before it: they are of copies of the store \
         with different histories"
    );
    Error::damaged(StoreFile::Journal, format!("journal segment {segment}"), detail)
}
