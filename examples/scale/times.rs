//! Times of calls, and the memory of the process.

use std::time::{Duration, Instant};

/// The times of calls, in seconds. They use little memory, since the memory of the process is also measured.
#[derive(Default)]
pub(crate) struct Times(Vec<f32>);

impl Times {
    pub(crate) fn take<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let made = act();
        self.0.push(begun.elapsed().as_secs_f32());
        made
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn at(&self, part: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let seconds = self.0.get((last as f64 * part).round() as usize).copied();
        Duration::from_secs_f32(seconds.unwrap_or_default())
    }

    pub(crate) fn print(mut self, what: &str) {
        self.0.sort_unstable_by(f32::total_cmp);
        let [median, p99, worst] = [0.5, 0.99, 1.0].map(|part| self.at(part));
        println!(
            "{what:<44} {median:>12.1?} {p99:>12.1?} p99 {worst:>12.1?} worst of {}",
            self.0.len()
        );
    }
}

/// Runs a function and prints its duration.
pub(crate) fn timed<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let made = act();
    println!("{what:<44} {:>12.1?}", begun.elapsed());
    made
}

pub(crate) fn print(what: &str, value: impl std::fmt::Display) {
    println!("{what:<44} {value:>12}");
}

/// The memory of the process, in MB; 0 if the system does not report it.
pub(crate) fn resident() -> u64 {
    const PAGE: u64 = 4_096;
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE / 1_000_000
}

/// Spreads numbers over 64 bits (the finalizer of `SplitMix64`), so that keys are not in order.
pub(crate) const fn scatter(number: u64) -> u64 {
    let z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

/// A key of 20 bytes.
pub(crate) fn flag(number: u64) -> String {
    format!("flag-{:015x}", scatter(number) >> 4)
}
