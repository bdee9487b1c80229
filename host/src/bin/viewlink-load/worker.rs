//! A connection at work.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::Result;
use crate::client::Client;
use crate::ledger::Ledger;

/// What all connections are to do.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    /// How many keys a request has at most.
    pub(crate) keys: u32,
    /// When to stop, and after how many requests if that is earlier.
    pub(crate) end: Instant,
    pub(crate) requests: u32,
}

/// What a connection did.
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
