//! The results of the images of a run, and where the crashes were.

use std::collections::BTreeMap;
use std::fmt;

use viewlink::testing::{CallKind, DiskCall};

use crate::verdict::Verdict;

/// The number of failures that are shown completely.
const TOLD: usize = 5;

/// The step during which a crash happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Appending,
    /// A segment is filled under its temporary name.
    BuildingASegment,
    /// The same before it is needed.
    BuildingASegmentAhead,
    /// It gets its name.
    NamingASegment,
    DeletingASegment,
    CuttingASegment,
    /// A segment is copied into the archive.
    Archiving,
    WritingACheckpoint,
    /// All of it is written, but not synced.
    SyncingACheckpoint,
    /// It is synced, and replaces the previous one.
    NamingACheckpoint,
    /// It has its name, which is not synced.
    SyncingTheNameOfACheckpoint,
    Elsewhere,
}

impl Place {
    /// The steps that every run of the tests must contain.
    pub(crate) const ALL: [Self; 11] = [
        Self::Appending,
        Self::BuildingASegment,
        Self::BuildingASegmentAhead,
        Self::NamingASegment,
        Self::DeletingASegment,
        Self::CuttingASegment,
        Self::Archiving,
        Self::WritingACheckpoint,
        Self::SyncingACheckpoint,
        Self::NamingACheckpoint,
        Self::SyncingTheNameOfACheckpoint,
    ];

    /// Whether a segment is being created.
    pub(crate) const fn is_new_segment(self) -> bool {
        matches!(self, Self::BuildingASegment | Self::BuildingASegmentAhead | Self::NamingASegment)
    }

    /// The step in which the power is lost, before `next` and after `last`.
    pub(crate) fn of(last: Option<&DiskCall>, next: Option<&DiskCall>) -> Self {
        let Some(next) = next else { return Self::Elsewhere };
        let last_kind = last.map(|call| call.kind);
        match (next.kind, &*next.name) {
            (_, name) if name.starts_with("archive") => Self::Archiving,
            (CallKind::Remove, name) if name.ends_with(".log") => Self::DeletingASegment,
            (CallKind::SyncDir, "journal") if last_kind == Some(CallKind::Remove) => {
                Self::DeletingASegment
            }
            (CallKind::Rename, name) if name.starts_with("journal/") => Self::NamingASegment,
            (CallKind::SyncDir, "journal") => Self::NamingASegment,
            (_, "journal/unfinished") => Self::BuildingASegment,
            (_, "journal/ahead") => Self::BuildingASegmentAhead,
            (CallKind::SetLen, name) if name.starts_with("journal/") => Self::CuttingASegment,
            (_, name) if name.starts_with("journal/") => Self::Appending,
            (CallKind::Sync, "unfinished.redb") => Self::SyncingACheckpoint,
            (_, "unfinished.redb") => Self::WritingACheckpoint,
            (CallKind::Rename, "checkpoint.redb") => Self::NamingACheckpoint,
            (CallKind::SyncDir, "") if last.is_some_and(|last| last.name == "checkpoint.redb") => {
                Self::SyncingTheNameOfACheckpoint
            }
            _ => Self::Elsewhere,
        }
    }

    /// Whether much or little may be left after a crash here; then the power is lost more often.
    pub(crate) const fn is_of_note(self) -> bool {
        !matches!(self, Self::WritingACheckpoint | Self::SyncingACheckpoint | Self::Elsewhere)
    }
}

/// Counts of images.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) images: u64,
    /// Images that could not be opened.
    pub(crate) lost: u64,
    pub(crate) refused: u64,
    pub(crate) torn: u64,
    /// Images that were made while another one recovered.
    pub(crate) in_recovery: u64,
    /// Those of them that were made while it built and named its new segment.
    pub(crate) fresh_segment: u64,
    /// Images that were made when a new segment followed a full one.
    pub(crate) rotating: u64,
    pub(crate) killed: u64,
    /// Those of them between the write of a record and its sync; then the power was lost at each later call.
    pub(crate) followed: u64,
    /// Images that were made while a store was opened.
    pub(crate) opening: u64,
    /// Images that were first opened read-only.
    pub(crate) only_read: u64,
    /// Images whose archive was compared with their journal.
    pub(crate) archives: u64,
    /// Changes with the position that was acknowledged.
    pub(crate) positions: u64,
    pub(crate) shared_syncs: usize,
    pub(crate) places: BTreeMap<Place, u64>,
    /// The first lost or torn images.
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
        self.opening += other.opening;
        self.only_read += other.only_read;
        self.archives += other.archives;
        self.positions += other.positions;
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
