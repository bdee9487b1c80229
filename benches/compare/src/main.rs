//! viewlink side by side with alternatives: SQLite with two schemas, LMDB, fjall, redb without viewlink, canopydb and,
//! if it is built with that feature, RocksDB.
//!
//! ```text
//! cargo run --release -p viewlink-compare -- --quick --json results.json
//! cargo run --release -p viewlink-compare -- table results.json
//! cargo run --release -p viewlink-compare -- chart results.json results.svg
//! ```
//!
//! `--quick` measures with 1,000,000 links in about six minutes. Without it there are 100,000 and 1,000,000 links and
//! more rounds; `--links N` uses one size. `--only ROW,ROW` and `--engines A,B` measure less. The stores are in a
//! temporary directory below the current one or below `--dir DIR`, which must be on the disk to be measured.
//!
//! The rows over sets have separate stores, with integer ids for the rivals: SQLite with the faster of a join and a set
//! operation, LMDB, and bitmaps of the crate roaring, in memory only.
//!
//! # What is compared
//!
//! Every engine does the same work on the same views and keys in the same round, in turns, and all answers are
//! compared; a difference ends the run. Each change is synced before it is acknowledged. `engine` has one file for each
//! rival, which describes how it is used.
//!
//! A store has views of 1,000 links, and a tenth as many resources as links, each in ten views. Numbers are medians of
//! one operation, unless the row says otherwise.
//!
//! | row | what is measured |
//! | --- | --- |
//! | `link_N`, `unlink_N` | one batch of N keys that are new to a view, then removed again |
//! | `link_1000_random`, `is_linked_random` | the same as without `random`, for views whose links are not adjacent in any numbering of resources |
//! | `snapshot_held_link_1000` | `link_1000` while a reader has a read transaction from just before it |
//! | `concurrent_N` | wall time for one of many unlinks of one key each, from N threads at once |
//! | `is_linked` | one question, every other one about a link that is there |
//! | `read_beside_writes` | the 99th percentile of `is_linked`, each in its own read transaction, while another thread links 1,000 keys at a time and unlinks them |
//! | `page_100_by_key`, `page_100_by_link_time` | the first 100 of 1,000 links, and their number |
//! | `intersect_2x100k` | how many resources are in both of two views with 100,000 of 200,000 resources each, and the first 100 |
//! | `views_with_all_of_10` | the views, of 10,000, that have all of ten resources, each of which is in half of them |
//! | `unassigned_100k` | how many of 100,000 registered resources are in no view, and the first 100 |
//! | `delete_view_1000` | a view with 1,000 links |
//! | `p99_commit_100`, `worst_commit_100` | the slow ones of many batches of 100 keys |
//! | `open_N` | from a closed store to the first answer |
//! | `open_N_crash` | the same after a kill, with 16,000 keys changed since the store was settled |
//! | `bytes_per_link` | size after loading and compacting; of the data, without logs |
//! | `memory_per_link` | resident memory of a process with such a store open over one with an empty store, when every link was read from both its ends; links as in the rows with `random` |
//! | `limit_N` | one write and sync of a request's bytes, through the page cache |
//! | `limit_wake_128` | as many threads that sleep and are woken as often, and do nothing |
//!
//! `ratio` is the best rival divided by viewlink, so above 1 viewlink is ahead; for `limit_N` it is viewlink divided by
//! the limit.

mod arguments;
mod bench;
mod chart;
mod clock;
mod crash;
mod engine;
mod fleet;
mod limit;
mod measure;
mod memory;
mod plan;
mod random;
mod results;
mod row;
mod sets;
mod table;
mod text;
mod times;
mod workload;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use arguments::{Run, Task};
use bench::Bench;
use engine::Kind;
use plan::Plan;
use results::Results;
use row::{Row, Unit};
use workload::Workload;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    match Task::parse(env::args_os().skip(1)).and_then(perform) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    match task {
        Task::Run(run) => {
            let results = measure(&run)?;
            print!("{}", table::markdown(&results));
            run.json.map_or(Ok(()), |path| results.write(&path))
        }
        Task::Chart { results, picture } => {
            Ok(fs::write(picture, chart::svg(&Results::read(&results)?))?)
        }
        Task::Table { results } => {
            print!("{}", table::markdown(&Results::read(&results)?));
            Ok(())
        }
        Task::Median { results, medians } => {
            let runs =
                results.iter().map(|path| Results::read(path)).collect::<Result<Vec<_>>>()?;
            Results::of_runs(&runs)?.write(&medians)
        }
        Task::Crash { kind, dir, crash } => crash.run(kind, &dir),
        Task::Memory { kind, empty, full, workload } => memory::tell(kind, &empty, &full, workload),
        Task::Help => {
            println!("{}", arguments::usage());
            Ok(())
        }
    }
}

fn measure(run: &Run) -> Result<Results> {
    let begin = Instant::now();
    let parent = run.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let mut builder = tempfile::Builder::new();
    let dir = builder.prefix("compare-").suffix(".viewlink").tempdir_in(parent)?;
    let sync = limit::sync(&dir.path().join("sync"))?;
    let mut rows = Vec::new();
    for links in run.sizes() {
        eprintln!("{links} links");
        rows.extend(measure_size(run, links, &dir.path().join(links.to_string()))?);
    }
    Ok(Results {
        rows,
        sync_us: Unit::Us.of(sync),
        versions: versions(&run.kinds)?,
        command: run.command(),
        seed: run.seed,
        cores: thread::available_parallelism()?.get(),
        seconds: begin.elapsed().as_secs_f64(),
    })
}

fn versions(kinds: &[Kind]) -> Result<BTreeMap<String, String>> {
    let versions = kinds.iter().map(|kind| Ok((kind.name().to_owned(), kind.version()?)));
    let roaring = Ok((sets::ROARING.to_owned(), engine::locked(sets::ROARING)));
    versions.chain([roaring]).collect()
}

fn measure_size(run: &Run, links: u64, dir: &Path) -> Result<Vec<Row>> {
    let plan = if run.quick { Plan::quick } else { Plan::thorough };
    let workload = Workload::new(run.seed, links);
    fs::create_dir_all(dir)?;
    let mut bench = Bench::load(&run.kinds, workload, plan(run.only.clone()), run.seed, dir)?;
    measure::all(&mut bench)?;
    let rows = bench.finish()?;
    fs::remove_dir_all(dir)?;
    Ok(rows)
}
