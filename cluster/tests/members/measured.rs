//! The speed of members next to bare publishes of the same bytes, in the same run. Each row is one line of JSON:
//!
//! `cargo test --release -p viewlink-cluster --all-features --test members measured -- --ignored --nocapture --test-threads 1`

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

use serde_json::json;
use viewlink::{Batch, NewView, Options, Resource, Store};
use viewlink_cluster::{Appended, Log, Member, PostgresLog, PostgresOptions};

use crate::checker::{PROJECT, Random};
use crate::faults::Servers;
use crate::process::Task;
use crate::servers::nats::{self, Nats};
use crate::servers::postgres::{self, Postgres};

/// How long each rate is measured.
const LASTING: Duration = Duration::from_secs(5);
/// How many changes a new member has to catch up with, at least.
const CHANGES: u64 = 200_000;
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
#[ignore = "measures"]
fn measured_members_on_nats() {
    let Some(nats) = Nats::start(3) else { return };
    measure("NATS, 3 servers", &nats, &|bytes| bare_publishes(&nats, bytes));
}

#[test]
#[ignore = "measures"]
fn measured_members_on_postgresql() {
    let Some(postgres) = Postgres::start(&[]) else { return };
    let url = postgres::url(postgres.port());
    let log = PostgresLog::open(PostgresOptions::new(&url, "bare").unwrap()).unwrap();
    measure("PostgreSQL", &postgres, &|bytes| appends(&log, bytes));
}

/// Measures all rows; `bare` makes bare publishes of so long a message, one at a time, and returns their rate.
fn measure(name: &str, servers: &impl Servers, bare: &dyn Fn(usize) -> f64) {
    let folder = tempfile::tempdir().unwrap();
    let open = |at: usize| {
        let (folder, ports) = (folder.path().to_owned(), servers.ports());
        let log = servers.log(&ports, at % ports.len());
        Task { folder, name: format!("m{at}"), log, publishes: false, starts: 0 }.open()
    };
    let mut members = vec![open(0)];
    let project = members[0].store().project(PROJECT).unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    writes(&members, 1, Duration::from_secs(1));
    let bytes = average_entry(servers);

    let rate = bare(bytes);
    let row = |what: &str, per_second: f64| {
        let times = (per_second / rate * 100.0).round() / 100.0;
        let per_second = per_second.round();
        println!(
            "{}",
            json!({ "log": name, "what": what, "per_second": per_second, "of_bare": times })
        );
    };
    println!("an entry has {bytes} bytes");
    row("bare, one at a time", rate);
    row("one member, 1 thread", writes(&members, 1, LASTING));
    row("one member, 32 threads", writes(&members, 32, LASTING));
    row("bare, one at a time, again", bare(bytes));
    row("one member, 1 thread, again", writes(&members, 1, LASTING));
    members.extend([open(1), open(2)]);
    members.iter().for_each(|member| _ = member.fence(PATIENCE).unwrap());
    row("three members, 8 threads each", writes(&members, 8, LASTING));
    row("three members, 1 thread of one", writes(&members[..1], 1, LASTING));
    row("bare, one at a time, third time", bare(bytes));
    reads(name, &members);
    while members[0].token().unwrap().position().revision() < CHANGES {
        writes(&members[..1], 64, LASTING);
    }
    let last = members[0].fence(PATIENCE).unwrap();
    let (begun, changes) = (Instant::now(), last.position().revision());
    let new = open(3);
    let opened = begun.elapsed();
    assert!(new.wait_for(last, PATIENCE).unwrap());
    println!("{changes} changes, opened in {opened:?}, all in {:?}", begun.elapsed());
    row("catch-up of a new member", changes as f64 / begun.elapsed().as_secs_f64());
}

/// The average length of a message of the log.
fn average_entry(servers: &impl Servers) -> usize {
    let log = servers.log(&servers.ports(), 0).open().unwrap();
    let messages = log.read(3, Duration::from_secs(5)).unwrap();
    messages.iter().map(|message| message.bytes.len()).sum::<usize>() / messages.len()
}

fn bare_publishes(nats: &Nats, bytes: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let urls: Vec<String> =
            nats::urls(&nats.ports(), 0).split(',').map(str::to_owned).collect();
        let connect =
            async_nats::ConnectOptions::with_user_and_password("app".into(), "app".into());
        let context = async_nats::jetstream::new(connect.connect(urls).await.unwrap());
        let config = async_nats::jetstream::stream::Config {
            name: "bare".to_owned(),
            num_replicas: 3,
            ..Default::default()
        };
        context.get_or_create_stream(config).await.unwrap();
        let (begun, mut count) = (Instant::now(), 0);
        while begun.elapsed() < LASTING {
            context.publish("bare", vec![7; bytes].into()).await.unwrap().await.unwrap();
            count += 1;
        }
        f64::from(count) / begun.elapsed().as_secs_f64()
    })
}

fn appends(log: &dyn Log, bytes: usize) -> f64 {
    let (begun, mut count) = (Instant::now(), 0);
    while begun.elapsed() < LASTING {
        assert!(matches!(log.append(None, &vec![7; bytes]), Appended::At(_)));
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Calls a second, each of which links or unlinks three keys.
fn writes(members: &[Member], threads: u64, lasting: Duration) -> f64 {
    let (count, begun) = (AtomicUsize::new(0), Instant::now());
    scope(|scope| {
        for (at, member) in (1..).zip(members) {
            for thread in 0..threads {
                let (store, count) = (member.store(), &count);
                let is_over = move || begun.elapsed() >= lasting;
                scope.spawn(move || write_on(store, at * 1000 + thread, &is_over, count));
            }
        }
    });
    count.into_inner() as f64 / begun.elapsed().as_secs_f64()
}

fn write_on(store: &Store, seed: u64, is_over: &dyn Fn() -> bool, count: &AtomicUsize) {
    let project = store.project(PROJECT).unwrap();
    let mut random = Random(seed);
    while !is_over() {
        let keys: Vec<_> = (0..3).map(|_| format!("k{}", random.below(192))).collect();
        let batch = Batch::flags(keys);
        let report = match random.below(2) {
            0 => project.link("v", batch),
            _ => project.unlink("v", batch),
        };
        assert!(report.is_ok(), "{report:?}");
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Local reads of a member and of a lone store, while nothing happens and while another member writes.
fn reads(name: &str, members: &[Member]) {
    let lone = Options::new().open_in_memory().unwrap();
    let project = lone.project(PROJECT).unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    for store in [&lone, members[0].store()] {
        let keys: Vec<_> = (0..192).map(|key| format!("k{key}")).collect();
        let linked = store.project(PROJECT).unwrap().link("v", Batch::flags(keys));
        linked.unwrap().all_ok().unwrap();
    }
    let row = |what: &str| {
        // In turn, so that both meet the same load.
        let rounds: Vec<_> =
            (0..300).map(|_| (is_linked(members[0].store()), is_linked(&lone))).collect();
        let member = median(rounds.iter().map(|(member, _)| *member));
        let lone = median(rounds.iter().map(|(_, lone)| *lone));
        println!(
            "{}",
            json!({ "log": name, "what": what, "member_ns": member, "lone_store_ns": lone })
        );
    };
    row("is_linked, nobody writes");
    let is_over = AtomicBool::new(false);
    scope(|scope| {
        scope.spawn(|| {
            let is_over = || is_over.load(Ordering::Relaxed);
            write_on(members[1].store(), 7, &is_over, &AtomicUsize::new(0));
        });
        row("is_linked, another member writes");
        is_over.store(true, Ordering::Relaxed);
    });
}

/// Nanoseconds of one read, over some of them.
fn is_linked(store: &Store) -> f64 {
    const READS: u32 = 20_000;
    let flags: Vec<_> = (0..192).map(|key| Resource::flag(&format!("k{key}")).unwrap()).collect();
    let (project, begun) = (store.project(PROJECT).unwrap(), Instant::now());
    let mut found = 0;
    for flag in flags.iter().cycle().take(READS as usize) {
        found += u32::from(project.read().unwrap().is_linked("v", flag).unwrap());
    }
    assert!(found <= READS);
    begun.elapsed().as_nanos() as f64 / f64::from(READS)
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2].round()
}
