//! Counts of the test.

use std::fmt;

use anyhow::{Result, bail};

use crate::child::Received;
use crate::record::Remains;
use crate::task::Message;

/// Counts of the test.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Losses of power.
    pub cuts: u64,
    /// Losses of power while the machine started after another one.
    pub recoveries: u64,
    /// Runs under load.
    pub runs: u64,
    /// Acknowledged changes in them.
    pub acknowledged: u64,
    /// Losses of power with unflushed writes.
    pub unflushed: u64,
    /// Writes that were lost.
    pub lost: u64,
    /// Writes that were torn.
    pub torn: u64,
}

impl Tally {
    /// Counts a run under load, in which nothing may have failed.
    pub(crate) fn count_load(&mut self, received: &[Received]) -> Result<()> {
        self.runs += 1;
        for received in received {
            match &received.message {
                Message::Acknowledged { .. } => self.acknowledged += 1,
                Message::Opened => {}
                message => bail!("without a failure the load sent {message:?}"),
            }
        }
        Ok(())
    }

    /// Counts the result of a loss of power.
    pub(crate) fn count_cut(&mut self, remains: &Remains) {
        self.cuts += 1;
        self.unflushed += u64::from(remains.unflushed > 0);
        self.lost += (remains.unflushed - remains.kept - remains.torn) as u64;
        self.torn += remains.torn as u64;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cuts, recoveries, runs, acknowledged, unflushed, lost, torn } = self;
        write!(
            f,
            "{cuts} losses of power, {recoveries} of them during a recovery, in {runs} runs with {acknowledged} \
             acknowledged changes; {unflushed} with unflushed writes, of which {lost} were lost and {torn} torn"
        )
    }
}
