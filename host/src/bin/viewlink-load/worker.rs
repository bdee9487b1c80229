//! A connection that sends requests.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::Result;
use crate::client::Client;
use crate::ledger::Ledger;

/// The work of each connection.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    /// The largest number of keys in a request.
    pub(crate) keys: u32,
    /// The time to stop, and the number of requests after which to stop earlier.
    pub(crate) end: Instant,
    pub(crate) requests: u32,
}

/// The results of one connection.
pub(crate) struct Worked {
    pub(crate) ledger: Ledger,
    pub(crate) latencies: Vec<Duration>,
}

/// Links and unlinks until the time is over, and checks each answer.
pub(crate) async fn work(task: Task, connection: u32) -> Result<Worked> {
    let mut client = Client::connect(task.address, &task.key).await?;
    let mut worked = Worked { ledger: Ledger::new(connection), latencies: Vec::new() };
    for _ in 0..task.requests {
        if Instant::now() >= task.end {
            break;
        }
        let step = worked.ledger.step(task.keys);
        let begin = Instant::now();
        let answer = client.json(step.method, &step.path, step.body).await?;
        worked.latencies.push(begin.elapsed());
        if answer != step.answer {
            return Err(format!("expected {}, got {answer}", step.answer).into());
        }
    }
    Ok(worked)
}
