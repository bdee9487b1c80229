//! When backlinks are folded into the posting lists.
//!
//! A fold begins when enough changes of backlinks wait, or some wait for long, and goes on in
//! slices, one after each group of changes. Only the caller who led the group waits for it, and for
//! no more than is in proportion to the group, which is also more than what it added: so the tail
//! stays bounded.

use std::time::Instant;

use super::Open;
use super::writer::Writer;
use crate::model::error::Result;
use crate::options::Options;
use crate::storage::contain;
use crate::trace;

/// A slice has at least this many times the keys of the group before it, or what it added where that
/// is more, so that a fold ends long before the next one is due, and most groups have none behind
/// them.
const FASTER: usize = 4;

/// How many changes are folded at once where nobody waits.
const ALL_AT_ONCE: usize = 16_384;

impl Writer {
    /// Folds one slice, if that is due after a group that walked `keys` keys; those are no fewer
    /// than what it added to the tail.
    pub(super) fn fold_some(&mut self, open: &Open, options: &Options, keys: u64) -> Result<()> {
        if !self.is_fold_due(open, options) {
            return Ok(());
        }
        let added = usize::try_from(keys).unwrap_or(usize::MAX);
        self.fold(open, options.fold_changes.max(added.saturating_mul(FASTER)))
    }

    /// Whether enough changes of backlinks wait, or some of them for long: the journal keeps all
    /// changes since the first that waits, and opening after a crash reads them, links or not.
    fn is_fold_due(&self, open: &Open, options: &Options) -> bool {
        let tail = open.state.tail();
        let since = self.head(open).saturating_sub(open.state.folded_to());
        let long = !tail.is_empty() && since >= options.tail_changes as u64;
        long || tail.is_fold_due(options.tail_changes)
    }

    /// Folds all there is.
    ///
    /// Cost: O(changes of backlinks that wait · log rows).
    pub(super) fn fold_all(&mut self, open: &Open) -> Result<()> {
        while !open.state.tail().is_empty() {
            self.fold(open, ALL_AT_ONCE)?;
        }
        Ok(())
    }

    /// Folds a slice in a transaction of its own. It is not in the journal: a crash takes it back
    /// or leaves it, and either is right.
    fn fold(&mut self, open: &Open, changes: usize) -> Result<()> {
        let (since, span) = (Instant::now(), trace::fold());
        let begun = contain(|| open.state.begin());
        let transaction = self.or_stop(begun)?;
        let folded = contain(|| {
            let mut tables = transaction.tables()?;
            let folded = tables.fold(changes)?;
            Ok((folded, tables.finish()?))
        });
        match self.or_stop(folded) {
            Ok((backlinks, finished)) => {
                let rows = finished.rows();
                let shown = contain(|| transaction.commit(finished));
                self.or_stop(shown)?;
                self.work.add(rows, 0);
                self.gauges.note(open, self.work);
                let waiting = open.state.shown().1;
                trace::folded(&span, backlinks, waiting, rows, since.elapsed());
                Ok(())
            }
            Err(error) => {
                self.abort(transaction);
                Err(error)
            }
        }
    }
}
