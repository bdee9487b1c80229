#!/usr/bin/env bash
# guess: With RocksDB 7.8 and pessimistic transactions, 16 threads that each change their own row and merge 1 into a
# common row, in transactions that sync the log, share syncs: merges into the same row do not exclude each other, so
# there are less than half as many syncs as commits. If each reads the row for update and puts it, row locks allow one
# transaction at a time up to its place in the log, but the sync is still shared.
#
# result (RocksDB 7.8.3): a merge takes the lock of its row as a put does, and locks are held until the commit returns,
# which is after the sync. So each commit that changes the row has its own sync, merged or put. Without a row in common,
# and with a counting row for each thread, eight commits share a sync.
#
# affected: programs that keep a count, or the time of the last change, in one row next to the changed rows, and do not
# get more commits from more callers.
#
# Exits with an error if the behaviour changes. Needs cargo, and as root: apt-get install librocksdb-dev libclang-dev
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
cat > "$scratch/Cargo.toml" <<'TOML'
[package]
name = "hot-counter"
version = "0.0.0"
edition = "2024"
[dependencies]
rocksdb = { version = "=0.20.1", default-features = false }
[profile.dev]
opt-level = 1
debug = false
TOML
cat > "$scratch/src/main.rs" <<'RS'
use std::sync::Barrier;
use std::time::Instant;
use std::{env, error::Error, thread};

use rocksdb::{MergeOperands, Options, TransactionDB, TransactionDBOptions, TransactionOptions, WriteOptions};

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;

const THREADS: u64 = 16;
const COMMITS: u64 = 50;

/// What a transaction does besides changing a row of its own.
#[derive(Clone, Copy, Debug)]
enum Count {
    Nothing,
    Put,
    Merge,
    /// As put, in a row for each thread.
    PutOwn,
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map(u64::from_be_bytes).unwrap_or(0)
}

fn add(_: &[u8], old: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    let sum = old.map_or(0, number) + operands.iter().map(number).sum::<u64>();
    Some(sum.to_be_bytes().into())
}

fn commit(database: &TransactionDB, count: Count, thread: u64, turn: u64) -> Answer<()> {
    let mut synced = WriteOptions::default();
    synced.set_sync(true);
    let transaction = database.transaction_opt(&synced, &TransactionOptions::default());
    transaction.put(format!("row-{thread}-{turn}"), b"value")?;
    let put = |key: String| -> Answer<()> {
        let old = transaction.get_for_update(&key, true)?.map_or(0, |bytes| number(&bytes));
        Ok(transaction.put(key, (old + 1).to_be_bytes())?)
    };
    match count {
        Count::Nothing => {}
        Count::Put => put(format!("{count:?}"))?,
        Count::PutOwn => put(format!("{count:?}-{thread}"))?,
        Count::Merge => transaction.merge(format!("{count:?}"), 1_u64.to_be_bytes())?,
    }
    Ok(transaction.commit()?)
}

/// How often the log was synced since the database was opened.
fn syncs(options: &Options) -> Answer<u64> {
    let text = options.get_statistics().ok_or("there are no statistics")?;
    let line = text.lines().find(|line| line.starts_with("rocksdb.wal.synced ")).ok_or("the counter is missing")?;
    Ok(line.rsplit(' ').next().unwrap_or_default().parse()?)
}

fn syncs_for_each(database: &TransactionDB, options: &Options, count: Count) -> Answer<f64> {
    let start = Barrier::new(THREADS as usize);
    let before = syncs(options)?;
    let begin = Instant::now();
    thread::scope(|scope| {
        let work = |thread| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                (0..COMMITS).try_for_each(|turn| commit(database, count, thread, turn))
            })
        };
        let workers: Vec<_> = (0..THREADS).map(work).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a thread panicked")?)
    })?;
    let (syncs, commits) = (syncs(options)? - before, THREADS * COMMITS);
    println!("{count:?}: {commits} commits, {syncs} syncs, {} ms", begin.elapsed().as_millis());
    Ok(syncs as f64 / commits as f64)
}

fn main() -> Answer<()> {
    let folder = env::args().nth(1).ok_or("the folder is missing")?;
    let mut options = Options::default();
    options.create_if_missing(true);
    options.enable_statistics();
    options.set_merge_operator_associative("add", add);
    let mut locks = TransactionDBOptions::default();
    locks.set_txn_lock_timeout(60_000);
    let database: TransactionDB = TransactionDB::open(&options, &locks, folder)?;
    let [nothing, put, merge, own] = [Count::Nothing, Count::Put, Count::Merge, Count::PutOwn]
        .map(|count| syncs_for_each(&database, &options, count));
    assert_eq!(number(&database.get("Merge")?.unwrap_or_default()), THREADS * COMMITS);
    assert!(nothing? < 0.5 && own? < 0.5, "transactions without a row in common share no syncs");
    assert!(merge? >= 1.0, "merges into the same row share syncs");
    assert!(put? >= 1.0, "row locks are released before the sync");
    Ok(())
}
RS
ROCKSDB_LIB_DIR=${ROCKSDB_LIB_DIR:-$(dirname "$(find /usr/lib -name librocksdb.so | head -n 1)")} \
  ROCKSDB_INCLUDE_DIR=${ROCKSDB_INCLUDE_DIR:-/usr/include} \
  cargo run --quiet --manifest-path "$scratch/Cargo.toml" -- "$scratch/database"
echo "as described"
