//! How much of the journal is kept.
//!
//! A change is as old as the journal has [aged](super::point::Age) since it was appended. The journal ages
//! by the steps of the clock, and by one append no more than a quarter of the time that changes are kept
//! for. So history is never kept shorter because the clock jumped, once or now and then. It may be kept for
//! a few changes longer than was asked for: where no change came for longer than that quarter, as in a store
//! that was closed meanwhile, the journal has aged by the quarter only.

use std::sync::PoisonError;
use std::time::Duration;

use super::archive::Archive;
use super::point::Point;
use super::segments::Segments;
use crate::model::error::Result;

/// The longest step of the age where changes are kept for any time.
const LONGEST_STEP: Duration = Duration::from_secs(24 * 60 * 60);

/// How much of the journal is kept for those who read it; all of it by default.
///
/// A change may go once it is beyond either limit. Changes go a whole segment at a time, and never
/// one that the store itself still needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// The newest changes that are kept.
    pub(crate) keep_changes: Option<u64>,
    /// How long a change is kept.
    pub(crate) keep_for: Option<Duration>,
}

impl Retention {
    /// How much older a journal becomes with one append at most.
    pub(super) fn longest_step(self) -> Duration {
        self.keep_for.map_or(LONGEST_STEP, |age| age / 4)
    }
}

impl Segments {
    /// Removes the oldest segments as far as `retention` lets go of them and all they hold is
    /// below `needed`, the newest change that the state on disk does not need. `head` is where the journal
    /// ends. With an archive a segment goes only after it is there.
    ///
    /// It may be called from any thread while changes are appended.
    ///
    /// Cost: one synced removal a segment, and O(bytes) for those that are not in the archive yet.
    pub(crate) fn trim(
        &self,
        retention: Retention,
        needed: u64,
        head: Point,
        archive: Option<&Archive>,
    ) -> Result<()> {
        // One after the other, so that each removal is durable before the next one.
        let _alone = self.trimming.lock().unwrap_or_else(PoisonError::into_inner);
        self.sync_removals()?;
        let firsts = self.firsts();
        for (&first, &next) in firsts.iter().zip(firsts.iter().skip(1)) {
            if next > needed || !self.lets_go(retention, next, head)? {
                break;
            }
            if let Some(archive) = archive {
                archive.keep(self, first, next)?;
            }
            if !self.remove(first)? {
                break;
            }
        }
        Ok(())
    }

    /// Whether the changes before the segment `next` may go, of a journal that ends at `head`.
    fn lets_go(&self, retention: Retention, next: u64, head: Point) -> Result<bool> {
        let newer = head.revision.saturating_add(1).saturating_sub(next);
        if retention.keep_changes.is_some_and(|changes| newer >= changes) {
            return Ok(true);
        }
        let Some(keep_for) = retention.keep_for else { return Ok(false) };
        let age = self.point_before(next)?.age;
        Ok(Duration::from_millis(head.age.millis.saturating_sub(age.millis)) > keep_for)
    }
}
