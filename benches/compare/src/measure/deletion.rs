//! `delete_view_1000`: a view with all its links.

use crate::Result;
use crate::bench::Bench;
use crate::row::Unit;
use crate::times::Times;
use crate::workload::PER_VIEW;

const NAME: &str = "delete_view_1000";

/// Fills a new view with resources of other views, and deletes it.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    if !bench.plan.wants([NAME]) {
        return Ok(());
    }
    let mut times = Times::default();
    for round in 0..bench.plan.deletions {
        let view = format!("short-lived-{round}");
        let keys = bench.workload.some_keys(&mut bench.random, PER_VIEW);
        let mut unused = Times::default();
        bench.fleet.time_each("create", &mut unused, |engine| engine.create_view(&view))?;
        bench
            .fleet
            .change_each("fill", &mut unused, &keys, |engine, keys| engine.link(&view, keys))?;
        bench.fleet.time_each(NAME, &mut times, |engine| engine.delete_view(&view))?;
    }
    bench.add_medians(NAME, Unit::Us, &times);
    Ok(())
}
