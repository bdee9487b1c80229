//! What goes wrong with servers, one thing after the other.

use std::thread::sleep;
use std::time::Duration;

use super::nats::{Nats, Wire};

/// What happens to the server that leads a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is killed, and started again.
    Killed,
    /// It does nothing for a while, and goes on.
    Stopped,
    /// It is cut off from the others, who are told.
    CutOff,
    /// It is cut off from the others, who are not told.
    Silenced,
    /// All are killed at once, and started again.
    AllKilled,
}

/// In the order they are made.
const FAULTS: [Fault; 5] =
    [Fault::Killed, Fault::CutOff, Fault::Stopped, Fault::Silenced, Fault::AllKilled];

impl Fault {
    /// What happens at a place in a row of faults.
    pub(crate) fn at(number: usize) -> Self {
        FAULTS[number % FAULTS.len()]
    }

    /// Makes it happen, and mends it after a while.
    pub(crate) fn happen(self, nats: &mut Nats, stream: &str, lasting: Duration) {
        let leader = nats.leader(stream).unwrap_or(0);
        println!("  {self:?}: n{leader} for {lasting:?}");
        match self {
            Self::Killed => {
                nats.kill(leader);
                sleep(lasting);
                nats.restart(leader);
            }
            Self::Stopped => {
                nats.stop(leader);
                sleep(lasting);
                nats.go_on(leader);
            }
            Self::CutOff | Self::Silenced => {
                let wire = if matches!(self, Self::CutOff) { Wire::Closed } else { Wire::Silent };
                nats.wire(leader, wire);
                sleep(lasting);
                nats.wire(leader, Wire::Whole);
            }
            Self::AllKilled => {
                (0..nats.count()).for_each(|at| nats.kill(at));
                (0..nats.count()).for_each(|at| nats.restart(at));
            }
        }
        nats.wait_until_healthy(leader);
    }
}

/// How long tests with faults go on: seconds of `VIEWLINK_CLUSTER_SECONDS`, or those that are given.
pub(crate) fn seconds(default: u64) -> Duration {
    let named = std::env::var("VIEWLINK_CLUSTER_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(named.unwrap_or(default))
}
