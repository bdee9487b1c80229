//! Reads changes in order, also while changes are appended.

use std::sync::Arc;

use super::frames::{Frames, different_history};
use super::group::Group;
use super::point::Point;
use super::segments::Segments;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result, StoreFile};

/// The payloads of a range of revisions, in order. Each is checked against the chain of hashes.
///
/// It keeps the current segment open, so that it can be read to its end even if it is removed meanwhile.
#[derive(Debug)]
pub(crate) struct Reader {
    segments: Arc<Segments>,
    /// The revision to return next.
    next: u64,
    /// The last revision to return.
    end: u64,
    /// Where an earlier reader stopped.
    place: Option<Place>,
    frames: Option<Frames>,
    /// The rest of the group that was read last, and its place.
    group: Option<(Group, Place)>,
    /// The point of the journal after the last returned change.
    given: Option<Point>,
}

/// The place of a group, or of the next one: a reader that continues there need not search for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The first revision of the segment.
    segment: u64,
    offset: u64,
    /// The point of the journal before the group at `offset`.
    before: Point,
    /// The point after the last returned change, which may be in that group.
    given: Point,
}

impl Reader {
    /// The changes `from..=end`; the caller knows that `end` is committed.
    ///
    /// # Errors
    ///
    /// [`Error::JournalTrimmed`] when the journal no longer has `from`.
    pub(crate) fn new(segments: Arc<Segments>, from: u64, end: u64) -> Result<Self> {
        let (next, place, frames, group, given) = (from.max(1), None, None, None, None);
        let reader = Self { segments, next, end, place, frames, group, given };
        if reader.next <= end {
            reader.check_kept()?;
        }
        Ok(reader)
    }

    /// Starts the search at `place`, which came from another reader of the same segments, if the next change is in its
    /// segment.
    pub(crate) fn starting_at(mut self, place: Option<Place>) -> Self {
        self.given = place.map(|at| at.given).filter(|given| given.revision + 1 == self.next);
        self.place = place;
        self
    }

    /// The place of the group with the next change, after a change was read.
    pub(crate) fn place(&self) -> Option<Place> {
        let known = match (&self.group, &self.frames) {
            (Some((group, place)), _) if !group.changes.is_empty() => Some(*place),
            (_, Some(frames)) => Some(place_of(frames)),
            _ => self.place,
        };
        known.map(|place| Place { given: self.given.unwrap_or(place.given), ..place })
    }

    /// The chain hash after the last returned change, of this reader or of the one that `place` came from; `None` if
    /// there was none.
    pub(crate) fn hash(&self) -> Option<ChainHash> {
        self.given.map(|given| given.hash)
    }

    /// The mark of the group whose last change was returned last; `None` in the middle of a group.
    pub(crate) fn mark(&self) -> Option<&[u8]> {
        let (group, _) = self.group.as_ref()?;
        group.changes.is_empty().then_some(&*group.mark)
    }

    /// The remaining changes, in the groups in which they were appended. The first and the last group have only the
    /// requested changes.
    pub(crate) fn into_groups(mut self) -> impl Iterator<Item = Result<Group>> {
        std::iter::from_fn(move || {
            if self.next > self.end {
                return None;
            }
            let group = self.read_group().map(|(group, _)| group);
            match &group {
                Ok(group) => {
                    let end = group.end();
                    (self.next, self.given) = (end.revision + 1, Some(end));
                }
                Err(_) => self.stop(),
            }
            Some(group)
        })
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
        loop {
            if let Some((group, _)) = &mut self.group
                && let Some(change) = group.take_first()
            {
                self.given = Some(group.before);
                return Ok(change);
            }
            self.group = Some(self.read_group()?);
        }
    }

    /// Reads the group of the next change; that change is the first of the returned group.
    fn read_group(&mut self) -> Result<(Group, Place)> {
        self.segments.check_current()?;
        let next_first = self.frames.as_ref().and_then(|at| self.segments.around(at.first).1);
        // Changes of a segment from the first revision of the next segment on are ignored.
        if self.frames.is_none() || next_first.is_some_and(|next_first| next_first <= self.next) {
            self.frames = Some(self.open_frames()?);
        }
        // If the next segments were removed meanwhile, it ends too early.
        self.next_group().map_err(|error| self.check_kept().err().unwrap_or(error))
    }

    fn next_group(&mut self) -> Result<(Group, Place)> {
        let unreadable = self.unreadable();
        let Some(frames) = &mut self.frames else { return Err(unreadable) };
        if !frames.skip_to(self.next)? {
            return Err(unreadable);
        }
        let place = place_of(frames);
        let Some(mut group) = frames.next_group()? else { return Err(unreadable) };
        let before = self.given.filter(|given| group.hash_at(given.revision) != Some(given.hash));
        if before.is_some() {
            return Err(different_history(frames.first, self.next));
        }
        group.clip(self.next, self.end);
        if group.changes.is_empty() { Err(unreadable) } else { Ok((group, place)) }
    }

    fn open_frames(&self) -> Result<Frames> {
        let or_trimmed = |error| self.check_kept().err().unwrap_or(error);
        let holding = self.segments.around(self.next).0;
        let holding = holding.ok_or_else(|| or_trimmed(self.unreadable()))?;
        // It may have been removed in the meantime.
        let mut frames = Frames::open(&self.segments, holding).map_err(or_trimmed)?;
        let known = self.place.filter(|at| at.segment == holding && at.before.revision < self.next);
        if let Some(place) = known {
            (frames.offset, frames.before) = (place.offset, place.before);
        }
        Ok(frames)
    }

    /// Returns nothing more.
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

fn place_of(frames: &Frames) -> Place {
    let Frames { first, offset, before, .. } = *frames;
    Place { segment: first, offset, before, given: before }
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
            // After an error, the order of later changes is unknown.
            Err(_) => self.stop(),
        }
        Some(read)
    }
}
