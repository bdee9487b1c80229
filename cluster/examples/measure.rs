//! The speed of members over a log in memory, which takes no time itself:
//! `cargo run --release -p viewlink-cluster --example measure`.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use viewlink::{Batch, NewView, Options, Resource, Store};
use viewlink_cluster::{ClusterOptions, Log, Member, MemoryLog, MemorySnapshots};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How long each rate is measured.
const TIME: Duration = Duration::from_secs(3);

fn main() -> Result<()> {
    let dir = std::env::temp_dir().join(format!("measure-members-{}", std::process::id()));
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    let open = |name: &str| {
        let (log, snapshots) = (Arc::clone(&log), Arc::new(MemorySnapshots::new()));
        Member::open(dir.join(name), Options::new(), log, snapshots, ClusterOptions::new())
    };
    let (one, alone) = (open("one")?, Options::new().open(dir.join("alone"))?);
    for store in [one.store(), &alone] {
        store.project("p")?.ensure_view(NewView::new("v", "V"))?;
    }
    for threads in [1, 32] {
        println!("{threads} threads, member: {:.0} writes/s", writes(one.store(), threads)?);
        println!("{threads} threads, lone store: {:.0} writes/s", writes(&alone, threads)?);
    }
    let begun = Instant::now();
    let late = open("late")?;
    let token = one.token()?;
    late.wait_for(token, Duration::from_secs(600))?;
    let changes = token.position().revision() as f64;
    println!("catch-up: {:.0} changes/s", changes / begun.elapsed().as_secs_f64());
    for (name, store) in [
        ("member", one.store()),
        ("lone store", &alone),
        ("member", one.store()),
        ("lone store", &alone),
    ] {
        println!("is_linked, {name}: {:.0} ns", reads(store)?);
    }
    drop((one, late, alone));
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

fn writes(store: &Store, threads: usize) -> Result<f64> {
    let until = Instant::now() + TIME;
    let write = |thread: usize| -> Result<u64> {
        let project = store.project("p")?;
        let mut written = 0;
        while Instant::now() < until {
            let key = format!("f{thread}-{}", written / 2 % 1_000);
            let _report = match written % 2 {
                0 => project.link("v", Batch::flags([key]))?,
                _ => project.unlink("v", Batch::flags([key]))?,
            };
            written += 1;
        }
        Ok(written)
    };
    let written: Result<Vec<u64>> = thread::scope(|scope| {
        let write = &write;
        let threads: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || write(thread))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a panic")?).collect()
    });
    Ok(written?.iter().sum::<u64>() as f64 / TIME.as_secs_f64())
}

fn reads(store: &Store) -> Result<f64> {
    const READS: u32 = 300_000;
    let project = store.project("p")?;
    project.link("v", Batch::flags((0..1_000).map(|key| format!("read-{key}"))))?.all_ok()?;
    let flags: Vec<Resource> = (0..1_000)
        .map(|key| Resource::flag(&format!("read-{key}")))
        .collect::<std::result::Result<_, _>>()?;
    let (reader, begun) = (project.read()?, Instant::now());
    let mut found = 0;
    for flag in flags.iter().cycle().take(READS as usize) {
        found += u32::from(reader.is_linked("v", flag)?);
    }
    assert_eq!(found, READS);
    Ok(begun.elapsed().as_nanos() as f64 / f64::from(READS))
}
