#!/usr/bin/env bash
# guess: a program has 200,000 blocks of 1,088 bytes (a leaf of a shared vector) and frees all but every hundredth, so
# that 96 % of the pages are empty. The system's allocator keeps nearly all of it, since it gives back only what is at
# the top of its heap, and malloc_trim changes little, since a live block is at the top. With huge pages
# (glibc.malloc.hugetlb=1) it is the same. jemalloc returns three quarters within 10 s, its decay time, without a call
# from the program; mimalloc does so within 1 s.
#
# result (glibc 2.36, tikv-jemallocator 0.6.1, mimalloc crate 0.1.48; x86-64 Linux): no allocator returns memory by
# itself. The system's allocator keeps all of it until malloc_trim is called, which gives back the pages inside the heap
# as well: 224 MB become 14. jemalloc keeps all of it after 12 s of quiet and after a million small allocations: its
# decay is checked only when the program uses an arena, and small blocks come from a cache of the thread. mimalloc keeps
# all of it while the program is quiet, and about half once it allocates again. With huge pages the system's allocator
# does the same.
#
# affected: a host whose store lost most of its links, and looks at the memory of the process.
#
# Exits with an error if the behaviour changes. Needs cargo and a C compiler.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
cat > "$scratch/Cargo.toml" <<'TOML'
[package]
name = "kept"
version = "0.0.0"
edition = "2024"
[features]
default = []
jemalloc = ["dep:tikv-jemallocator"]
mimalloc = ["dep:mimalloc"]
[dependencies]
libc = "=0.2.177"
tikv-jemallocator = { version = "=0.6.1", optional = true }
mimalloc = { version = "=0.1.48", optional = true, default-features = false }
[profile.dev]
opt-level = 1
debug = false
TOML
cat > "$scratch/src/main.rs" <<'RS'
use std::time::Duration;

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Resident memory in MB.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096 / 1_000_000
}

fn main() {
    let mut blocks: Vec<Option<Box<[u8; 1088]>>> = (0..200_000).map(|_| Some(Box::new([1; 1088]))).collect();
    let full = resident();
    blocks.iter_mut().enumerate().filter(|(at, _)| at % 100 != 0).for_each(|(_, block)| *block = None);
    let freed = resident();
    std::thread::sleep(Duration::from_secs(12));
    let idle = resident();
    // A program that continues: a million small allocations.
    for at in 0..1_000_000_u32 {
        std::hint::black_box(Box::new([at; 16]));
    }
    let busy = resident();
    unsafe { libc::malloc_trim(0) };
    let trimmed = resident();
    println!("{full} {freed} {idle} {busy} {trimmed}");
    std::hint::black_box(&blocks);
}
RS
for allocator in system jemalloc mimalloc; do
  cargo run --quiet --manifest-path "$scratch/Cargo.toml" --features "${allocator/system/default}" > "$scratch/$allocator"
  echo "$allocator: full, freed, 12 s later, after more work, after malloc_trim (MB): $(cat "$scratch/$allocator")"
done
GLIBC_TUNABLES=glibc.malloc.hugetlb=1 cargo run --quiet --manifest-path "$scratch/Cargo.toml" > "$scratch/huge"
echo "system, huge pages: $(cat "$scratch/huge")"

# is FILE COLUMN LEAST MOST: the share of the full memory in percent.
is() {
  awk -v column="$2" -v least="$3" -v most="$4" '{ share = 100 * $column / $1; exit !(share >= least && share <= most) }' "$scratch/$1" ||
    { echo "$1 keeps a different share in column $2"; exit 1; }
}
for allocator in system huge; do
  is "$allocator" 4 90 105
  is "$allocator" 5 0 20
done
is jemalloc 4 90 105
is mimalloc 3 90 105
is mimalloc 4 30 75
echo "as described"
