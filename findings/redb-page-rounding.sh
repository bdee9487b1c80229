#!/usr/bin/env bash
# guess: redb 4.6 with pages of 4 KiB: a value larger than a page takes as many whole pages as it needs, so 1,000 values
# of 33,000 bytes take 9 pages each (36,864 bytes) and the file grows to about 37 MB. Rows of 1,400 bytes put in in key
# order fill leaves by two or more: at least 60 % of the file is payload.
#
# result (redb 4.6.0): a leaf with one large row takes a power of two of pages. 4,100 bytes take 8 KiB, 33,000 bytes 64
# KiB and 1,100,000 bytes 2 MiB: just above a power of two the file is twice as large as its rows. And the file of 1,000
# values of 33,000 bytes is 102,764,544 bytes long after it was closed (65,638,400 on the disk, the rest is a hole), 3.1
# times its rows. Rows of 1,400 bytes are as guessed (63 %), and rows of 2,100 bytes fill a page each.
#
# affected: programs that choose the size of rows, and tools that copy the file and write out its holes.
#
# Exits with an error if the behaviour changes. Needs cargo.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
cat > "$scratch/Cargo.toml" <<'TOML'
[package]
name = "pages"
version = "0.0.0"
edition = "2024"
[dependencies]
redb = "=4.6.0"
[profile.dev]
opt-level = 1
debug = false
TOML
cat > "$scratch/src/main.rs" <<'RS'
use redb::{Database, ReadableTableMetadata, TableDefinition};
use std::{env, fs, os::unix::fs::MetadataExt};

const ROWS: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = env::args().nth(1).ok_or("the file is missing")?;
    // Length of a row, how many, and the bytes that a leaf of it takes.
    for (length, count, page) in
        [(1_400, 1_000, 4_096), (2_100, 1_000, 4_096), (4_100, 1_000, 8_192), (33_000, 1_000, 65_536), (1_100_000, 20, 2 << 20)]
    {
        let database = Database::create(&file)?;
        let write = database.begin_write()?;
        let stats = {
            let mut table = write.open_table(ROWS)?;
            for key in 0..count {
                table.insert(key, vec![7; length].as_slice())?;
            }
            table.stats()?
        };
        write.commit()?;
        // Leaves have rows, their metadata (a few bytes per row), and unused bytes.
        drop(database);
        let (rows, about) = (length as u64 * count, fs::metadata(&file)?);
        let unused = stats.fragmented_bytes() as f64 / count as f64;
        println!(
            "{count} rows of {length} bytes: {} leaves, {unused:.0} bytes a row unused, file {} bytes ({:.2} of its rows), {} on the disk",
            stats.leaf_pages(), about.len(), about.len() as f64 / rows as f64, about.blocks() * 512,
        );
        let expected = (stats.leaf_pages() * page - rows) as f64 / count as f64;
        if (expected - unused).abs() > 256.0 {
            return Err(format!("leaves of {page} bytes would leave {expected:.0} bytes a row unused").into());
        }
        if length == 33_000 && about.len() < rows * 2 {
            return Err("the file is less than twice its rows".into());
        }
        fs::remove_file(&file)?;
    }
    Ok(())
}
RS
cargo run --quiet --manifest-path "$scratch/Cargo.toml" -- "$scratch/rows.redb"
echo "as described"
