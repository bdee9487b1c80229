#!/usr/bin/env bash
# guess: 16 threads that commit one row each with sync to canopydb 0.2.5 share syncs, since its log has a group commit:
# with exclusive transactions, and with concurrent ones that each have their own tree, there are less than half as many
# syncs as commits. Database::sync returns when all earlier commits are durable, even if another thread is syncing.
#
# result (canopydb 0.2.5): each commit with sync has its own sync, for exclusive transactions and for concurrent ones
# without a conflict: a commit holds the lock of all commits until its sync is done. The group commit is that of several
# databases in one environment. Database::sync returns at once while another sync is running that began after the
# commit: the data is not durable yet then.
#
# affected: services with many callers who each wait for a durable change; and programs that commit without sync, call
# Database::sync from several threads or during the store's own syncs, and acknowledge when it returns.
#
# Exits with an error if the behaviour changes. Needs cargo.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
cat > "$scratch/Cargo.toml" <<'TOML'
[package]
name = "synced-writers"
version = "0.0.0"
edition = "2024"
[dependencies]
canopydb = "=0.2.5"
libc = "=0.2.191"
[profile.dev]
opt-level = 1
debug = false
TOML
cat > "$scratch/src/main.rs" <<'RS'
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};
use std::{env, error::Error, thread};

use canopydb::{Database, DbOptions, EnvOptions};

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;

const THREADS: u64 = 16;
const COMMITS: u64 = 20;

static SYNCS: AtomicU64 = AtomicU64::new(0);
static DELAY: AtomicU64 = AtomicU64::new(2);

/// In place of the C library's: counts, and takes some milliseconds as on a slow disk.
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(file: libc::c_int) -> libc::c_int {
    SYNCS.fetch_add(1, SeqCst);
    thread::sleep(Duration::from_millis(DELAY.load(SeqCst)));
    // SAFETY: the call takes a number and no pointer.
    unsafe { libc::syscall(libc::SYS_fdatasync, file) as libc::c_int }
}

/// What is made durable, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Exclusive,
    ConcurrentOwnTrees,
    /// Exclusive and without a sync; then one call of Database::sync.
    SyncAfterwards,
}

fn commit(database: &Database, how: How, thread: u64, number: u64) -> Answer<()> {
    loop {
        let transaction = database.begin_write_with(how == How::ConcurrentOwnTrees)?;
        let name = if how == How::ConcurrentOwnTrees { format!("tree-{thread}") } else { "tree".into() };
        let mut tree = transaction.get_or_create_tree(name.as_bytes())?;
        tree.insert(format!("{thread}-{number}").as_bytes(), b"value")?;
        drop(tree);
        match transaction.commit_with(how != How::SyncAfterwards) {
            Err(canopydb::Error::WriteConflict) => continue,
            other => other?,
        };
        if how == How::SyncAfterwards {
            database.sync()?;
        }
        return Ok(());
    }
}

fn syncs_for_each(database: &Database, how: How) -> Answer<f64> {
    for thread in 0..THREADS {
        commit(database, how, thread, u64::MAX)?; // makes the trees
    }
    let start = Barrier::new(THREADS as usize);
    let before = SYNCS.load(SeqCst);
    let begin = Instant::now();
    thread::scope(|scope| {
        let work = |thread| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                (0..COMMITS).try_for_each(|number| commit(database, how, thread, number))
            })
        };
        let workers: Vec<_> = (0..THREADS).map(work).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a thread panicked")?)
    })?;
    let syncs = SYNCS.load(SeqCst) - before;
    let commits = THREADS * COMMITS;
    println!("{how:?}: {commits} commits, {syncs} syncs, {} ms", begin.elapsed().as_millis());
    Ok(syncs as f64 / commits as f64)
}

/// How long Database::sync takes while another sync is under way that began after the commit.
fn second_sync(database: &Database) -> Answer<Duration> {
    commit(database, How::Exclusive, 0, 1_000)?;
    let transaction = database.begin_write()?;
    transaction.get_or_create_tree(b"tree")?.insert(b"late", b"value")?;
    transaction.commit_with(false)?;
    DELAY.store(1_000, SeqCst);
    thread::scope(|scope| {
        let first = scope.spawn(|| database.sync());
        thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        database.sync()?;
        let took = begin.elapsed();
        first.join().map_err(|_| "a thread panicked")??;
        println!("a sync that began 300 ms into another one, which takes 1,000 ms: {} ms", took.as_millis());
        Ok(took)
    })
}

fn main() -> Answer<()> {
    let folder = env::args().nth(1).ok_or("the folder is missing")?;
    std::fs::create_dir_all(&folder)?;
    let database = Database::with_options(EnvOptions::new(&folder), DbOptions::default())?;
    let exclusive = syncs_for_each(&database, How::Exclusive)?;
    let concurrent = syncs_for_each(&database, How::ConcurrentOwnTrees)?;
    syncs_for_each(&database, How::SyncAfterwards)?;
    let second = second_sync(&database)?;
    assert!(exclusive >= 1.0, "exclusive transactions share syncs");
    assert!(concurrent >= 1.0, "concurrent transactions share syncs");
    assert!(second < Duration::from_millis(350), "a sync waits for the running one");
    Ok(())
}
RS
cargo run --quiet --manifest-path "$scratch/Cargo.toml" -- "$scratch/database"
echo "as described"
