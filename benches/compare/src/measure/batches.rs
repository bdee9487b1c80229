//! `link_N`, `unlink_N`: one batch of N keys. `limit_N`: the same bytes in one write and sync.

use std::time::Duration;

use crate::Result;
use crate::bench::Bench;
use crate::engine::Kind;
use crate::row::{Row, Unit};
use crate::times::{Times, median};

/// The sizes for which the limit is measured.
const LIMITED: [u64; 3] = [1, 100, 1_000];

/// Links keys that are new to a view and unlinks them again, so that the store keeps its size.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    for (size, rounds) in bench.plan.batches {
        let names = ["link", "unlink", "limit"].map(|name| format!("{name}_{size}"));
        if !bench.plan.wants(&names) {
            continue;
        }
        let [link_name, unlink_name, limit_name] = names;
        let (mut link, mut unlink) = (Times::default(), Times::default());
        let mut limit = Vec::new();
        for _ in 0..rounds {
            limit.push(round(bench, size, &mut link, &mut unlink)?);
        }
        bench.add_medians(link_name, Unit::Us, &link);
        bench.add_medians(unlink_name, Unit::Us, &unlink);
        if LIMITED.contains(&size) {
            add_limit(bench, limit_name, &unlink, &limit);
        }
    }
    Ok(())
}

/// One round on every engine, and on the disk alone.
fn round(bench: &mut Bench, size: u64, link: &mut Times, unlink: &mut Times) -> Result<Duration> {
    let number = bench.workload.some_view(&mut bench.random);
    let view = bench.workload.view(number);
    let keys = bench.workload.new_keys(&mut bench.random, number, size);
    bench.fleet.change_each("link", link, &keys, |engine, keys| engine.link(&view, keys))?;
    bench.fleet.change_each("unlink", unlink, &keys, |engine, keys| engine.unlink(&view, keys))?;
    bench.limit.append(keys.join("\n").as_bytes())
}

fn add_limit(bench: &mut Bench, name: String, unlink: &Times, limit: &[Duration]) {
    let medians = unlink.summary(median);
    if let Some((_, viewlink)) = medians.into_iter().find(|(kind, _)| *kind == Kind::Viewlink) {
        bench.add(Row::of_limit(name, bench.workload.links(), viewlink, median(limit)));
    }
}
