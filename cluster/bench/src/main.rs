//! Links and unlinks of three keys as transactions of etcd on three servers. Each row is one line of JSON:
//!
//! `VIEWLINK_ETCD=/usr/bin/etcd cargo run --release --manifest-path cluster/bench/Cargo.toml --target-dir target/etcd`

#[allow(dead_code, reason = "not all of it is needed here")]
#[path = "../../tests/servers/process.rs"]
mod process;
mod servers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use etcd_client::{
    Client, Compare, CompareOp, DeleteOptions, PutOptions, Txn, TxnOp, TxnOpResponse,
};
use serde_json::json;
use servers::Servers;

/// How long each rate is measured.
const LASTING: Duration = Duration::from_secs(5);
/// The number of keys, as in the rows of members.
const KEYS: u64 = 192;
/// The bytes of a bare put, as of an entry of a member.
const BYTES: usize = 200;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The outcome for a key, as in the report of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Linked,
    AlreadyLinked,
    Unlinked,
    NotLinked,
}

fn main() -> Result<(), Failure> {
    let servers = Servers::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(&servers))
}

async fn measure(servers: &Servers) -> Result<(), Failure> {
    let urls = servers.urls();
    let begun = Instant::now();
    while let Err(error) = prepare(&urls).await {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    row("bare put, one at a time", bare_puts(&urls).await?);
    for (what, clients, callers) in [
        ("one client, 1 caller", 1, 1),
        ("one client, 32 callers", 1, 32),
        ("three clients, 8 callers each", 3, 8),
    ] {
        row(what, changes(&urls[..clients], callers).await?);
    }
    row("bare put, one at a time, again", bare_puts(&urls).await?);
    Ok(())
}

fn row(what: &str, per_second: f64) {
    let per_second = per_second.round();
    println!("{}", json!({ "log": "etcd, 3 servers", "what": what, "per_second": per_second }));
}

/// Makes the view, through each server, so that all are ready.
async fn prepare(urls: &[String]) -> Result<(), Failure> {
    for url in urls {
        let mut client = Client::connect([url.clone()], None).await?;
        tokio::time::timeout(Duration::from_secs(2), client.put("views/v", "V", None)).await??;
    }
    Ok(())
}

async fn bare_puts(urls: &[String]) -> Result<f64, Failure> {
    let mut client = Client::connect([urls[0].clone()], None).await?;
    let (begun, mut made) = (Instant::now(), 0);
    while begun.elapsed() < LASTING {
        client.put("bare", vec![7; BYTES], None).await?;
        made += 1;
    }
    Ok(f64::from(made) / begun.elapsed().as_secs_f64())
}

/// Changes a second, with a client for each URL.
async fn changes(urls: &[String], callers: u64) -> Result<f64, Failure> {
    let (made, begun, mut tasks) = (Arc::new(AtomicU64::new(0)), Instant::now(), Vec::new());
    for (at, url) in (0..).zip(urls) {
        let client = Client::connect([url.clone()], None).await?;
        for caller in 0..callers {
            let seed = at * 1000 + caller;
            tasks.push(tokio::spawn(call_on(client.clone(), seed, begun, Arc::clone(&made))));
        }
    }
    for task in tasks {
        task.await??;
    }
    Ok(made.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

async fn call_on(
    mut client: Client,
    mut seed: u64,
    begun: Instant,
    made: Arc<AtomicU64>,
) -> Result<(), Failure> {
    while begun.elapsed() < LASTING {
        let mut keys: Vec<String> =
            (0..3).map(|_| format!("links/v/k{}", below(&mut seed, KEYS))).collect();
        // A transaction accepts each key once.
        keys.sort();
        keys.dedup();
        let report = change(&mut client, below(&mut seed, 2) == 0, &keys).await?;
        if report.len() != keys.len() {
            return Err("a key has no outcome".into());
        }
        made.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Links or unlinks keys in one transaction, and returns the outcome of each key.
async fn change(
    client: &mut Client,
    is_link: bool,
    keys: &[String],
) -> Result<Vec<Outcome>, Failure> {
    let operation = |key: &String| match is_link {
        true => TxnOp::put(key.as_str(), "1", Some(PutOptions::new().with_prev_key())),
        false => TxnOp::delete(key.as_str(), Some(DeleteOptions::new().with_prev_key())),
    };
    // A link needs its view.
    let view = Compare::version("views/v", CompareOp::Greater, 0);
    let changes: Vec<TxnOp> = keys.iter().map(operation).collect();
    let answer = client.txn(Txn::new().when([view]).and_then(changes)).await?;
    if !answer.succeeded() {
        return Err("the view does not exist".into());
    }
    Ok(answer.op_responses().iter().filter_map(outcome).collect())
}

fn outcome(response: &TxnOpResponse) -> Option<Outcome> {
    match response {
        TxnOpResponse::Put(put) if put.prev_key().is_some() => Some(Outcome::AlreadyLinked),
        TxnOpResponse::Put(_) => Some(Outcome::Linked),
        TxnOpResponse::Delete(deleted) if deleted.deleted() > 0 => Some(Outcome::Unlinked),
        TxnOpResponse::Delete(_) => Some(Outcome::NotLinked),
        _ => None,
    }
}

/// A random number below a bound: SplitMix64.
fn below(random: &mut u64, bound: u64) -> u64 {
    *random = random.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *random;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) % bound
}
