//! The contents of a journal after a crash: its end, and its durable part.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frame::{self, HEADER_LEN, Parsed};
use super::frames::Frames;
use super::group::Group;
use super::point::Point;
use super::segments::Segments;
use super::window::reading;
use crate::disk::DiskFile;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result, StoreFile};

/// The contents of a journal.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The newest revision that survived.
    pub(crate) head: u64,
    /// The chain hash after it.
    pub(crate) head_hash: ChainHash,
    /// The newest revision known to be synced; at most `head`.
    pub(crate) durable_through: u64,
    /// The number of bytes after the last valid frame, up to the last byte that is not zero. They are from changes
    /// that were being written during a crash.
    pub(crate) cut_bytes: u64,
    /// The point of the journal after `durable_through`.
    pub(super) base: Point,
    /// The later groups: they may only be in the page cache.
    pub(super) unproven: VecDeque<Group>,
    /// The segment that was the newest one.
    pub(super) superseded: Option<Superseded>,
}

/// A segment that a fresh one follows or replaces.
#[derive(Debug)]
pub(super) struct Superseded {
    pub(super) first: u64,
    pub(super) file: Arc<dyn DiskFile>,
    /// The end of its durable frames.
    pub(super) used: u64,
}

/// The newest change of a state that is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateHead {
    pub(crate) revision: u64,
    /// The chain hash after it; `None` if the state does not keep it.
    pub(crate) hash: Option<ChainHash>,
}

impl Scan {
    /// An empty journal that continues after a point.
    pub(super) fn at(point: Point) -> Self {
        Self::of(point, VecDeque::new())
    }

    fn of(base: Point, unproven: VecDeque<Group>) -> Self {
        let head = unproven.back().map_or(base, Group::end);
        let (head, head_hash) = (head.revision, head.hash);
        let (durable_through, cut_bytes, superseded) = (base.revision, 0, None);
        Self { head, head_hash, durable_through, cut_bytes, base, unproven, superseded }
    }

    /// How many changes are rewritten into a fresh segment because they are not known to be synced.
    pub(crate) fn rewritten(&self) -> u64 {
        self.head - self.durable_through
    }
}

/// Reads the journal from the state's revision on; changes nothing.
///
/// The first invalid frame ends the journal, unless something proves that it had been synced: the state's revision, a
/// later frame's durable-up-to, or a later segment. For the very last frame there is no such proof.
///
/// Cost: O(bytes of the segments from the state's revision on).
///
/// # Errors
///
/// [`Error::Damaged`] when a synced change is missing, or when state and journal, or two parts of the journal, come
/// from copies with different histories; [`Error::NewerFormat`] when a later version wrote a segment.
pub(crate) fn scan(segments: &Segments, state: StateHead) -> Result<Scan> {
    let firsts = segments.firsts();
    let start = firsts.partition_point(|&first| first <= state.revision.saturating_add(1));
    let needed = firsts.get(start.saturating_sub(1)..).unwrap_or_default();
    let (Some((&last, before)), true) = (needed.split_last(), start > 0) else {
        return Err(missing(&firsts, state.revision));
    };
    let mut end: Option<Point> = None;
    for (&first, &next) in before.iter().zip(needed.iter().skip(1)) {
        let found = SegmentScan::open(segments, first, end, state)?.run(Some(next))?;
        if found.head.revision + 1 < next {
            return Err(found.frames.lost(found.head.revision + 1));
        }
        end = Some(found.head);
    }
    let mut found = SegmentScan::open(segments, last, end, state)?.run(None)?;
    if found.head.revision < state.revision.max(found.proof) {
        return Err(found.frames.lost(found.head.revision + 1));
    }
    found.prove(state.revision);
    Ok(found.finish())
}

fn missing(firsts: &[u64], state_revision: u64) -> Error {
    let there = firsts.first().map_or_else(
        || "there are none".to_owned(),
        |first| format!("the first one starts at revision {first}"),
    );
    let detail =
        format!("segments are missing: {there}, and the state is at revision {state_revision}");
    Error::damaged(StoreFile::Journal, "journal", detail)
}

/// A scan of the frames of one segment.
struct SegmentScan {
    frames: Frames,
    state: StateHead,
    /// The end of the newest valid group.
    head: Point,
    /// The newest revision that a frame in the segment states as synced.
    proof: u64,
    /// The number of bytes after the newest valid frame, up to the last byte that is not zero.
    cut_bytes: u64,
    /// The end of the groups that are known to be synced, in the journal and in the file.
    base: (Point, u64),
    /// The later groups, each with its end in the file.
    unproven: VecDeque<(Group, u64)>,
}

impl SegmentScan {
    /// `end` is the end of the previous segment, if that was read.
    fn open(segments: &Segments, first: u64, end: Option<Point>, state: StateHead) -> Result<Self> {
        let frames = Frames::open(segments, first)?;
        end.map_or(Ok(()), |end| frames.check_ends(end))?;
        let (head, base) = (frames.before, (frames.before, frames.offset));
        let unproven = VecDeque::new();
        let scan = Self { frames, state, head, proof: 0, cut_bytes: 0, base, unproven };
        scan.check_state(head.revision, head.hash)?;
        Ok(scan)
    }

    /// Reads up to the change `next`, or to the first invalid frame.
    fn run(mut self, next: Option<u64>) -> Result<Self> {
        while next.is_none_or(|next| self.frames.due() < next) {
            if !self.step()? {
                if next.is_none() {
                    let (proof, end) = self.proof_after_end()?;
                    self.prove(proof);
                    self.cut_bytes = end - self.frames.offset;
                }
                break;
            }
        }
        Ok(self)
    }

    /// Reads the next group; returns whether there is a valid one.
    fn step(&mut self) -> Result<bool> {
        let Some(header) = self.frames.next_header()? else { return Ok(false) };
        let Some(group) = self.frames.group_of(&header)? else { return Ok(false) };
        if let Some(hash) = group.hash_at(self.state.revision) {
            self.check_state(self.state.revision, hash)?;
        }
        self.head = group.end();
        self.unproven.push_back((group, self.frames.offset));
        self.prove(header.durable_up_to);
        Ok(true)
    }

    /// Records that a change had been synced, and with it its whole group and everything before it.
    fn prove(&mut self, revision: u64) {
        self.proof = self.proof.max(revision);
        while self.unproven.front().is_some_and(|(group, _)| group.before.revision < revision)
            && let Some((group, end)) = self.unproven.pop_front()
        {
            self.base = (group.end(), end);
        }
    }

    fn check_state(&self, revision: u64, hash: ChainHash) -> Result<()> {
        match self.state.hash {
            Some(expected) if self.state.revision == revision && expected != hash => {
                let detail = format!(
                    "its change {revision} is not the one that the state has: state and journal are of \
                     copies of the store with different histories"
                );
                Err(Error::damaged(StoreFile::Journal, "journal", detail))
            }
            _ => Ok(()),
        }
    }

    /// The newest revision that headers after an invalid frame state as synced. They are searched for at every byte,
    /// because a torn header loses the framing. This also returns the end of the last byte that is not zero, or the
    /// frame's offset if there is none.
    fn proof_after_end(&mut self) -> Result<(u64, u64)> {
        let due = self.frames.due();
        let Frames { window, store_id, offset, .. } = &mut self.frames;
        let (mut proof, mut end, mut at) = (0, *offset, *offset);
        while let Some(written) = window.next_nonzero(at).map_err(reading)? {
            end = written + 1;
            // A length is not zero, so at most its three low bytes are zero.
            at = at.max(written.saturating_sub(3));
            let Some(bytes) = window.array::<HEADER_LEN>(at).map_err(reading)? else {
                while let Some(written) = window.next_nonzero(end).map_err(reading)? {
                    end = written + 1;
                }
                break;
            };
            if let Parsed::Header(header) = frame::parse(*store_id, &bytes)
                && header.first >= due
            {
                proof = proof.max(header.durable_up_to);
            }
            at += 1;
        }
        Ok((proof, end))
    }

    fn finish(self) -> Scan {
        let (base, used) = self.base;
        let (first, file) = (self.frames.first, Arc::clone(self.frames.file()));
        let unproven = self.unproven.into_iter().map(|(group, _)| group).collect();
        let superseded = Some(Superseded { first, file, used });
        Scan { cut_bytes: self.cut_bytes, superseded, ..Scan::of(base, unproven) }
    }
}
