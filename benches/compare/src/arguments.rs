//! The command line.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

use crate::Result;
use crate::crash::Crash;
use crate::engine::Kind;
use crate::memory;
use crate::workload::Workload;

/// Shown if the command line is invalid.
const USAGE: &str = "\
usage: viewlink-compare [--quick] [--links N] [--seed N] [--dir DIR] [--json FILE]
                        [--only ROW,ROW] [--engines A,B]
       viewlink-compare chart RESULTS.json OUT.svg
       viewlink-compare table RESULTS.json
       viewlink-compare median RESULTS.json ... OUT.json";

/// The task of a call.
#[derive(Debug)]
pub(crate) enum Task {
    /// Measure.
    Run(Run),
    /// Draw results.
    Chart { results: PathBuf, picture: PathBuf },
    /// Print results.
    Table { results: PathBuf },
    /// Take the medians of several runs.
    Median { results: Vec<PathBuf>, medians: PathBuf },
    /// Change a store and wait to be killed; a run calls itself in this way.
    Crash { kind: Kind, dir: PathBuf, crash: Crash },
    /// Measure the memory of a store; a run calls itself in this way.
    Memory { kind: Kind, empty: PathBuf, full: PathBuf, workload: Workload },
    /// Print the usage.
    Help,
}

/// The options of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) quick: bool,
    pub(crate) links: Option<u64>,
    pub(crate) seed: u64,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    /// The rows to measure; empty for all.
    pub(crate) only: BTreeSet<String>,
    /// viewlink and its rivals.
    pub(crate) kinds: Vec<Kind>,
}

impl Task {
    /// Parses the arguments, which do not include the program's name.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let mut words: Vec<OsString> = arguments.into_iter().collect();
        let first = words.first().and_then(|word| word.to_str()).unwrap_or_default().to_owned();
        match (first.as_str(), words.len()) {
            ("chart", 3) => {
                let picture = words.remove(2).into();
                Ok(Self::Chart { results: words.remove(1).into(), picture })
            }
            ("table", 2) => Ok(Self::Table { results: words.remove(1).into() }),
            ("median", 3..) => {
                let medians = words.pop().unwrap_or_default().into();
                Ok(Self::Median { results: words.drain(1..).map(Into::into).collect(), medians })
            }
            ("crash", 7) => parse_crash(words),
            (memory::WORD, 6) => parse_memory(words),
            ("--help" | "-h", _) => Ok(Self::Help),
            _ => Run::parse(Parser::from_args(words)).map(Self::Run),
        }
        .map_err(|error| format!("{error}\n{USAGE}").into())
    }
}

/// The usage text.
pub(crate) const fn usage() -> &'static str {
    USAGE
}

fn parse_crash(words: Vec<OsString>) -> Result<Task> {
    let mut words = words.into_iter().skip(1);
    let mut next = || words.next().ok_or("an argument is missing");
    let kind = Kind::named(&next()?.string()?)?;
    let dir = next()?.into();
    let workload = Workload::new(next()?.parse()?, next()?.parse()?);
    let crash = Crash::new(workload, next()?.parse()?, next()?.parse()?);
    Ok(Task::Crash { kind, dir, crash })
}

fn parse_memory(words: Vec<OsString>) -> Result<Task> {
    let mut words = words.into_iter().skip(1);
    let mut next = || words.next().ok_or("an argument is missing");
    let kind = Kind::named(&next()?.string()?)?;
    let (empty, full) = (next()?.into(), next()?.into());
    let workload = Workload::new(next()?.parse()?, next()?.parse()?);
    Ok(Task::Memory { kind, empty, full, workload })
}

impl Run {
    fn parse(mut parser: Parser) -> Result<Self> {
        let mut run = Self {
            quick: false,
            links: None,
            seed: 1,
            dir: None,
            json: None,
            only: BTreeSet::new(),
            kinds: Kind::built().collect(),
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("quick") => run.quick = true,
                Long("links") => run.links = Some(links(parser.value()?.parse()?)?),
                Long("seed") => run.seed = parser.value()?.parse()?,
                Long("dir") => run.dir = Some(parser.value()?.into()),
                Long("json") => run.json = Some(parser.value()?.into()),
                Long("only") => run.only = list(&parser.value()?.string()?).collect(),
                Long("engines") => run.kinds = kinds(&parser.value()?.string()?)?,
                Long(_) | Short(_) | Value(_) => return Err(argument.unexpected().into()),
            }
        }
        Ok(run)
    }

    /// The command that repeats this run.
    pub(crate) fn command(&self) -> String {
        let mut command = String::from("viewlink-compare");
        if self.quick {
            command += " --quick";
        }
        if let Some(links) = self.links {
            command += &format!(" --links {links}");
        }
        if !self.only.is_empty() {
            let rows: Vec<&str> = self.only.iter().map(String::as_str).collect();
            command += &format!(" --only {}", rows.join(","));
        }
        if self.kinds.len() < Kind::built().count() {
            let names: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
            command += &format!(" --engines {}", names.join(","));
        }
        command + &format!(" --seed {}", self.seed)
    }

    /// The numbers of links to measure with.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        match (self.links, self.quick) {
            (Some(links), _) => vec![links],
            (None, true) => vec![1_000_000],
            (None, false) => vec![100_000, 1_000_000],
        }
    }
}

fn links(links: u64) -> Result<u64> {
    if links >= Workload::LEAST && links.is_multiple_of(10_000) {
        return Ok(links);
    }
    Err(format!("--links takes a multiple of 10,000 from {} on", Workload::LEAST).into())
}

fn kinds(names: &str) -> Result<Vec<Kind>> {
    let named: Vec<Kind> = list(names).map(|name| Kind::named(&name)).collect::<Result<_>>()?;
    let taken = |kind: &Kind| *kind == Kind::Viewlink || named.contains(kind);
    Ok(Kind::built().filter(taken).collect())
}

fn list(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task> {
        Task::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_run_takes_options_and_always_viewlink() {
        let line = "--quick --only is_linked,unlink_1 --engines redb,lmdb --links 100000";
        let Task::Run(run) = parse(line).unwrap() else { panic!("not a run") };
        assert_eq!(run.kinds, [Kind::Viewlink, Kind::Lmdb, Kind::Redb]);
        assert_eq!(run.sizes(), [100_000]);
        assert!(run.only.contains("is_linked") && run.quick);
        let command = "viewlink-compare --quick --links 100000 --only is_linked,unlink_1 \
                       --engines viewlink,lmdb,redb --seed 1";
        assert_eq!(run.command(), command);
    }

    #[test]
    fn what_is_not_understood_is_an_error_with_the_usage() {
        for line in [
            "--fast",
            "--links 999",
            "--engines oracle",
            "chart one.json",
            "median one.json",
            "crash redb",
            "memory redb",
        ] {
            assert!(parse(line).unwrap_err().to_string().contains("usage:"), "{line}");
        }
    }
}
