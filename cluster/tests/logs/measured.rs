//! The speed of logs. Each row is one line of JSON:
//!
//! `cargo test -p viewlink-cluster --all-features --test logs measured -- --ignored --nocapture --test-threads 1`

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use viewlink_cluster::{Appended, Log};

/// The length of an entry with one change of a few keys.
const BYTES: usize = 200;
const LASTING: Duration = Duration::from_secs(4);

/// Prints the rates of sequential appends, of appends from 32 threads, and of a reader that catches up.
pub(crate) fn measure(name: &str, log: &dyn Log, opened_again: &dyn Log) {
    let message = vec![7; BYTES];
    let mut took = appends(log, &message);
    row(name, "append, 1 thread", &mut took);
    let mut took: Vec<Duration> = thread::scope(|scope| {
        let writers: Vec<_> = (0..32).map(|_| scope.spawn(|| appends(log, &message))).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    row(name, "append, 32 threads", &mut took);
    let last = log.bounds().unwrap().last;
    let (begun, mut from) = (Instant::now(), 1);
    while from <= last {
        let some = opened_again.read(from, Duration::from_secs(1)).unwrap();
        from = some.last().map_or(from, |message| message.sequence + 1);
    }
    let rate = last as f64 / begun.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({ "log": name, "what": "catch-up", "messages": last, "per_second": rate.round() })
    );
}

fn appends(log: &dyn Log, message: &[u8]) -> Vec<Duration> {
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < LASTING {
        let one = Instant::now();
        assert!(matches!(log.append(None, message), Appended::At(_)));
        took.push(one.elapsed());
    }
    took
}

/// Prints the rate and the latencies of calls that were made during [`LASTING`].
pub(crate) fn row(name: &str, what: &str, took: &mut [Duration]) {
    took.sort_unstable();
    let at = |share: f64| {
        let place = ((took.len() - 1) as f64 * share) as usize;
        (took[place].as_secs_f64() * 1e6).round() / 1e3
    };
    let rate = (took.len() as f64 / LASTING.as_secs_f64()).round();
    let (p50, p99) = (at(0.5), at(0.99));
    println!(
        "{}",
        json!({ "log": name, "what": what, "per_second": rate, "p50_ms": p50, "p99_ms": p99 })
    );
}

/// How long each rate is measured.
#[cfg(feature = "jetstream")]
pub(crate) fn lasting() -> Duration {
    LASTING
}
