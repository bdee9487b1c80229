//! `memory_per_link`: what an open store takes of its process.

use crate::Result;
use crate::bench::{Bench, for_each_link};
use crate::memory;
use crate::row::{Row, Unit};

const NAME: &str = "memory_per_link";

/// Makes a store of each kind besides the others, which only a process of its own opens then.
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
