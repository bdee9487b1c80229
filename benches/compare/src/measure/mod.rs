//! The rows: a file for each group of them.

mod batches;
mod beside;
mod concurrent;
mod deletion;
mod held;
mod memory;
mod opening;
mod reads;
mod scattered;
mod sets;
mod tail;

use crate::Result;
use crate::bench::Bench;

/// Measures every selected row.
///
/// Rows that kill a process come last, as they leave the stores in the state after a crash.
pub(crate) fn all(bench: &mut Bench) -> Result<()> {
    batches::measure(bench)?;
    scattered::measure(bench)?;
    held::measure(bench)?;
    concurrent::measure(bench)?;
    reads::measure(bench)?;
    beside::measure(bench)?;
    sets::measure(bench)?;
    deletion::measure(bench)?;
    tail::measure(bench)?;
    memory::measure(bench)?;
    opening::measure_clean(bench)?;
    opening::measure_crash(bench)
}
