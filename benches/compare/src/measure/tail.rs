//! `p99_commit_100`, `worst_commit_100`: the slow ones of many commits, including the background work of the engines.

use crate::Result;
use crate::bench::Bench;
use crate::row::{Row, Unit};
use crate::times::{Times, percentile, worst};

const NAMES: [&str; 2] = ["p99_commit_100", "worst_commit_100"];

/// Links 100 keys to a view and unlinks them again, many times.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    if !bench.plan.wants(NAMES) {
        return Ok(());
    }
    let mut times = Times::default();
    for _ in 0..bench.plan.tail / 2 {
        let number = bench.workload.some_view(&mut bench.random);
        let view = bench.workload.view(number);
        let keys = bench.workload.new_keys(&mut bench.random, number, 100);
        let fleet = &mut bench.fleet;
        fleet.change_each("link", &mut times, &keys, |engine, keys| engine.link(&view, keys))?;
        fleet
            .change_each("unlink", &mut times, &keys, |engine, keys| engine.unlink(&view, keys))?;
    }
    let links = bench.workload.links();
    let [p99_name, worst_name] = NAMES;
    let p99 = times.summary(|times| percentile(times, 99));
    bench.add(Row::of_times(p99_name, links, Unit::Us, p99));
    bench.add(Row::of_times(worst_name, links, Unit::Us, times.summary(worst)));
    Ok(())
}
