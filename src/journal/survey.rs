//! What a journal holds after a crash: where it ends, and what of it is proven to be synced.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::frame::{self, FrameHeader, HEADER_LEN, Parsed};
use super::segment::{self, Segments};
use super::store_id::StoreId;
use super::window::{Window, reading};
use crate::disk::DiskFile;
use crate::model::error::{Error, Result, StoreFile};

/// What a journal holds.
#[derive(Debug)]
pub(crate) struct Survey {
    /// The newest revision that survived.
    pub(crate) head: u64,
    /// The newest revision that is proven to be synced; at most `head`.
    pub(crate) proven: u64,
    /// How many bytes there are behind the last record that checks out, up to the last one that is
    /// not zero: of changes that were being written when a crash came.
    pub(crate) cut_bytes: u64,
    /// The records above `proven`: they may be in the page cache only.
    pub(super) unproven: BTreeMap<u64, Vec<u8>>,
    /// The segment that was the newest.
    pub(super) superseded: Option<Superseded>,
}

/// A segment that a fresh one follows, or takes the place of.
#[derive(Debug)]
pub(super) struct Superseded {
    pub(super) first: u64,
    pub(super) file: Arc<dyn DiskFile>,
    /// Where its proven records end.
    pub(super) used: u64,
}

impl Survey {
    /// What a journal that was never written holds.
    pub(super) fn empty() -> Self {
        Self::at(0)
    }

    /// What a journal holds that goes on behind a revision and has nothing before it.
    pub(super) fn at(revision: u64) -> Self {
        let unproven = BTreeMap::new();
        Self { head: revision, proven: revision, cut_bytes: 0, unproven, superseded: None }
    }

    /// How many records a fresh segment gets that are not proven to be synced where they stand.
    pub(crate) fn rewritten(&self) -> u64 {
        self.unproven.len() as u64
    }
}

/// Reads the journal from `state_revision` on, without changing anything.
///
/// The first record that does not check out ends the journal, unless something proves that it had
/// been synced: the state revision, a later record's durable-up-to, or a later segment. For the
/// very last change nothing can prove it.
///
/// Cost: O(bytes of the segments from the state revision on).
///
/// # Errors
///
/// [`Error::Damaged`] when a record that had been synced is not there, [`Error::NewerFormat`] when
/// a later version wrote a segment.
pub(crate) fn survey(segments: &Segments, state_revision: u64) -> Result<Survey> {
    let firsts = segments.firsts();
    let start = firsts.partition_point(|&first| first <= state_revision.saturating_add(1));
    let needed = firsts.get(start.saturating_sub(1)..).unwrap_or_default();
    let (Some(&last), true) = (needed.last(), start > 0) else {
        let there = firsts.first().map_or_else(
            || "there are none".to_owned(),
            |first| format!("the first one starts at revision {first}"),
        );
        return Err(missing(format!("{there}, the state is at {state_revision}")));
    };
    for (&first, &next) in needed.iter().zip(needed.iter().skip(1)) {
        let end = LinkPlan::open(segments, first)?.run(Some(next))?.head;
        if end + 1 != next {
            return Err(lost(first, end + 1));
        }
    }
    let walk = LinkPlan::open(segments, last)?;
    let found = walk.run(None)?;
    if found.head < state_revision.max(found.proof) {
        return Err(lost(last, found.head + 1));
    }
    let proven = found.proof.max(state_revision).max(last.saturating_sub(1));
    let used = found.ends.get(&proven).copied().unwrap_or(segment::HEADER_LEN);
    Ok(Survey {
        head: found.head,
        proven,
        cut_bytes: found.cut_bytes,
        unproven: found.payloads.into_iter().filter(|&(revision, _)| revision > proven).collect(),
        superseded: Some(Superseded { first: last, file: found.file, used }),
    })
}

fn missing(detail: String) -> Error {
    Error::damaged(StoreFile::Journal, "journal", format!("segments are missing: {detail}"))
}

fn lost(first: u64, revision: u64) -> Error {
    let detail = format!("change {revision} was synced and cannot be read");
    Error::damaged(StoreFile::Journal, format!("journal segment {first}"), detail)
}

/// A walk over the records of one segment.
struct LinkPlan {
    window: Window,
    store_id: StoreId,
    first: u64,
}

/// What a walk found.
struct Found {
    /// The newest revision in an unbroken run.
    head: u64,
    /// The newest revision that a record in the segment says had been synced.
    proof: u64,
    /// How many bytes behind the newest record are not zero, or before one that is not.
    cut_bytes: u64,
    /// The payloads that no record behind them proves to be synced.
    payloads: BTreeMap<u64, Vec<u8>>,
    /// Where the newest records end.
    ends: BTreeMap<u64, u64>,
    file: Arc<dyn DiskFile>,
}

impl LinkPlan {
    fn open(segments: &Segments, first: u64) -> Result<Self> {
        let (file, header) = segments.load(first)?;
        Ok(Self { window: Window::new(file), store_id: header.store_id, first })
    }

    /// Walks to the record `next`, or to the first record that does not check out.
    fn run(mut self, next: Option<u64>) -> Result<Found> {
        let mut found = Found {
            head: self.first.saturating_sub(1),
            proof: 0,
            cut_bytes: 0,
            payloads: BTreeMap::new(),
            ends: BTreeMap::new(),
            file: Arc::clone(self.window.file()),
        };
        let mut offset = segment::HEADER_LEN;
        while next.is_none_or(|next| found.head + 1 < next) {
            let Some((header, payload)) = self.record(offset, found.head + 1)? else {
                if next.is_none() {
                    let (proof, end) = self.proof_behind(offset, found.head + 1)?;
                    found.proof = found.proof.max(proof);
                    found.cut_bytes = end - offset;
                }
                break;
            };
            offset += header.record_len();
            found.head += 1;
            found.proof = found.proof.max(header.durable_up_to);
            found.payloads.insert(found.head, payload);
            found.ends.insert(found.head, offset);
            found.payloads = found.payloads.split_off(&(found.proof + 1));
            found.ends = found.ends.split_off(&found.proof);
        }
        Ok(found)
    }

    /// The record at `offset`, if it checks out and is the one that is due.
    fn record(&mut self, offset: u64, due: u64) -> Result<Option<(FrameHeader, Vec<u8>)>> {
        let Self { window, store_id, .. } = self;
        let Some(header) = frame::header_at(window, *store_id, offset, due).map_err(reading)?
        else {
            return Ok(None);
        };
        let payload = frame::payload_at(window, *store_id, offset, &header).map_err(reading)?;
        Ok(payload.map(|payload| (header, payload.to_vec())))
    }

    /// What headers behind a record that does not check out say had been synced; they are looked
    /// for at every byte, since a torn header loses the framing. With it where the last byte ends that
    /// is not zero, or `offset`.
    fn proof_behind(&mut self, offset: u64, due: u64) -> Result<(u64, u64)> {
        let (mut proof, mut end) = (0, offset);
        let mut at = offset;
        while let Some(written) = self.window.next_nonzero(at).map_err(reading)? {
            end = written + 1;
            // A length is not zero, so at most its three low bytes are.
            at = at.max(written.saturating_sub(3));
            let Some(bytes) = self.window.array::<HEADER_LEN>(at).map_err(reading)? else {
                while let Some(written) = self.window.next_nonzero(end).map_err(reading)? {
                    end = written + 1;
                }
                break;
            };
            if let Parsed::Header(header) = frame::parse(self.store_id, &bytes)
                && header.revision >= due
            {
                proof = proof.max(header.durable_up_to);
            }
            at += 1;
        }
        Ok((proof, end))
    }
}
