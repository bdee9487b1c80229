//! A process that changes a store and is killed.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Result;
use crate::clock::Clock;
use crate::engine::{Engine, Kind};
use crate::random::Random;
use crate::workload::Workload;

/// The number of committed batches, and their keys: just less than what makes viewlink write a checkpoint, so that it
/// has as much to replay as possible.
const BATCHES: u64 = 160;
const KEYS: u64 = 100;

/// The output of the process when everything is acknowledged.
const DONE: &str = "done";

/// The changes before a kill; the same in both processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    workload: Workload,
    seed: u64,
    /// The time of the first change.
    begin: u64,
}

impl Crash {
    /// Changes that a seed determines.
    pub(crate) const fn new(workload: Workload, seed: u64, begin: u64) -> Self {
        Self { workload, seed, begin }
    }

    /// Runs the process on the closed store in a directory and kills it when it is done.
    pub(crate) fn provoke(self, kind: Kind, dir: &Path) -> Result<()> {
        let (workload_seed, links) = (self.workload.seed(), self.workload.links());
        let numbers =
            [workload_seed, links, self.seed, self.begin].map(|number| number.to_string());
        let mut child = Command::new(env::current_exe()?)
            .args(["crash", kind.name()])
            .arg(dir)
            .args(numbers)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let done = wait_until_done(&mut child);
        // SIGKILL: nothing in the process can clean up.
        child.kill()?;
        child.wait()?;
        done
    }

    /// Runs in the process. It ends on its own only if its parent process has ended.
    pub(crate) fn run(self, kind: Kind, dir: &Path) -> Result<()> {
        let clock = Clock::at(self.begin);
        let engine = kind.open(dir, &clock)?;
        engine.settle()?;
        self.commit(&*engine, &clock)?;
        let mut output = io::stdout();
        writeln!(output, "{DONE}")?;
        output.flush()?;
        io::stdin().read_line(&mut String::new())?;
        Ok(())
    }

    fn commit(self, engine: &dyn Engine, clock: &Clock) -> Result<()> {
        for (view, keys) in self.batches() {
            clock.tick();
            engine.link(&view, keys)?;
        }
        Ok(())
    }

    fn batches(self) -> impl Iterator<Item = (String, Vec<String>)> {
        let Self { workload, seed, .. } = self;
        let mut random = Random::new(seed);
        (0..BATCHES).map(move |_| {
            let view = workload.some_view(&mut random);
            (workload.view(view), workload.new_keys(&mut random, view, KEYS))
        })
    }

    /// A view and a key that the last batch links.
    pub(crate) fn last_link(self) -> (String, String) {
        let last = self.batches().last();
        last.map(|(view, keys)| (view, keys.into_iter().last().unwrap_or_default()))
            .unwrap_or_default()
    }

    /// The time after the last change.
    pub(crate) const fn end(self) -> u64 {
        self.begin + BATCHES + 1
    }
}

fn wait_until_done(child: &mut Child) -> Result<()> {
    let output = child.stdout.take().ok_or("the process has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    if line.trim_end() == DONE { Ok(()) } else { Err("the process ended early".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_processes_mean_the_same_changes() {
        let crash = Crash::new(Workload::new(1, 100_000), 5, 0);
        let keys: Vec<_> = crash.batches().collect();
        assert_eq!(keys, crash.batches().collect::<Vec<_>>());
        assert_eq!(keys.iter().map(|(_, keys)| keys.len()).sum::<usize>(), 16_000);
        let (view, key) = crash.last_link();
        assert!(keys.last().unwrap().0 == view && keys.last().unwrap().1.contains(&key));
    }
}
