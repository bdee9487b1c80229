//! `concurrent_N`: N threads that each unlink one key per call, all at once. `limit_wake_N`: as many threads that sleep
//! and are woken as often, and do nothing.

use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::Bench;
use crate::engine::{Engine, Kind};
use crate::row::{Row, Unit};
use crate::times::{Times, median};

/// The number of threads, the calls of each, and the number of views.
const CROWDS: [(u32, u32, u32); 3] = [(32, 24, 1), (128, 6, 1), (512, 6, 4)];
/// The number of threads for which the limit is measured.
const LIMITED: u32 = 128;

/// Keys of a view.
type Share = (String, Vec<String>);

/// Unlinks from many threads and links everything again.
pub(super) fn measure(bench: &mut Bench) -> Result<()> {
    for (threads, calls, views) in CROWDS {
        let name = format!("concurrent_{threads}");
        if !bench.plan.wants([&name]) {
            continue;
        }
        let (mut times, mut limit) = (Times::default(), Vec::new());
        for _ in 0..bench.plan.concurrent {
            round(bench, threads * calls, calls, views, &mut times)?;
            if threads == LIMITED {
                limit.push(wake_at_once(threads, calls) / (threads * calls));
            }
        }
        let times = times.summary(median);
        let viewlink =
            times.iter().find(|(kind, _)| *kind == Kind::Viewlink).map(|(_, time)| *time);
        let row = Row::of_times(name, bench.workload.links(), Unit::Us, times);
        bench.add(row.with_sqlite());
        if let Some(viewlink) = viewlink.filter(|_| threads == LIMITED) {
            let name = format!("limit_wake_{threads}");
            bench.add(Row::of_limit(name, bench.workload.links(), viewlink, median(&limit)));
        }
    }
    Ok(())
}

fn round(bench: &mut Bench, count: u32, calls: u32, views: u32, times: &mut Times) -> Result<()> {
    let first = bench.workload.some_view(&mut bench.random);
    let shares: Vec<Share> = (0..u64::from(views))
        .map(|next| {
            let number = bench.workload.view_after(first, next);
            let each = u64::from(count / views);
            let keys = bench.workload.linked_keys(&mut bench.random, number, each);
            (bench.workload.view(number), keys)
        })
        .collect();
    bench.fleet.each("unlink at once", times, |member| {
        let engine = member.engine()?;
        Ok((unlink_at_once(engine, &shares, calls as usize)? / count, ()))
    })?;
    for (view, keys) in &shares {
        let link = |engine: &dyn Engine, keys| engine.link(view, keys);
        bench.fleet.change_each("link again", &mut Times::default(), keys, link)?;
    }
    Ok(())
}

/// The time for which threads wait for each other in so many rounds: in each round all but the last one sleep, and are
/// woken together.
fn wake_at_once(threads: u32, calls: u32) -> Duration {
    let rounds = Barrier::new(threads as usize);
    let spans = thread::scope(|scope| {
        let wait = || {
            rounds.wait();
            let begin = Instant::now();
            (0..calls).for_each(|_| _ = rounds.wait());
            (begin, Instant::now())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(wait)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect::<Vec<_>>()
    });
    span(&spans)
}

/// The time from the first beginning to the last end.
fn span(spans: &[(Instant, Instant)]) -> Duration {
    let begin = spans.iter().map(|(begin, _)| *begin).min();
    let end = spans.iter().map(|(_, end)| *end).max();
    begin.zip(end).map(|(begin, end)| end - begin).unwrap_or_default()
}

/// The time from the first call to the end of the last one, without starting and ending threads.
fn unlink_at_once(engine: &dyn Engine, shares: &[Share], calls: usize) -> Result<Duration> {
    let of_threads: Vec<(&String, &[String])> = shares
        .iter()
        .flat_map(|(view, keys)| keys.chunks(calls).map(move |keys| (view, keys)))
        .collect();
    let start = Barrier::new(of_threads.len());
    let spans = thread::scope(|scope| {
        let unlink = |(view, keys): (&'_ String, &'_ [String])| {
            let view = view.clone();
            let requests: Vec<_> = keys.iter().map(|key| vec![key.clone()]).collect();
            let start = &start;
            scope.spawn(move || {
                start.wait();
                let begin = Instant::now();
                requests.into_iter().try_for_each(|keys| unlink_one(engine, &view, keys))?;
                Ok((begin, Instant::now()))
            })
        };
        let workers: Vec<ScopedJoinHandle<'_, Result<_>>> =
            of_threads.into_iter().map(unlink).collect();
        let times = |worker: ScopedJoinHandle<'_, Result<_>>| {
            worker.join().map_err(|_| "a thread panicked")?
        };
        workers.into_iter().map(times).collect::<Result<Vec<(Instant, Instant)>>>()
    })?;
    Ok(span(&spans))
}

fn unlink_one(engine: &dyn Engine, view: &str, keys: Vec<String>) -> Result<()> {
    match engine.unlink(view, keys)?.as_slice() {
        [true] => Ok(()),
        _ => Err("a key was not linked".into()),
    }
}
