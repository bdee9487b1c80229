//! How much of the journal is kept.
//!
//! The age of a change is the [age](super::point::Age) that the journal gained since the change was appended. Each
//! append adds the time that the clock advanced since the previous append, but at most a quarter of the time that
//! changes are kept. So single jumps of the clock never shorten the history. Some changes may be kept longer than
//! requested: if no change came for longer than that quarter, as in a closed store, the journal has aged only by the
//! quarter.

use std::sync::PoisonError;
use std::time::Duration;

use super::archive::Archive;
use super::point::Point;
use super::segments::Segments;
use crate::model::error::Result;

/// The longest step of the age if changes are kept without a time limit.
const LONGEST_STEP: Duration = Duration::from_secs(24 * 60 * 60);

/// How much of the journal is kept for its readers; all of it by default.
///
/// A change may be removed when it exceeds either limit. Changes are removed one segment at a time, and never if the
/// store itself still needs them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// How many of the newest changes are kept.
    pub(crate) keep_changes: Option<u64>,
    /// How long a change is kept.
    pub(crate) keep_for: Option<Duration>,
}

impl Retention {
    /// The greatest age that one append adds.
    pub(super) fn longest_step(self) -> Duration {
        self.keep_for.map_or(LONGEST_STEP, |age| age / 4)
    }
}

impl Segments {
    /// Removes the oldest segments, as far as `retention` allows it and all their changes are older than `needed`, the
    /// revision of the state on disk. `head` is the end of the journal. With an archive, a segment is removed only
    /// after it is archived.
    ///
    /// Any thread may call this while changes are appended.
    ///
    /// Cost: one synced removal per segment, and O(bytes) for segments that are not archived yet.
    pub(crate) fn trim(
        &self,
        retention: Retention,
        needed: u64,
        head: Point,
        archive: Option<&Archive>,
    ) -> Result<()> {
        // One after another, so that each removal is durable before the next one.
        let _alone = self.trimming.lock().unwrap_or_else(PoisonError::into_inner);
        self.sync_removals()?;
        let firsts = self.firsts();
        for (&first, &next) in firsts.iter().zip(firsts.iter().skip(1)) {
            if next > needed || !self.may_remove_before(retention, next, head)? {
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

    /// Whether the changes before the segment `next` may be removed, in a journal that ends at `head`.
    fn may_remove_before(&self, retention: Retention, next: u64, head: Point) -> Result<bool> {
        let newer = head.revision.saturating_add(1).saturating_sub(next);
        if retention.keep_changes.is_some_and(|changes| newer >= changes) {
            return Ok(true);
        }
        let Some(keep_for) = retention.keep_for else { return Ok(false) };
        let age = self.point_before(next)?.age;
        Ok(Duration::from_millis(head.age.millis.saturating_sub(age.millis)) > keep_for)
    }
}
