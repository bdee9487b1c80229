//! `memory_per_link`: the memory of a process with an open store.

use crate::Result;
use crate::bench::{Bench, for_each_link};
use crate::memory;
use crate::row::{Row, Unit};

const NAME: &str = "memory_per_link";

/// Makes one more store of each kind, which only a separate process opens.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    if !bench.plan.wants([NAME]) {
        return Ok(());
    }
    let links = bench.workload.links();
    let mut numbers = Vec::new();
    for kind in bench.fleet.kinds() {
        let dir = tempfile::tempdir_in(&bench.dir)?;
        let bytes = memory::measure(kind, bench.workload, dir.path());
        let bytes = bytes.map_err(|error| format!("{NAME}, {}: {error}", kind.name()))?;
        numbers.push((kind, for_each_link(bytes, links)));
    }
    bench.add(Row::of_engines(NAME, links, Unit::Bytes, numbers));
    Ok(())
}
