//! Links and unlinks of three keys as transactions of etcd: three servers, each row one line of JSON.
//!
//! `VIEWLINK_ETCD=/usr/bin/etcd cargo run --release --manifest-path cluster/bench/Cargo.toml`

#[allow(dead_code, reason = "not all of it is needed here")]
#[path = "../../tests/servers/process.rs"]
mod process;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use etcd_client::{Client, Compare, CompareOp, DeleteOptions, PutOptions, Txn, TxnOp};
use process::Process;
use rustix::process::Signal;
use serde_json::json;

const LASTING: Duration = Duration::from_secs(5);
/// Of keys, as in the rows of members.
const KEYS: u64 = 192;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let program = std::env::var_os("VIEWLINK_ETCD").map(PathBuf::from);
    let program = program.ok_or("VIEWLINK_ETCD names no program")?;
    let folder = tempfile::tempdir()?;
    let ports = (0..6).map(|_| free_port()).collect::<std::io::Result<Vec<u16>>>()?;
    let _servers = start(&program, folder.path(), &ports);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(&ports))
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Three servers; the first three ports are for clients, the others for each other.
fn start(program: &Path, folder: &Path, ports: &[u16]) -> Vec<Process> {
    let (clients, peers) = ports.split_at(3);
    let all: Vec<String> = (0..3).map(|at| format!("e{at}={}", url(peers[at]))).collect();
    let start = |at: usize| {
        let data = folder.join(format!("e{at}")).display().to_string();
        let (client, peer) = (url(clients[at]), url(peers[at]));
        let arguments = [
            ("--name", format!("e{at}")),
            ("--data-dir", data),
            ("--listen-client-urls", client.clone()),
            ("--advertise-client-urls", client),
            ("--listen-peer-urls", peer.clone()),
            ("--initial-advertise-peer-urls", peer),
            ("--initial-cluster", all.join(",")),
        ];
        let arguments: Vec<String> =
            arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
        Process::start(program, &arguments, None, &folder.join("log"), Signal::TERM)
    };
    (0..3).map(start).collect()
}

async fn measure(ports: &[u16]) -> Result<(), Failure> {
    let urls: Vec<String> = ports.iter().take(3).map(|port| url(*port)).collect();
    let begun = Instant::now();
    while let Err(error) = ready(&urls).await {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for (what, clients, callers) in [
        ("one client, 1 caller", 1, 1),
        ("one client, 32 callers", 1, 32),
        ("three clients, 8 callers each", 3, 8),
    ] {
        let made = Arc::new(AtomicU64::new(0));
        let begun = Instant::now();
        let mut tasks = Vec::new();
        for at in 0..clients {
            let client = Client::connect([urls[at].clone()], None).await?;
            for caller in 0..callers {
                let seed = (at * 1000 + caller) as u64;
                tasks.push(tokio::spawn(call_on(client.clone(), seed, begun, Arc::clone(&made))));
            }
        }
        for task in tasks {
            task.await??;
        }
        let rate = made.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
        println!(
            "{}",
            json!({ "store": "etcd, 3 servers", "what": what, "per_second": rate.round() })
        );
    }
    Ok(())
}

async fn ready(urls: &[String]) -> Result<(), Failure> {
    for url in urls {
        let mut client = Client::connect([url.clone()], None).await?;
        let put = client.put("ready", "", None);
        tokio::time::timeout(Duration::from_secs(2), put).await??;
    }
    Ok(())
}

/// Each call is one transaction that tells what was so of each key before.
async fn call_on(
    mut client: Client,
    seed: u64,
    begun: Instant,
    made: Arc<AtomicU64>,
) -> Result<(), Failure> {
    let mut random = seed;
    while begun.elapsed() < LASTING {
        let mut keys: Vec<String> =
            (0..3).map(|_| format!("links/v/k{}", below(&mut random, KEYS))).collect();
        // A transaction takes each key once.
        keys.sort();
        keys.dedup();
        let is_link = below(&mut random, 2) == 0;
        let change = |key: String| match is_link {
            true => TxnOp::put(key, "1", Some(PutOptions::new().with_prev_key())),
            false => TxnOp::delete(key, Some(DeleteOptions::new().with_prev_key())),
        };
        // The view is there, as a link needs it to be.
        let view = Compare::version("ready", CompareOp::Greater, 0);
        let changes: Vec<TxnOp> = keys.into_iter().map(change).collect();
        if !client.txn(Txn::new().when([view]).and_then(changes)).await?.succeeded() {
            return Err("the view is gone".into());
        }
        made.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// A number that looks random: SplitMix64.
fn below(random: &mut u64, bound: u64) -> u64 {
    *random = random.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *random;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) % bound
}
