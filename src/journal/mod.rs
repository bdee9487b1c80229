//! The journal: all changes in revision order, in segments of zeroed files.
//!
//! - A change is durable once [`Journal::append`] returned, and not before.
//! - A segment starts with its first revision, and what an older segment holds from there on does
//!   not exist. So nothing is ever appended behind a record that did not check out: every open
//!   and every recovery starts a fresh segment.
//! - A segment gets its name only when its header and first records are synced, so one with a
//!   name is whole up to there, and proves that everything before it had been synced.

#[cfg(feature = "testing")]
mod anything;
mod copy;
mod frame;
mod lengths;
mod reader;
mod retention;
mod segment;
mod store_id;
mod survey;
mod window;

use std::io;
use std::sync::Arc;

use crate::disk::DiskFile;
use crate::model::error::{Error, Outcome, Result};
use crate::model::time::Timestamp;
use crate::trace;

#[cfg(feature = "testing")]
pub(crate) use anything::read_journal;
pub(crate) use reader::{Place, Reader};
pub(crate) use retention::Retention;
pub(crate) use segment::{Kept, Segments};
pub(crate) use store_id::StoreId;
pub(crate) use survey::{Survey, survey};

use segment::{HEADER_LEN, SegmentHeader};

/// The end of the journal, where changes are appended.
#[derive(Debug)]
pub(crate) struct Journal {
    segments: Arc<Segments>,
    segment_size: u64,
    active: Active,
    /// The newest revision; synced.
    head: u64,
}

/// The newest segment.
#[derive(Debug)]
struct Active {
    /// Its first revision.
    first: u64,
    file: Arc<dyn DiskFile>,
    /// Where the next record goes; zeros from here to the end of the file.
    offset: u64,
    len: u64,
}

/// An append that failed.
#[derive(Debug)]
pub(crate) struct AppendFailure {
    pub(crate) error: Error,
    /// Whether nothing of the record is left and the next append may go ahead.
    pub(crate) usable: bool,
}

impl Journal {
    /// Makes the first segment of a new store.
    pub(crate) fn begin(segments: Arc<Segments>) -> Result<()> {
        Self::start(segments, &Survey::empty(), Timestamp::default(), HEADER_LEN).map(drop)
    }

    /// Starts a fresh segment with the records that are not proven to be synced.
    ///
    /// When this returns, all records up to the survey's head are durable, and nothing behind
    /// them can come alive.
    pub(crate) fn start(
        segments: Arc<Segments>,
        survey: &Survey,
        base_time: Timestamp,
        segment_size: u64,
    ) -> Result<Self> {
        let mut records = Vec::new();
        for (revision, payload) in &survey.unproven {
            frame::push(&mut records, segments.store_id(), *revision, survey.proven, payload)?;
        }
        let header =
            SegmentHeader { store_id: segments.store_id(), first: survey.proven + 1, base_time };
        let starting = |source| Error::io("start a journal segment", source);
        // On a full disk without the zeros ahead, so that the store can be opened and read; the
        // first append asks for a segment with room.
        let active = make(&segments, &header, &records, segment_size)
            .or_else(|error| match is_full(&error) {
                true => make(&segments, &header, &records, 0),
                false => Err(error),
            })
            .map_err(starting)?;
        segments.publish(header.first, active.len).map_err(starting)?;
        trace::segment_started(header.first, active.len);
        if let Some(superseded) = &survey.superseded
            && superseded.first != header.first
        {
            seal(&segments, superseded.first, &superseded.file, superseded.used);
        }
        Ok(Self { segments, segment_size, active, head: survey.head })
    }

    /// The newest revision.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// Says that nothing more will be appended; the zeros ahead are given back.
    pub(crate) fn finish(&self) {
        let Active { first, file, offset, .. } = &self.active;
        seal(&self.segments, *first, file, *offset);
    }

    /// Appends changes with one write and syncs once; returns the bytes they took.
    ///
    /// `last_time` is the time of the change before them.
    ///
    /// # Errors
    ///
    /// When the disk was full and the record could be taken back, the failure says so, and the
    /// journal can be used further; any other failure leaves it open what the disk holds.
    pub(crate) fn append(
        &mut self,
        payloads: &[impl AsRef<[u8]>],
        last_time: Timestamp,
    ) -> Result<u64, AppendFailure> {
        let payloads = payloads.iter().map(AsRef::as_ref);
        let len = payloads.clone().map(|payload| payload.len() + frame::OVERHEAD).sum();
        let mut records = Vec::with_capacity(len);
        let mut revision = self.head;
        for payload in payloads {
            revision += 1;
            frame::push(&mut records, self.segments.store_id(), revision, self.head, payload)
                .map_err(|error| AppendFailure { error, usable: true })?;
        }
        if self.active.offset + records.len() as u64 > self.active.len {
            self.rotate(records.len() as u64, last_time)?;
        }
        self.write(&records)?;
        self.head = revision;
        Ok(records.len() as u64)
    }

    fn write(&mut self, records: &[u8]) -> Result<(), AppendFailure> {
        let Active { file, offset, .. } = &mut self.active;
        match file.write_at(*offset, records).and_then(|()| file.sync()) {
            Ok(()) => {
                *offset += records.len() as u64;
                Ok(())
            }
            Err(source) => {
                let usable = is_full(&source)
                    && file
                        .write_at(*offset, &vec![0; records.len()])
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
    /// Nothing of the changes is written yet, so whatever fails here, they are not applied.
    fn rotate(&mut self, needed: u64, base_time: Timestamp) -> Result<(), AppendFailure> {
        let first = self.head + 1;
        let header = SegmentHeader { store_id: self.segments.store_id(), first, base_time };
        let size = self.segment_size.max(HEADER_LEN + needed);
        let failed = |source, usable| {
            let error = Error::io("start a journal segment", source);
            AppendFailure { error, usable }
        };
        let next = make(&self.segments, &header, &[], size).map_err(|source| {
            let usable = is_full(&source);
            failed(source, usable)
        })?;
        // Once it may have its name, what goes into the old segment may not count any more.
        self.segments.publish(first, next.len).map_err(|source| failed(source, false))?;
        trace::segment_started(first, next.len);
        let last = std::mem::replace(&mut self.active, next);
        // One without a change has the same first revision, and its file is gone.
        if last.first != first {
            seal(&self.segments, last.first, &last.file, last.offset);
        }
        Ok(())
    }
}

/// Makes the file of a segment, synced, without its name.
fn make(
    segments: &Segments,
    header: &SegmentHeader,
    records: &[u8],
    size: u64,
) -> io::Result<Active> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut start = header.encode().to_vec();
    start.extend_from_slice(records);
    let offset = start.len() as u64;
    let len = size.max(offset);
    let file = segments.make(|file| {
        file.write_at(0, &start)?;
        let mut filled = offset;
        while filled < len {
            let count = (len - filled).min(ZEROS.len() as u64);
            let zeros = ZEROS.split_at(usize::try_from(count).unwrap_or(ZEROS.len())).0;
            file.write_at(filled, zeros)?;
            filled += count;
        }
        file.sync()
    })?;
    Ok(Active { first: header.first, file, offset, len })
}

/// Gives back the zeros behind the last record of a segment that nothing is appended to any more.
fn seal(segments: &Segments, first: u64, file: &Arc<dyn DiskFile>, used: u64) {
    // Where it fails they stay, and mean as little.
    if file.set_len(used).is_ok() {
        segments.set_length(first, used);
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

#[cfg(test)]
mod tests;
