//! What members do beside bare publishes of the same bytes, in one run. Each row is one line of JSON:
//!
//! `cargo test --release -p viewlink-cluster --all-features --test members measured -- --ignored --nocapture`

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

use serde_json::json;
use viewlink::{Batch, NewView, Resource};
use viewlink_cluster::Member;

use crate::checker::{PROJECT, Random};
use crate::servers::nats::Nats;
use crate::three_servers::open_member;

const LASTING: Duration = Duration::from_secs(5);
/// What an entry with one change of three keys has, about.
const BYTES: usize = 200;

#[test]
#[ignore = "measures"]
fn measured_members() {
    let Some(nats) = Nats::start(3) else { return };
    let folder = tempfile::tempdir().unwrap();
    let members: Vec<Member> =
        (0..3).map(|at| open_member(&nats, folder.path(), &format!("m{at}"), at)).collect();
    let project = members[0].store().project(PROJECT).unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    members.iter().for_each(|member| drop(member.fence(Duration::from_secs(30)).unwrap()));

    let bare = bare_publishes(&nats);
    row("bare publish, one at a time", bare, bare);
    row("one member, 1 thread", writes(&members[..1], 1), bare);
    row("one member, 32 threads", writes(&members[..1], 32), bare);
    row("three members, 8 threads each", writes(&members, 8), bare);
    row("bare publish, one at a time, again", bare_publishes(&nats), bare);

    let last = members[0].fence(Duration::from_secs(30)).unwrap();
    let begun = Instant::now();
    let fourth = open_member(&nats, folder.path(), "m4", 0);
    assert!(fourth.wait_for(last, Duration::from_secs(300)).unwrap());
    let changes = members[0].store().snapshot().unwrap().revision();
    row("catch-up from nothing", changes as f64 / begun.elapsed().as_secs_f64(), bare);
    reads_beside_writes(&members);
}

fn row(what: &str, per_second: f64, bare: f64) {
    let times = (per_second / bare * 100.0).round() / 100.0;
    println!("{}", json!({ "what": what, "per_second": per_second.round(), "of_bare": times }));
}

fn bare_publishes(nats: &Nats) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let urls: Vec<String> = nats.urls(0).split(',').map(str::to_owned).collect();
        let connect = async_nats::ConnectOptions::with_user_and_password("app".into(), "app".into());
        let context = async_nats::jetstream::new(connect.connect(urls).await.unwrap());
        let config = async_nats::jetstream::stream::Config {
            name: "bare".to_owned(),
            num_replicas: 3,
            ..Default::default()
        };
        context.get_or_create_stream(config).await.unwrap();
        let (begun, mut count) = (Instant::now(), 0);
        while begun.elapsed() < LASTING {
            context.publish("bare", vec![7; BYTES].into()).await.unwrap().await.unwrap();
            count += 1;
        }
        f64::from(count) / begun.elapsed().as_secs_f64()
    })
}

/// Calls a second, each of which links or unlinks three keys.
fn writes(members: &[Member], threads: u64) -> f64 {
    let (count, begun) = (AtomicUsize::new(0), Instant::now());
    scope(|scope| {
        for (at, member) in (1..).zip(members) {
            for thread in 0..threads {
                let count = &count;
                scope.spawn(move || {
                    let project = member.store().project(PROJECT).unwrap();
                    let mut random = Random(at * 1000 + thread);
                    while begun.elapsed() < LASTING {
                        let keys: Vec<_> = (0..3).map(|_| format!("k{}", random.below(192))).collect();
                        let batch = Batch::flags(keys);
                        let report = match random.below(2) {
                            0 => project.link("v", batch),
                            _ => project.unlink("v", batch),
                        };
                        assert!(report.is_ok(), "{report:?}");
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        }
    });
    count.into_inner() as f64 / begun.elapsed().as_secs_f64()
}

/// Local questions a second of one thread, while nobody and while another thread writes.
fn reads_beside_writes(members: &[Member]) {
    let flag = Resource::flag("k1").unwrap();
    let reads = || {
        let (begun, mut count) = (Instant::now(), 0_u64);
        while begun.elapsed() < Duration::from_secs(2) {
            let project = members[0].store().project(PROJECT).unwrap().read().unwrap();
            project.is_linked("v", &flag).unwrap();
            count += 1;
        }
        count as f64 / begun.elapsed().as_secs_f64()
    };
    let alone = reads();
    let beside = scope(|scope| {
        scope.spawn(|| writes(&members[1..2], 1));
        reads()
    });
    println!("{}", json!({ "what": "is_linked a second, alone and beside writes", "alone": alone.round(), "beside": beside.round() }));
}
