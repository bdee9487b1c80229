//! Reading changes in order, also while others append.

use std::sync::Arc;

use super::frames::{Frames, went_another_way};
use super::group::Group;
use super::point::Point;
use super::segments::Segments;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result, StoreFile};

/// The payloads of a range of revisions, in order. It checks each against the chain of hashes.
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
    frames: Option<Frames>,
    /// What is left of the group that was read last, and where it stands.
    group: Option<(Group, Place)>,
    /// Where the journal stands after the change that was given last.
    given: Option<Point>,
}

/// Where a group stands, or the next one will: whoever goes on there need not look for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The first revision of the segment.
    segment: u64,
    offset: u64,
    /// Where the journal stands before the group at `offset`.
    before: Point,
    /// The same after the change that was given last, which may be one of the group.
    given: Point,
}

impl Reader {
    /// The changes `from..=end`; the caller knows that `end` is committed.
    ///
    /// # Errors
    ///
    /// [`Error::JournalTrimmed`] when the journal no longer keeps `from`.
    pub(crate) fn new(segments: Arc<Segments>, from: u64, end: u64) -> Result<Self> {
        let (next, place, frames, group, given) = (from.max(1), None, None, None, None);
        let reader = Self { segments, next, end, place, frames, group, given };
        if reader.next <= end {
            reader.check_kept()?;
        }
        Ok(reader)
    }

    /// The same reader; where it finds the segment of `place`, which another one of the same
    /// segments told, it begins to look there.
    pub(crate) fn starting_at(mut self, place: Option<Place>) -> Self {
        self.given = place.map(|at| at.given).filter(|given| given.revision + 1 == self.next);
        self.place = place;
        self
    }

    /// Where the group of the next change stands, once a change was read.
    pub(crate) fn place(&self) -> Option<Place> {
        let known = match (&self.group, &self.frames) {
            (Some((group, place)), _) if !group.changes.is_empty() => Some(*place),
            (_, Some(frames)) => Some(place_of(frames)),
            _ => self.place,
        };
        known.map(|place| Place { given: self.given.unwrap_or(place.given), ..place })
    }

    /// The chain hash after the change that was given last; `None` when none was, by this reader or by the
    /// one that told its place.
    pub(crate) fn hash(&self) -> Option<ChainHash> {
        self.given.map(|given| given.hash)
    }

    /// The mark beside the changes up to the one that was given last; `None` in the middle of a group.
    pub(crate) fn mark(&self) -> Option<&[u8]> {
        let (group, _) = self.group.as_ref()?;
        group.changes.is_empty().then_some(&*group.mark)
    }

    /// The changes that are left, in the groups they were appended in. Of the first and the last one only
    /// what was asked for is there.
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

    /// Reads the group of the next change; what is left of it has that change.
    fn read_group(&mut self) -> Result<(Group, Place)> {
        self.segments.check_current()?;
        let behind = self.frames.as_ref().and_then(|at| self.segments.around(at.first).1);
        // What a segment holds from the next one's first revision on does not exist.
        if self.frames.is_none() || behind.is_some_and(|behind| behind <= self.next) {
            self.frames = Some(self.open_frames()?);
        }
        // Where the segments behind this one were removed meanwhile, it ends too early.
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
            return Err(went_another_way(frames.first, self.next));
        }
        group.clip(self.next, self.end);
        if group.changes.is_empty() { Err(unreadable) } else { Ok((group, place)) }
    }

    fn open_frames(&self) -> Result<Frames> {
        let or_trimmed = |error| self.check_kept().err().unwrap_or(error);
        let holding = self.segments.around(self.next).0;
        let holding = holding.ok_or_else(|| or_trimmed(self.unreadable()))?;
        // It may have been removed since.
        let mut frames = Frames::open(&self.segments, holding).map_err(or_trimmed)?;
        let known = self.place.filter(|at| at.segment == holding && at.before.revision < self.next);
        if let Some(place) = known {
            (frames.offset, frames.before) = (place.offset, place.before);
        }
        Ok(frames)
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
            // Nothing behind an error is in order any more.
            Err(_) => self.stop(),
        }
        Some(read)
    }
}
