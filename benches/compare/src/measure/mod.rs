//! The rows: a file for each group of them.

mod batches;
mod concurrent;
mod deletion;
mod opening;
mod reads;
mod tail;

use crate::Result;
use crate::bench::Bench;

/// Measures every row that is wanted.
///
/// Those that kill a process come last, as they leave the stores as a crash does.
pub(crate) fn all(bench: &mut Bench) -> Result<()> {
    batches::measure(bench)?;
    concurrent::measure(bench)?;
    reads::measure(bench)?;
    deletion::measure(bench)?;
    tail::measure(bench)?;
    opening::measure_clean(bench)?;
    opening::measure_crash(bench)
}
