//! A run, from an empty store to the figures.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use viewlink::{NewView, Store};
use viewlink_host::{ApiKeys, Host, Members, Role, Settings, serve};

use crate::Result;
use crate::arguments::Arguments;
use crate::client::Client;
use crate::figures::{Figures, Groups};
use crate::ledger::{Links, VIEWS, view};
use crate::worker::{Task, Worked, work};
use crate::{readback, sync_time};

const KEY: &str = "the-key-of-the-load";

/// The results that are known when the host has stopped.
struct Ended {
    time: Duration,
    latencies: Vec<Duration>,
    acknowledged: Links,
    groups: Groups,
}

/// Puts load on a host and checks the store that it leaves.
pub(crate) fn run(arguments: &Arguments) -> Result<Figures> {
    let directory = tempfile::tempdir_in(&arguments.dir)?;
    let path = directory.path().join("load.viewlink");
    let sync = sync_time::measure(directory.path())?;
    let ended = Runtime::new()?.block_on(serve_and_load(&path, arguments))?;

    let store = Store::open(&path)?;
    let found = readback::in_store(&store)?;
    readback::compare("in the store opened again", &found, &ended.acknowledged)?;
    store.close()?;
    Ok(Figures {
        connections: arguments.connections,
        time: ended.time,
        latencies: ended.latencies,
        groups: ended.groups,
        sync,
        flags: found.values().map(std::collections::BTreeSet::len).sum(),
    })
}

/// Starts the host, puts load on it, and stops it as a signal would.
async fn serve_and_load(path: &Path, arguments: &Arguments) -> Result<Ended> {
    let store = Store::open(path)?;
    for view in (0..VIEWS).map(view) {
        store.project("default")?.create_view(NewView::new(view.clone(), view))?;
    }
    let mut keys = ApiKeys::default();
    keys.add(KEY, Role::Writer);
    let host = Host::new(store, keys, Members::default(), Settings::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let served = tokio::spawn(serve(host, listener, stopped, Duration::from_secs(10)));

    let begin = Instant::now();
    let task = Task {
        address,
        key: KEY.to_owned(),
        keys: arguments.keys,
        end: begin + Duration::from_secs(arguments.seconds),
        requests: arguments.requests,
    };
    let (latencies, acknowledged) = load(&task, arguments.connections).await?;
    let time = begin.elapsed();

    let mut client = Client::connect(address, KEY).await?;
    let found = readback::over_http(&mut client).await?;
    readback::compare("over HTTP", &found, &acknowledged)?;
    let metrics = client.send("GET", "/metrics", String::new()).await?;
    let groups = Groups::of(&String::from_utf8_lossy(&metrics))?;
    drop((client, stop));
    served.await?;
    Ok(Ended { time, latencies, acknowledged, groups })
}

/// Runs all connections until the last one is done. The first failure ends the run.
async fn load(task: &Task, connections: u32) -> Result<(Vec<Duration>, Links)> {
    let mut workers: JoinSet<Result<Worked>> = JoinSet::new();
    for connection in 0..connections {
        workers.spawn(work(task.clone(), connection));
    }
    let (mut latencies, mut acknowledged) = (Vec::new(), Links::new());
    while let Some(worked) = workers.join_next().await {
        let Worked { ledger, latencies: of_one } = worked??;
        latencies.extend(of_one);
        ledger.enter(&mut acknowledged);
    }
    latencies.sort_unstable();
    Ok((latencies, acknowledged))
}
