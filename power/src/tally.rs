//! How much was tried.

use std::fmt;

use anyhow::{Result, bail};

use crate::child::Heard;
use crate::record::Remains;
use crate::task::Told;

/// How much was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Losses of power.
    pub cuts: u64,
    /// Those while the machine was starting after one.
    pub recoveries: u64,
    /// Runs under load.
    pub runs: u64,
    /// Changes that were acknowledged in them.
    pub acknowledged: u64,
    /// Losses of power at which something was not flushed.
    pub unflushed: u64,
    /// Writes that were lost.
    pub lost: u64,
    /// Writes that were torn.
    pub torn: u64,
}

impl Tally {
    /// Counts a run under load, in which nothing may have failed.
    pub(crate) fn count_load(&mut self, heard: &[Heard]) -> Result<()> {
        self.runs += 1;
        for heard in heard {
            match &heard.told {
                Told::Acknowledged { .. } => self.acknowledged += 1,
                Told::Opened => {}
                told => bail!("with nothing wrong the load told {told:?}"),
            }
        }
        Ok(())
    }

    /// Counts what a loss of power did.
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
