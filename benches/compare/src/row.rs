//! A row of the results: one measurement, on every engine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::Kind;
use crate::workload::size_name;

/// One measurement. Less is better, in every unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// The name of the measurement.
    pub(crate) name: String,
    /// How many links the store had.
    pub(crate) links: u64,
    /// The unit of the numbers.
    pub(crate) unit: Unit,
    /// The result of viewlink.
    pub(crate) viewlink: f64,
    /// The results of the others, by engine.
    pub(crate) peers: BTreeMap<String, f64>,
    /// The result of the disk alone, for a row that compares viewlink with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<f64>,
    /// The best of the others divided by viewlink. With a limit: viewlink divided by the limit.
    pub(crate) ratio: Option<f64>,
    /// The ratio with the better of the two SQLite engines only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ratio_sqlite: Option<f64>,
}

/// The unit of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// The symbol of the unit after a number.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Us => "µs",
            Self::Ms => "ms",
            Self::Bytes => "bytes",
        }
    }

    /// A time in this unit.
    pub(crate) fn of(self, time: Duration) -> f64 {
        match self {
            Self::Ms => time.as_secs_f64() * 1e3,
            Self::Us | Self::Bytes => time.as_secs_f64() * 1e6,
        }
    }
}

impl Row {
    /// A row with the result of each engine.
    pub(crate) fn of_engines(
        name: impl Into<String>,
        links: u64,
        unit: Unit,
        numbers: impl IntoIterator<Item = (Kind, f64)>,
    ) -> Self {
        let numbers = numbers.into_iter().map(|(kind, number)| (kind.name(), number));
        Self::of_named(name, links, unit, numbers)
    }

    /// The same by the names of engines.
    pub(crate) fn of_named<'n>(
        name: impl Into<String>,
        links: u64,
        unit: Unit,
        numbers: impl IntoIterator<Item = (&'n str, f64)>,
    ) -> Self {
        let numbers = numbers.into_iter().map(|(name, number)| (name.to_owned(), number));
        let mut peers: BTreeMap<_, _> = numbers.collect();
        let viewlink = peers.remove(Kind::Viewlink.name()).unwrap_or_default();
        let name = name.into();
        let mut row = Self {
            name,
            links,
            unit,
            viewlink,
            peers,
            limit: None,
            ratio: None,
            ratio_sqlite: None,
        };
        row.ratio = row.best_peer().map(|(_, best)| rounded(best / viewlink));
        row
    }

    /// A row with the time of each engine.
    pub(crate) fn of_times(
        name: impl Into<String>,
        links: u64,
        unit: Unit,
        times: Vec<(Kind, Duration)>,
    ) -> Self {
        let numbers = times.into_iter().map(|(kind, time)| (kind, unit.of(time)));
        Self::of_engines(name, links, unit, numbers)
    }

    /// A row that compares viewlink with the disk alone.
    pub(crate) fn of_limit(
        name: impl Into<String>,
        links: u64,
        viewlink: Duration,
        limit: Duration,
    ) -> Self {
        let unit = Unit::Us;
        let mut row = Self::of_times(name, links, unit, vec![(Kind::Viewlink, viewlink)]);
        row.limit = Some(unit.of(limit));
        row.ratio = Some(rounded(unit.of(viewlink) / unit.of(limit)));
        row
    }

    /// The row, with the ratio to SQLite.
    pub(crate) fn with_sqlite(mut self) -> Self {
        let kinds = [Kind::SqliteIds, Kind::SqliteText];
        let peers = kinds.into_iter().filter_map(|kind| self.peers.get(kind.name()));
        let best = peers.copied().min_by(f64::total_cmp);
        self.ratio_sqlite = best.map(|best| rounded(best / self.viewlink));
        self
    }

    /// The row of the medians of the same row in several runs.
    pub(crate) fn of_runs(runs: &[&Self]) -> Option<Self> {
        let first = *runs.first()?;
        let of = |number: &dyn Fn(&Self) -> Option<f64>| {
            middle(runs.iter().filter_map(|run| number(run)))
        };
        let mut row = Self { viewlink: of(&|run| Some(run.viewlink))?, ..first.clone() };
        for (name, number) in &mut row.peers {
            *number = of(&|run| run.peers.get(name).copied())?;
        }
        row.limit = of(&|run| run.limit);
        row.ratio = match row.limit {
            Some(limit) => Some(rounded(row.viewlink / limit)),
            None => row.best_peer().map(|(_, best)| rounded(best / row.viewlink)),
        };
        Some(if row.ratio_sqlite.is_some() { row.with_sqlite() } else { row })
    }

    /// The best of the others.
    pub(crate) fn best_peer(&self) -> Option<(&str, f64)> {
        let peers = self.peers.iter().map(|(name, number)| (name.as_str(), *number));
        peers.min_by(|(_, a), (_, b)| a.total_cmp(b))
    }

    /// The name with the size of the store, unless the name includes it.
    pub(crate) fn label(&self) -> String {
        let size = size_name(self.links);
        if self.name.contains(&size) {
            self.name.clone()
        } else {
            format!("{} · {size}", self.name)
        }
    }
}

/// The middle one; `None` without any.
pub(crate) fn middle(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

/// A ratio with three decimals.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_several_runs_has_the_median_of_each_number_and_the_ratio_of_these() {
        let run = |viewlink, redb, fjall| {
            let numbers = [(Kind::Viewlink, viewlink), (Kind::Redb, redb), (Kind::Fjall, fjall)];
            Row::of_engines("link_1", 100_000, Unit::Us, numbers)
        };
        let runs = [run(1.0, 9.0, 2.0), run(2.0, 3.0, 8.0), run(4.0, 5.0, 6.0)];
        let row = Row::of_runs(&runs.each_ref()).unwrap();
        assert_eq!((row.viewlink, row.ratio), (2.0, Some(2.5)));
        assert_eq!(row.peers.values().copied().collect::<Vec<_>>(), [6.0, 5.0]);
        assert_eq!(Row::of_runs(&[]), None);
    }

    #[test]
    fn the_ratio_is_that_of_the_best_peer() {
        let numbers = [
            (Kind::Lmdb, 30.0),
            (Kind::Viewlink, 20.0),
            (Kind::SqliteIds, 70.0),
            (Kind::SqliteText, 50.0),
        ];
        let row = Row::of_engines("unlink_1", 100_000, Unit::Us, numbers).with_sqlite();
        assert_eq!(row.best_peer(), Some(("lmdb", 30.0)));
        assert_eq!((row.ratio, row.ratio_sqlite), (Some(1.5), Some(2.5)));
        let alone = Row::of_engines("unlink_1", 100_000, Unit::Us, [(Kind::Viewlink, 20.0)]);
        assert_eq!(alone.ratio, None);
    }

    #[test]
    fn the_ratio_to_a_limit_is_what_viewlink_took_over_it() {
        let (viewlink, limit) = (Duration::from_micros(150), Duration::from_micros(100));
        assert_eq!(Row::of_limit("limit_1", 100_000, viewlink, limit).ratio, Some(1.5));
    }
}
