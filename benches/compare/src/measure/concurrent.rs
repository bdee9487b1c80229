//! `concurrent_N`: N threads that unlink one key a call, all at once.

use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::Bench;
use crate::engine::Engine;
use crate::row::{Row, Unit};
use crate::times::{Times, median};

/// Threads, and how many calls each of them makes.
const CROWDS: [(u32, u32); 2] = [(32, 24), (128, 6)];

/// Unlinks from many threads and links everything again.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    for (threads, calls) in CROWDS {
        let name = format!("concurrent_{threads}");
        if !bench.plan.wants([&name]) {
            continue;
        }
        let mut times = Times::default();
        for _ in 0..bench.plan.concurrent {
            round(bench, threads, calls, &mut times)?;
        }
        let times = times.summary(median);
        let row = Row::of_times(name, bench.workload.links(), Unit::Us, times);
        bench.add(row.with_sqlite());
    }
    Ok(())
}

fn round(bench: &mut Bench, threads: u32, calls: u32, times: &mut Times) -> Result<()> {
    let number = bench.workload.some_view(&mut bench.random);
    let view = bench.workload.view(number);
    let count = threads * calls;
    let keys = bench.workload.linked_keys(&mut bench.random, number, count.into());
    bench.fleet.each("unlink at once", times, |member| {
        let engine = member.engine()?;
        Ok((unlink_at_once(engine, &view, &keys, calls as usize)? / count, ()))
    })?;
    let link = |engine: &dyn Engine, keys| engine.link(&view, keys);
    bench.fleet.change_each("link again", &mut Times::default(), &keys, link)
}

/// The time from the first call to the end of the last one, without the making and ending of
/// threads.
fn unlink_at_once(
    engine: &dyn Engine,
    view: &str,
    keys: &[String],
    calls: usize,
) -> Result<Duration> {
    let shares = keys.chunks(calls);
    let start = Barrier::new(shares.len());
    let spans = thread::scope(|scope| {
        let unlink = |share: &'_ [String]| {
            let requests: Vec<_> = share.iter().map(|key| vec![key.clone()]).collect();
            let start = &start;
            scope.spawn(move || {
                start.wait();
                let begin = Instant::now();
                requests.into_iter().try_for_each(|keys| unlink_one(engine, view, keys))?;
                Ok((begin, Instant::now()))
            })
        };
        let workers: Vec<ScopedJoinHandle<'_, Result<_>>> = shares.map(unlink).collect();
        let span = |worker: ScopedJoinHandle<'_, Result<_>>| {
            worker.join().map_err(|_| "a thread panicked")?
        };
        workers.into_iter().map(span).collect::<Result<Vec<(Instant, Instant)>>>()
    })?;
    let begin = spans.iter().map(|(begin, _)| *begin).min();
    let end = spans.iter().map(|(_, end)| *end).max();
    Ok(begin.zip(end).map(|(begin, end)| end - begin).unwrap_or_default())
}

fn unlink_one(engine: &dyn Engine, view: &str, keys: Vec<String>) -> Result<()> {
    match engine.unlink(view, keys)?.as_slice() {
        [true] => Ok(()),
        _ => Err("a key was not linked".into()),
    }
}
