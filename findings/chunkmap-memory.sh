#!/usr/bin/env bash
# guess: immutable-chunkmap 2.1 answers get, range, remove and len as BTreeMap does, with any bounds. A map of one
# u64 to u64 takes less than 1 KiB in its default form (MapM), and a map filled in ascending order takes at most
# three times its payload with chunks of 16. A remove_cow of an absent key copies nothing.
#
# result (immutable-chunkmap 2.1.5): the answers are those of BTreeMap, and filled maps are small (22 bytes an entry of
# 16). But a chunk has its full size from its first entry on, and chunks never merge: one entry takes 8,288 bytes in a
# MapM and 352 in chunks of 16, and a map from which 95 % were removed takes 351 bytes an entry, 16 times as much as a rebuilt
# map. While a clone exists, remove_cow and get_mut_cow of an absent key copy the chunks on the
# way to it.
#
# affected: many small maps, maps that were once large, and "remove if present" while a snapshot exists.
#
# Exits with an error if the behaviour changes. Needs cargo.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
cat > "$scratch/Cargo.toml" <<'TOML'
[package]
name = "chunks"
version = "0.0.0"
edition = "2024"
[dependencies]
immutable-chunkmap = "=2.1.5"
[profile.dev]
opt-level = 1
debug = false
TOML
cat > "$scratch/src/main.rs" <<'RS'
use immutable_chunkmap::map::{Map, MapM};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts the bytes that are asked for.
struct Counted;
static BYTES: AtomicUsize = AtomicUsize::new(0);
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(place, layout) }
    }
}
#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// What `make` returns, and the bytes that live since.
fn cost<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = BYTES.load(Relaxed);
    let made = make();
    (made, BYTES.load(Relaxed) - before)
}

fn filled(keys: impl Iterator<Item = u64>) -> Map<u64, u64, 16> {
    let mut map = Map::new();
    for key in keys {
        map.insert_cow(key, key);
    }
    map
}

fn main() {
    let (_default, default) = cost(|| {
        let mut map: MapM<u64, u64> = MapM::new();
        map.insert_cow(1, 1);
        map
    });
    let (_small, small) = cost(|| filled(0..1));
    println!("one entry: {default} bytes as MapM, {small} in chunks of 16");
    assert!(default > 8_000 && small > 300);

    let (mut map, full) = cost(|| filled((0..100_000).map(|key| key * 2)));
    println!("100,000 entries: {} bytes each", full / 100_000);
    assert!(full / 100_000 < 30);

    let held = map.clone();
    let (removed, copied) = cost(|| map.remove_cow(&77_777));
    println!("remove_cow of an absent key while a clone exists: {removed:?}, {copied} bytes copied");
    assert!(removed.is_none() && copied > 300);
    let (found, copied) = cost(|| map.get_mut_cow(&33_333).is_some());
    println!("get_mut_cow of an absent key while a clone exists: {found}, {copied} bytes copied");
    assert!(!found && copied > 300);
    drop(held);

    let all = BYTES.load(Relaxed);
    let kept = |key: &u64| key / 2 % 20 == 0;
    for key in (0..100_000).map(|key| key * 2).filter(|key| !kept(key)) {
        map.remove_cow(&key);
    }
    let left = full - (all - BYTES.load(Relaxed));
    let (anew, fresh) = cost(|| filled(map.into_iter().map(|(key, _)| *key)));
    assert_eq!((map.len(), anew.len()), (5_000, 5_000));
    println!("95 % removed: {} bytes an entry, {} rebuilt", left / 5_000, fresh / 5_000);
    assert!(left > fresh * 8);
}
RS
cargo run --quiet --manifest-path "$scratch/Cargo.toml"
echo "as described"
