//! `link_1000_random`, `is_linked_random`: the same as without `random`, for views that do not profit from a store's
//! numbering of resources.

use crate::Result;
use crate::bench::Bench;
use crate::row::Unit;
use crate::times::Times;
use crate::workload::PER_VIEW;

use super::reads;

const LINK: &str = "link_1000_random";
const IS_LINKED: &str = "is_linked_random";

/// The number of such views.
const VIEWS: u64 = 10;

/// Makes the views, measures, and deletes them.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    if !bench.plan.wants([LINK, IS_LINKED]) {
        return Ok(());
    }
    let unused = &mut Times::default();
    for number in 0..VIEWS {
        let (view, keys) = (name(number), bench.workload.random_keys(number));
        bench.fleet.time_each("create", unused, |engine| engine.create_view(&view))?;
        bench.fleet.change_each("fill", unused, &keys, |engine, keys| engine.link(&view, keys))?;
    }
    link(bench)?;
    reads::ask(bench, IS_LINKED, questions, |reader, (view, key)| reader.is_linked(view, key))?;
    for number in 0..VIEWS {
        let view = name(number);
        bench.fleet.time_each("delete", unused, |engine| engine.delete_view(&view))?;
    }
    Ok(())
}

fn name(number: u64) -> String {
    format!("random-{number}")
}

fn link(bench: &mut Bench) -> Result<()> {
    if !bench.plan.wants([LINK]) {
        return Ok(());
    }
    let mut times = Times::default();
    for _ in 0..bench.plan.scattered {
        let number = bench.random.below(VIEWS);
        let view = name(number);
        let keys = bench.workload.random_new_keys(&mut bench.random, number, PER_VIEW);
        let fleet = &mut bench.fleet;
        fleet.change_each(LINK, &mut times, &keys, |engine, keys| engine.link(&view, keys))?;
        let unlink = &mut Times::default();
        fleet.change_each("unlink", unlink, &keys, |engine, keys| engine.unlink(&view, keys))?;
    }
    bench.add_medians(LINK, Unit::Us, &times);
    Ok(())
}

/// Every other question is about a key that the view has.
fn questions(bench: &mut Bench) -> Vec<(String, String)> {
    let question = |turn: u32| {
        let number = bench.random.below(VIEWS);
        let key = match turn % 2 {
            0 => {
                let mut keys = bench.workload.random_keys(number);
                let place = bench.random.below(PER_VIEW);
                keys.swap_remove(usize::try_from(place).unwrap_or_default())
            }
            _ => bench.workload.random_new_keys(&mut bench.random, number, 1).concat(),
        };
        (name(number), key)
    };
    (0..200).map(question).collect()
}
