//! A run at one size: the engines, their contents, and the results so far.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::engine::{Kind, Size};
use crate::fleet::{Fleet, time};
use crate::limit::Limit;
use crate::plan::Plan;
use crate::random::Random;
use crate::row::{Row, Unit};
use crate::times::{Times, median};
use crate::workload::Workload;

/// A run at one size.
pub(crate) struct Bench {
    pub(crate) fleet: Fleet,
    pub(crate) workload: Workload,
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    pub(crate) limit: Limit,
    /// The directory of all stores.
    pub(crate) dir: PathBuf,
    rows: Vec<Row>,
}

impl Bench {
    /// Makes a store on each engine and loads them all.
    pub(crate) fn load(
        kinds: &[Kind],
        workload: Workload,
        plan: Plan,
        seed: u64,
        dir: &Path,
    ) -> Result<Self> {
        let fleet = Fleet::open(kinds, dir)?;
        let limit = Limit::create(&dir.join("limit"))?;
        let random = Random::new(seed);
        let dir = dir.to_owned();
        let mut bench = Self { fleet, workload, plan, random, limit, dir, rows: Vec::new() };
        bench.fill()?;
        bench.measure_size()?;
        Ok(bench)
    }

    fn fill(&mut self) -> Result<()> {
        let (workload, clock) = (self.workload, self.fleet.clock().clone());
        self.fleet.each("load", &mut Times::default(), |member| {
            let name = member.kind().name();
            let engine = member.engine()?;
            let (time, ()) = time(|| {
                engine.load(&mut workload.all(&clock))?;
                engine.settle()
            })?;
            eprintln!("  loaded {name} in {:.1} s", time.as_secs_f64());
            Ok((time, ()))
        })
    }

    /// Measures the size of the loaded data; compacts the stores for the following rows.
    fn measure_size(&mut self) -> Result<()> {
        let mut sizes = Vec::new();
        self.fleet.each("compact", &mut Times::default(), |member| {
            let kind = member.kind();
            let (time, size) = time(|| member.engine_mut()?.compact())?;
            let bytes = match size {
                Size::Bytes(bytes) => bytes,
                Size::OfClosed(file) => {
                    member.close()?;
                    let bytes = fs::metadata(file)?.len();
                    member.open()?;
                    bytes
                }
            };
            sizes.push((kind, bytes));
            Ok((time, ()))
        })?;
        let links = self.workload.links();
        let numbers = sizes.into_iter().map(|(kind, bytes)| (kind, for_each_link(bytes, links)));
        self.add(Row::of_engines("bytes_per_link", links, Unit::Bytes, numbers));
        Ok(())
    }

    /// Adds a row, if it is selected.
    pub(crate) fn add(&mut self, row: Row) {
        if self.plan.wants([&row.name]) {
            let ratio = row.ratio.map(|ratio| format!(", ratio {ratio}")).unwrap_or_default();
            eprintln!("  {}: {:.1} {}{ratio}", row.name, row.viewlink, row.unit.symbol());
            self.rows.push(row);
        }
    }

    /// Adds a row of the median times.
    pub(crate) fn add_medians(&mut self, name: impl Into<String>, unit: Unit, times: &Times) {
        self.add(Row::of_times(name, self.workload.links(), unit, times.summary(median)));
    }

    /// Closes the stores; returns the rows.
    pub(crate) fn finish(self) -> Result<Vec<Row>> {
        self.fleet.close()?;
        Ok(self.rows)
    }
}

/// Bytes for a link, with two decimals.
pub(crate) fn for_each_link(bytes: u64, links: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "both are far below 2^52")]
    let each = bytes as f64 / links as f64;
    (each * 100.0).round() / 100.0
}
