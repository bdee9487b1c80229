//! `intersect_2x100k`, `views_with_all_of_10`, `unassigned_100k`: queries over sets, on separate stores.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::Bench;
use crate::row::{Row, Unit};
use crate::sets::{self, Fixture, Question};

/// Measures the questions.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    let all = (0..10).collect();
    ask(bench, "intersect_2x100k", Fixture::two_large_views, &Question::InBoth([0, 1]))?;
    ask(bench, "views_with_all_of_10", Fixture::many_views, &Question::WithAll(all))?;
    ask(bench, "unassigned_100k", Fixture::registry, &Question::Unassigned)
}

/// Asks every store the question in each round, and compares the answers.
fn ask(
    bench: &mut Bench,
    name: &str,
    fixture: fn(u64) -> Fixture,
    question: &Question,
) -> Result<()> {
    if !bench.plan.wants([name]) {
        return Ok(());
    }
    let fixture = fixture(bench.workload.seed());
    let dir = tempfile::tempdir_in(&bench.dir)?;
    let stores = sets::open(dir.path(), &fixture)?;
    let mut times: Vec<Vec<Duration>> = stores.iter().map(|_| Vec::new()).collect();
    for _ in 0..bench.plan.sets {
        let mut expected = None;
        for ((store_name, store), times) in stores.iter().zip(&mut times) {
            let begin = Instant::now();
            let found = store.ask(question)?;
            times.push(begin.elapsed());
            let expected = expected.get_or_insert_with(|| format!("{found:?}"));
            if *expected != format!("{found:?}") {
                return Err(format!("{name}: {store_name} finds {found:?}, not {expected}").into());
            }
        }
    }
    // If a store is asked in two ways, the faster one counts.
    let mut numbers = BTreeMap::<&str, f64>::new();
    for ((store_name, _), times) in stores.iter().zip(times) {
        let median = Unit::Us.of(median(times));
        let best = numbers.entry(store_name).or_insert(median);
        *best = best.min(median);
    }
    let row = Row::of_named(name, fixture.links(), Unit::Us, numbers).with_sqlite();
    bench.add(row);
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
