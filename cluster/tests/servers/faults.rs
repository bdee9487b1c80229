//! Faults of servers, in turn.

use std::time::Duration;

use super::nats::{Nats, Wire};

/// A fault of the server that leads a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is killed, and started again.
    Killed,
    /// It stops for a while, and continues.
    Stopped,
    /// It is cut off from the other servers, and all notice at once.
    CutOff,
    /// It is cut off from the other servers, and no connection ends.
    Silenced,
    /// All servers are killed at once, and started again.
    AllKilled,
}

/// In the order in which they are made.
const FAULTS: [Fault; 5] =
    [Fault::Killed, Fault::CutOff, Fault::Stopped, Fault::Silenced, Fault::AllKilled];

impl Fault {
    /// The fault with a number.
    pub(crate) fn at(number: usize) -> Self {
        FAULTS[number % FAULTS.len()]
    }

    /// Makes the fault, runs a function during it, repairs it, and waits until the server is healthy again.
    pub(crate) fn make(self, nats: &mut Nats, stream: &str, during: impl FnOnce()) {
        let leader = nats.leader(stream).unwrap_or(0);
        println!("  {self:?}: n{leader}");
        match self {
            Self::Killed => {
                nats.kill(leader);
                during();
                nats.restart(leader);
            }
            Self::Stopped => {
                nats.stop(leader);
                during();
                nats.resume(leader);
            }
            Self::CutOff | Self::Silenced => {
                let wire = if matches!(self, Self::CutOff) { Wire::Closed } else { Wire::Silent };
                nats.wire(leader, wire);
                during();
                nats.wire(leader, Wire::Whole);
            }
            Self::AllKilled => {
                (0..nats.count()).for_each(|at| nats.kill(at));
                during();
                (0..nats.count()).for_each(|at| nats.restart(at));
            }
        }
        nats.wait_until_healthy(leader);
    }
}

/// How long the tests of logs make faults: the seconds of `VIEWLINK_CLUSTER_SECONDS`, or the given ones.
pub(crate) fn seconds(default: u64) -> Duration {
    Duration::from_secs(number("VIEWLINK_CLUSTER_SECONDS", default))
}

/// How many faults the tests of members make: the number in `VIEWLINK_CLUSTER_FAULTS`, or the given one.
pub(crate) fn count(default: u64) -> u64 {
    number("VIEWLINK_CLUSTER_FAULTS", default)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}
