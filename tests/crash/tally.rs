//! What the images of a run came to, and where the crashes were.

use std::collections::BTreeMap;
use std::fmt;

use viewlink::testing::{CallKind, DiskCall};

use crate::verdict::Verdict;

/// How many failures are told in full.
const TOLD: usize = 5;

/// What a crash was in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Appending,
    /// A segment is filled under its temporary name.
    BuildingASegment,
    /// It gets its name.
    NamingASegment,
    DeletingASegment,
    CuttingASegment,
    /// A checkpoint, a fold or a change that finds no room in memory.
    WritingTheState,
    Elsewhere,
}

impl Place {
    /// Whether a segment is being made.
    pub(crate) const fn is_new_segment(self) -> bool {
        matches!(self, Self::BuildingASegment | Self::NamingASegment)
    }

    /// Where the power is lost that goes before `next` and after `last`.
    pub(crate) fn of(last: Option<&DiskCall>, next: Option<&DiskCall>) -> Self {
        let Some(next) = next else { return Self::Elsewhere };
        let last = last.map(|call| call.kind);
        match (next.kind, &*next.name) {
            (CallKind::Remove, _) => Self::DeletingASegment,
            (CallKind::SyncDir, "journal") if last == Some(CallKind::Remove) => {
                Self::DeletingASegment
            }
            (CallKind::Rename, name) if name.starts_with("journal/") => Self::NamingASegment,
            (CallKind::SyncDir, "journal") => Self::NamingASegment,
            (_, "journal/unfinished") => Self::BuildingASegment,
            (CallKind::SetLen, name) if name.starts_with("journal/") => Self::CuttingASegment,
            (_, name) if name.starts_with("journal/") => Self::Appending,
            (_, "state.redb") => Self::WritingTheState,
            _ => Self::Elsewhere,
        }
    }
}

/// Counts of images.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) images: u64,
    /// Those that could not be opened among them.
    pub(crate) lost: u64,
    pub(crate) refused: u64,
    pub(crate) torn: u64,
    /// Of the images how many were made while another one recovered.
    pub(crate) in_recovery: u64,
    /// Of these how many while it built and named its fresh segment.
    pub(crate) fresh_segment: u64,
    /// How many were made while a segment followed one that was full.
    pub(crate) rotating: u64,
    pub(crate) killed: u64,
    /// Of these how many between the write of a record and its sync, and then the power was lost at
    /// each call of those who came afterwards.
    pub(crate) followed: u64,
    pub(crate) shared_syncs: usize,
    pub(crate) places: BTreeMap<Place, u64>,
    /// The first of those that were lost or torn.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    pub(crate) fn count(&mut self, place: Place) {
        self.images += 1;
        *self.places.entry(place).or_default() += 1;
    }

    pub(crate) fn fail(&mut self, verdict: &Verdict, how: &str) {
        match verdict {
            Verdict::Refused(_) => (self.lost, self.refused) = (self.lost + 1, self.refused + 1),
            Verdict::Lost(_) => self.lost += 1,
            Verdict::Torn(_) => self.torn += 1,
        }
        if self.failures.len() < TOLD {
            self.failures.push(format!("{verdict}; {how}"));
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.images += other.images;
        self.lost += other.lost;
        self.refused += other.refused;
        self.torn += other.torn;
        self.in_recovery += other.in_recovery;
        self.fresh_segment += other.fresh_segment;
        self.rotating += other.rotating;
        self.killed += other.killed;
        self.followed += other.followed;
        self.shared_syncs += other.shared_syncs;
        for (place, count) in other.places {
            *self.places.entry(place).or_default() += count;
        }
        self.failures.extend(other.failures);
        self.failures.truncate(TOLD);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { images, lost, torn, .. } = self;
        write!(f, "{images} images, {lost} lost, {torn} torn")
    }
}
