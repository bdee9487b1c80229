//! How much of the journal is kept.

use std::time::Duration;

use super::Journal;
use crate::model::error::Result;
use crate::model::time::Timestamp;

/// How much of the journal is kept for those who read it.
///
/// A change may go once it is beyond either limit. Changes go a whole segment at a time, and never
/// one that the store itself still needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    /// The newest changes that are kept.
    pub(crate) changes: Option<u64>,
    /// How old a change may become, against the newest one.
    pub(crate) age: Option<Duration>,
}

impl Journal {
    /// Removes the oldest segments as far as `retention` lets go of them and all they hold is
    /// below `needed`, the newest change that the state on disk does not need.
    ///
    /// Cost: one synced removal a segment.
    pub(crate) fn trim(&self, retention: Retention, needed: u64, now: Timestamp) -> Result<()> {
        self.segments.sync_removals()?;
        let firsts = self.segments.firsts();
        for (&first, &next) in firsts.iter().zip(firsts.iter().skip(1)) {
            let newest = next - 1;
            if newest >= needed || !self.lets_go(retention, newest, next, now)? {
                break;
            }
            if !self.segments.remove(first)? {
                break;
            }
        }
        Ok(())
    }

    /// Whether the change `newest`, the last one before the segment `next`, may go.
    fn lets_go(
        &self,
        retention: Retention,
        newest: u64,
        next: u64,
        now: Timestamp,
    ) -> Result<bool> {
        if retention.changes.is_some_and(|changes| self.head - newest >= changes) {
            return Ok(true);
        }
        let Some(age) = retention.age else {
            return Ok(false);
        };
        let (_, header) = self.segments.load(next)?;
        Ok(header.base_time.saturating_add(age) < now)
    }
}
