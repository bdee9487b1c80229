//! What a journal holds after a crash: where it ends, and what of it is durable.

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

/// What a journal holds.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The newest revision that survived.
    pub(crate) head: u64,
    /// The chain hash after it.
    pub(crate) head_hash: ChainHash,
    /// The newest revision that is known to be synced; at most `head`.
    pub(crate) durable_through: u64,
    /// How many bytes there are behind the last frame that checks out, up to the last one that is
    /// not zero: of changes that were being written when a crash came.
    pub(crate) cut_bytes: u64,
    /// Where the journal stands after `durable_through`.
    pub(super) base: Point,
    /// The groups behind it: they may be in the page cache only.
    pub(super) unproven: VecDeque<Group>,
    /// The segment that was the newest.
    pub(super) superseded: Option<Superseded>,
}

/// A segment that a fresh one follows, or takes the place of.
#[derive(Debug)]
pub(super) struct Superseded {
    pub(super) first: u64,
    pub(super) file: Arc<dyn DiskFile>,
    /// Where its durable frames end.
    pub(super) used: u64,
}

/// The newest change of a state, as far as the state is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateHead {
    pub(crate) revision: u64,
    /// The chain hash after it; `None` of a state that does not keep it.
    pub(crate) hash: Option<ChainHash>,
}

impl Scan {
    /// What a journal holds that goes on behind a point and has nothing before it.
    pub(super) fn at(point: Point) -> Self {
        Self::of(point, VecDeque::new())
    }

    fn of(base: Point, unproven: VecDeque<Group>) -> Self {
        let head = unproven.back().map_or(base, Group::end);
        let (head, head_hash) = (head.revision, head.hash);
        let (durable_through, cut_bytes, superseded) = (base.revision, 0, None);
        Self { head, head_hash, durable_through, cut_bytes, base, unproven, superseded }
    }

    /// How many changes a fresh segment gets that are not known to be synced where they stand.
    pub(crate) fn rewritten(&self) -> u64 {
        self.head - self.durable_through
    }
}

/// Reads the journal from the state's revision on, without changing anything.
///
/// The first frame that does not check out ends the journal, unless something proves that it had
/// been synced: the state's revision, a later frame's durable-up-to, or a later segment. For the
/// very last frame nothing can prove it.
///
/// Cost: O(bytes of the segments from the state's revision on).
///
/// # Errors
///
/// [`Error::Damaged`] when a change that had been synced is not there, or when state and journal, or two
/// parts of the journal, are of copies that went different ways; [`Error::NewerFormat`] when a later
/// version wrote a segment.
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
    let detail = format!("segments are missing: {there}, the state is at {state_revision}");
    Error::damaged(StoreFile::Journal, "journal", detail)
}

/// A scan of the frames of one segment.
struct SegmentScan {
    frames: Frames,
    state: StateHead,
    /// Where the newest group that checks out ends.
    head: Point,
    /// The newest revision that a frame in the segment says had been synced.
    proof: u64,
    /// How many bytes behind the newest frame are not zero, or before one that is not.
    cut_bytes: u64,
    /// Where the groups that are known to be synced end, in the journal and in the file.
    base: (Point, u64),
    /// The groups behind that, and where each ends in the file.
    unproven: VecDeque<(Group, u64)>,
}

impl SegmentScan {
    /// `end` is where the segment before it ends, if that was read.
    fn open(segments: &Segments, first: u64, end: Option<Point>, state: StateHead) -> Result<Self> {
        let frames = Frames::open(segments, first)?;
        end.map_or(Ok(()), |end| frames.check_ends(end))?;
        let (head, base) = (frames.before, (frames.before, frames.offset));
        let unproven = VecDeque::new();
        let scan = Self { frames, state, head, proof: 0, cut_bytes: 0, base, unproven };
        scan.check_state(head.revision, head.hash)?;
        Ok(scan)
    }

    /// Goes on to the change `next`, or to the first frame that does not check out.
    fn run(mut self, next: Option<u64>) -> Result<Self> {
        while next.is_none_or(|next| self.frames.due() < next) {
            if !self.step()? {
                if next.is_none() {
                    let (proof, end) = self.proof_behind()?;
                    self.prove(proof);
                    self.cut_bytes = end - self.frames.offset;
                }
                break;
            }
        }
        Ok(self)
    }

    /// Reads the next group; returns whether there is one that checks out.
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

    /// Notes that a change had been synced, and with it its whole group and all before it.
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
                     copies of the store that went different ways"
                );
                Err(Error::damaged(StoreFile::Journal, "journal", detail))
            }
            _ => Ok(()),
        }
    }

    /// What headers behind a frame that does not check out say had been synced; they are looked
    /// for at every byte, since a torn header loses the framing. With it where the last byte ends that
    /// is not zero, or where the frame stands.
    fn proof_behind(&mut self) -> Result<(u64, u64)> {
        let due = self.frames.due();
        let Frames { window, store_id, offset, .. } = &mut self.frames;
        let (mut proof, mut end, mut at) = (0, *offset, *offset);
        while let Some(written) = window.next_nonzero(at).map_err(reading)? {
            end = written + 1;
            // A length is not zero, so at most its three low bytes are.
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
