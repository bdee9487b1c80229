//! The journal: all changes in revision order, in segments that are zeroed files.
//!
//! - A change is durable after [`Journal::append`] returned, and not before.
//! - Changes that are appended together are a group in one frame, which is atomic.
//! - A segment starts with its first revision; changes in an older segment from that revision on are ignored. So nothing
//!   is ever appended after an invalid frame: every opening and every recovery starts a new segment.
//! - A segment gets its name only when its header and first frames are synced. So a segment with a name is complete up
//!   to there, and proves that everything before it had been synced.
//! - Each change has a chain hash, over the hash before it and its payload. So parts of a journal, or a state and a
//!   journal, from copies with different histories are not accepted as one.
//! - The journal does not interpret payloads.

mod ahead;
mod archive;
mod backwards;
mod copy;
mod frame;
mod frames;
mod fresh;
#[cfg(feature = "testing")]
mod fuzz;
mod group;
mod lengths;
mod point;
mod reader;
mod retention;
mod scan;
mod segment;
mod segments;
mod store_id;
mod window;

use std::io;
use std::sync::Arc;

use crate::disk::{Appender, DiskFile, is_shortage};
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Outcome, Result};
use crate::model::mark::Mark;
use crate::model::time::Timestamp;
use crate::trace;

pub(crate) use archive::Archive;
pub(crate) use backwards::{Backwards, Past};
#[cfg(feature = "testing")]
pub(crate) use fuzz::read_journal;
pub(crate) use group::Group;
pub(crate) use point::Point;
pub(crate) use reader::{Place, Reader};
pub(crate) use retention::Retention;
pub(crate) use scan::{Scan, StateHead, scan};
pub(crate) use segments::{Kept, Segments};
pub(crate) use store_id::StoreId;

use frame::NewFrame;
use fresh::FreshSegment;
#[cfg(test)]
use point::Age;
use segment::{HEADER_LEN, SegmentHeader, file_name};

/// The options of a journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalOptions {
    /// The size of a segment in bytes; a larger group gets a segment of its size.
    pub(crate) segment_size: u64,
    pub(crate) retention: Retention,
}

/// The end of the journal, where changes are appended.
#[derive(Debug)]
pub(crate) struct Journal {
    segments: Arc<Segments>,
    options: JournalOptions,
    active: Active,
    /// The point of the journal after the newest change; synced.
    head: Point,
}

/// The newest segment.
#[derive(Debug)]
struct Active {
    /// Its first revision.
    first: u64,
    file: Arc<dyn DiskFile>,
    /// Appends at the offset of the next frame; the rest of the file is zeros.
    appender: Appender,
    len: u64,
}

/// An append that failed.
#[derive(Debug)]
pub(crate) struct AppendFailure {
    pub(crate) error: Error,
    /// Whether no part of the changes remains and the next append may run.
    pub(crate) usable: bool,
}

impl Journal {
    /// Makes the first segment of a new store.
    pub(crate) fn begin(segments: Arc<Segments>) -> Result<()> {
        let options = JournalOptions { segment_size: HEADER_LEN, retention: Retention::default() };
        Self::start(segments, &Scan::at(Point::default()), options).map(drop)
    }

    /// Starts a fresh segment with the groups that are not known to be synced.
    ///
    /// When this returns, all changes up to the scan's head are durable, and no later bytes can become changes.
    pub(crate) fn start(
        segments: Arc<Segments>,
        scan: &Scan,
        options: JournalOptions,
    ) -> Result<Self> {
        segments.drop_ahead();
        let (frames, head) = rewrite(scan, segments.store_id())?;
        let header = SegmentHeader { store_id: segments.store_id(), before: scan.base };
        let starting = |source| Error::io("start a journal segment", source);
        // If space is short, the segment has no zeros ahead, so that the store can be opened and read; the first append
        // then asks for a segment with room.
        let fresh = FreshSegment::make(&segments, &header, &frames, options.segment_size)
            .or_else(|error| match is_shortage(&error) {
                true => FreshSegment::make(&segments, &header, &frames, 0),
                false => Err(error),
            })
            .map_err(starting)?;
        segments.publish(header.first(), &fresh).map_err(starting)?;
        let active = Active::begun(header.first(), fresh, &segments);
        if let Some(superseded) = &scan.superseded
            && superseded.first != active.first
        {
            seal(&segments, superseded.first, &superseded.file, superseded.used);
        }
        Ok(Self { segments, options, active, head })
    }

    /// The newest revision.
    #[cfg(test)]
    pub(crate) fn head(&self) -> u64 {
        self.head.revision
    }

    /// The chain hash after the newest change.
    pub(crate) fn head_hash(&self) -> ChainHash {
        self.head.hash
    }

    /// The point of the journal after the newest change.
    pub(crate) fn head_point(&self) -> Point {
        self.head
    }

    /// How much of the journal is kept.
    #[cfg(test)]
    pub(crate) fn retention(&self) -> Retention {
        self.options.retention
    }

    /// Whether it is time to [make a segment ahead](Segments::make_ahead): the newest one is more than half full, and
    /// none is ready.
    pub(crate) fn needs_ahead(&self) -> bool {
        self.active.appender.offset() > self.active.len / 2 && self.segments.is_ahead_empty()
    }

    /// Ends the journal: nothing more will be appended. Frees the space that was reserved ahead.
    pub(crate) fn finish(&self) {
        let Active { first, file, appender, .. } = &self.active;
        seal(&self.segments, *first, file, appender.offset());
        self.segments.drop_ahead();
    }

    /// Appends changes as one group, with one write and one sync; returns the number of bytes.
    #[cfg(test)]
    pub(crate) fn append(
        &mut self,
        payloads: &[impl AsRef<[u8]>],
        mark: &[u8],
        now: Timestamp,
    ) -> Result<u64, AppendFailure> {
        let mark = Mark::new(mark).unwrap_or_default();
        self.append_all([(payloads, mark)], now)
    }

    /// Appends groups of changes, with one write and one sync; returns the number of bytes.
    ///
    /// The mark of each group is stored with its changes; it is empty in a single store. `now` is the reading of the
    /// clock, which may be less than an earlier one.
    ///
    /// Cost: O(bytes), and a sync.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] when the group would have 4 GiB or more. On a temporary shortage, if the written bytes could
    /// be undone, the failure is marked as usable, and the journal can be used further. After any other failure the
    /// contents of the disk are unknown.
    pub(crate) fn append_all<'g, P: AsRef<[u8]> + 'g>(
        &mut self,
        groups: impl IntoIterator<Item = (&'g [P], Mark)>,
        now: Timestamp,
    ) -> Result<u64, AppendFailure> {
        let durable_up_to = self.head.revision;
        let age = self.head.age.advance(now, self.options.retention.longest_step());
        let (mut frames, mut end) = (Vec::new(), self.head);
        for (payloads, mark) in groups.into_iter().filter(|(payloads, _)| !payloads.is_empty()) {
            let mark = mark.as_bytes();
            let group = NewFrame { before: end, durable_up_to, age, mark, payloads };
            end = group
                .push(self.segments.store_id(), &mut frames)
                .map_err(|error| AppendFailure { error, usable: true })?;
        }
        if !frames.is_empty() {
            self.append_frames(&frames, end)?;
        }
        Ok(frames.len() as u64)
    }

    /// Appends whole frames, all in one segment; the journal then ends at `end`.
    fn append_frames(&mut self, frames: &[u8], end: Point) -> Result<(), AppendFailure> {
        if self.active.appender.offset() + frames.len() as u64 > self.active.len {
            self.rotate(frames.len() as u64)?;
        }
        self.write(frames)?;
        self.head = end;
        Ok(())
    }

    fn write(&mut self, frames: &[u8]) -> Result<(), AppendFailure> {
        let Active { file, appender, .. } = &mut self.active;
        let offset = appender.offset();
        match appender.append(frames) {
            Ok(()) => Ok(()),
            Err(source) => {
                let usable = is_shortage(&source)
                    && file
                        .write_at(offset, &vec![0; frames.len()])
                        .and_then(|()| file.sync())
                        .is_ok();
                let outcome = if usable { Outcome::NotApplied } else { Outcome::Unknown };
                let error = Error::io("append to the journal", source).with_outcome(outcome);
                Err(AppendFailure { error, usable })
            }
        }
    }

    /// Starts the next segment; everything before it is synced.
    ///
    /// No change is written yet, so after any failure they are not applied.
    fn rotate(&mut self, needed: u64) -> Result<(), AppendFailure> {
        let header = SegmentHeader { store_id: self.segments.store_id(), before: self.head };
        let failed = |source, usable| {
            let error = Error::io("start a journal segment", source);
            AppendFailure { error, usable }
        };
        let fresh = self.next_segment(&header, HEADER_LEN + needed).map_err(|source| {
            let usable = is_shortage(&source);
            failed(source, usable)
        })?;
        // From here on it may have its name. Then frames that are appended to the old segment would be ignored.
        let named = self.segments.publish(header.first(), &fresh);
        named.map_err(|source| failed(source, false))?;
        if fresh.is_ahead() {
            self.segments.free_ahead();
        }
        let next = Active::begun(header.first(), fresh, &self.segments);
        let last = std::mem::replace(&mut self.active, next);
        // An empty segment has the same first revision, and its file is gone.
        if last.first != self.active.first {
            seal(&self.segments, last.first, &last.file, last.appender.offset());
        }
        Ok(())
    }

    /// The file of the next segment: the one made ahead if it is large enough, or else a new one.
    fn next_segment(&self, header: &SegmentHeader, needed: u64) -> io::Result<FreshSegment> {
        let Some(mut ahead) = self.segments.take_ahead(needed) else {
            let size = self.options.segment_size.max(needed);
            return FreshSegment::make(&self.segments, header, &[], size);
        };
        match ahead.begin(header) {
            Ok(()) => Ok(ahead),
            Err(error) => {
                self.segments.drop_taken();
                Err(error)
            }
        }
    }
}

impl Active {
    /// The active segment of a file that now has its final name.
    fn begun(first: u64, fresh: FreshSegment, segments: &Segments) -> Self {
        let FreshSegment { file, offset, len, .. } = fresh;
        trace::segment_started(first, len);
        let path = segments.path_of(&file_name(first));
        // If the file cannot be opened again, appends go through the cache.
        let appender = Appender::open(segments.disk(), &path, Arc::clone(&file), offset)
            .unwrap_or_else(|_| Appender::plain(Arc::clone(&file), offset));
        Self { first, file, appender, len }
    }
}

/// The frames of the groups that are not known to be synced, and the point after them.
fn rewrite(scan: &Scan, store_id: StoreId) -> Result<(Vec<u8>, Point)> {
    let (mut frames, mut before) = (Vec::new(), scan.base);
    for group in &scan.unproven {
        let payloads: Vec<_> = group.changes.iter().collect();
        let (durable_up_to, age, mark) = (scan.durable_through, group.age, &*group.mark);
        let frame = NewFrame { before, durable_up_to, age, mark, payloads: &payloads };
        before = frame.push(store_id, &mut frames)?;
    }
    Ok((frames, before))
}

/// Removes the zeros after the last frame of a segment that gets no more frames.
fn seal(segments: &Segments, first: u64, file: &Arc<dyn DiskFile>, used: u64) {
    // If it fails, the zeros stay and do no harm.
    if file.set_len(used).is_ok() {
        segments.set_length(first, used);
    }
}

#[cfg(test)]
mod tests;
