//! Properties of deciding and applying.

mod any_change;
pub(crate) mod commands;
mod decisions;
mod dump;
mod encoding;
mod equality;
mod following;
mod golden;
mod groups;
mod history;
mod hostile_fields;
mod last_views;
mod memory;
mod misfits;
mod over_views;
mod revert;
mod sets;
mod snapshots;
mod steps;
mod unapply;

use super::digest::Digest;
use super::{Pending, State};
use crate::model::error::Result;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Command, Decision, Stamp};

/// The number of cases of a test: `usual`, times `VIEWLINK_CASES` if it is set.
pub(crate) fn cases(usual: u32) -> proptest::test_runner::Config {
    let times = std::env::var("VIEWLINK_CASES").ok().and_then(|times| times.parse().ok());
    proptest::test_runner::Config::with_cases(usual.saturating_mul(times.unwrap_or(1)))
}

/// A command, and the time of the clock when it is decided.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) command: Command,
    pub(crate) now: Timestamp,
}

impl State {
    fn next_stamp(&self, now: Timestamp) -> Stamp {
        Pending::default().next_stamp(self, now)
    }

    fn decide(&self, timed: &Timed) -> Result<Decision> {
        timed.command.decide(self, &Pending::default(), self.next_stamp(timed.now))
    }

    /// Decides a command and applies its change.
    fn carry_out(&mut self, timed: &Timed) -> Result<Decision> {
        let decision = self.decide(timed)?;
        if let Some(change) = &decision.change {
            self.apply(change).unwrap();
        }
        Ok(decision)
    }

    /// Runs commands; returns their changes.
    fn run(&mut self, commands: &[Timed]) -> Vec<ChangeRecord> {
        let changes = commands.iter().filter_map(|timed| self.carry_out(timed).ok()?.change);
        changes.collect()
    }

    /// The same state with another revision; no change leads to it.
    pub(crate) fn with_revision(mut self, revision: u64) -> Self {
        self.head.revision = revision;
        self
    }

    /// The digest of a state; checks its invariants.
    fn checked_digest(&self) -> Digest {
        self.check().unwrap();
        self.digest().unwrap()
    }
}
