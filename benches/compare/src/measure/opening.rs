//! `open_N`, `open_N_crash`: from a closed store to the first answer, after a clean close and after a kill of its
//! process.

use crate::Result;
use crate::bench::Bench;
use crate::crash::Crash;
use crate::fleet::{Member, time};
use crate::row::Unit;
use crate::times::Times;
use crate::workload::size_name;

/// Closes and opens the stores.
pub(super) fn measure_clean(bench: &mut Bench) -> Result<()> {
    let name = format!("open_{}", size_name(bench.workload.links()));
    if !bench.plan.wants([&name]) {
        return Ok(());
    }
    let mut times = Times::default();
    for _ in 0..bench.plan.openings {
        let number = bench.workload.some_view(&mut bench.random);
        let view = bench.workload.view(number);
        let key: String = bench.workload.linked_keys(&mut bench.random, number, 1).concat();
        bench.fleet.each(&name, &mut times, |member| {
            member.close()?;
            time(|| open_and_ask(member, &view, &key))
        })?;
    }
    bench.add_medians(name, Unit::Ms, &times);
    Ok(())
}

/// Another process changes the stores and is killed when it reports that it is done; then the stores are opened. All
/// acknowledged changes must be there.
pub(super) fn measure_crash(bench: &mut Bench) -> Result<()> {
    let name = format!("open_{}_crash", size_name(bench.workload.links()));
    if !bench.plan.wants([&name]) {
        return Ok(());
    }
    let mut times = Times::default();
    for _ in 0..bench.plan.crashes {
        let crash = Crash::new(bench.workload, bench.random.next(), bench.fleet.clock().now());
        let (view, key) = crash.last_link();
        bench.fleet.each(&name, &mut times, |member| {
            member.close()?;
            crash.provoke(member.kind(), member.dir())?;
            time(|| match open_and_ask(member, &view, &key)? {
                true => Ok(()),
                false => Err("a change was lost that had been acknowledged".into()),
            })
        })?;
        bench.fleet.clock().set(crash.end());
    }
    bench.add_medians(name, Unit::Ms, &times);
    Ok(())
}

fn open_and_ask(member: &mut Member, view: &str, key: &str) -> Result<bool> {
    member.open()?;
    let mut linked = false;
    member.engine()?.read(&mut |reader| {
        linked = reader.is_linked(view, key)?;
        Ok(())
    })?;
    Ok(linked)
}
