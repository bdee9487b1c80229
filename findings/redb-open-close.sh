#!/usr/bin/env bash
# guess: Opening a cleanly closed redb 4.6 file with Database::open, reading from it and closing it leaves its bytes
# as they were. Two files made by the same calls with the same data are equal to the byte.
#
# result (redb 4.6.0): each opening and closing changes the file, even without reads: it commits when it closes. The
# first one also makes it longer. ReadOnlyDatabase changes nothing. The second half of the guess is right: the same
# calls make equal files.
#
# affected: tools that copy changed files, stored checksums of a file, and openings of a file on a read-only medium.
#
# Exits with an error if the behaviour changes. Needs cargo.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
cat > "$scratch/Cargo.toml" <<'TOML'
[package]
name = "reopen"
version = "0.0.0"
edition = "2024"
[dependencies]
redb = "=4.6.0"
[profile.dev]
opt-level = 1
debug = false
TOML
cat > "$scratch/src/main.rs" <<'RS'
use redb::{Database, ReadOnlyDatabase, ReadableDatabase, ReadableTableMetadata, TableDefinition};
use std::{env, error::Error, fs};

const ROWS: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");

fn make(file: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let database = Database::create(file)?;
    let write = database.begin_write()?;
    {
        let mut table = write.open_table(ROWS)?;
        for key in 0..1_000 {
            table.insert(key, [7; 100].as_slice())?;
        }
    }
    write.commit()?;
    drop(database);
    Ok(fs::read(file)?)
}

fn read(database: &impl ReadableDatabase) -> Result<(), Box<dyn Error>> {
    assert_eq!(database.begin_read()?.open_table(ROWS)?.len()?, 1_000);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("the folder is missing")?;
    let (file, other) = (format!("{folder}/one.redb"), format!("{folder}/other.redb"));
    let mut before = make(&file)?;
    assert!(before == make(&other)?, "the same calls made files that differ");
    for (how, changes) in [("ReadOnlyDatabase, read", false), ("Database, read", true), ("Database, not read", true), ("Database, read", true)] {
        match how {
            "ReadOnlyDatabase, read" => read(&ReadOnlyDatabase::open(&file)?)?,
            "Database, read" => read(&Database::open(&file)?)?,
            _ => drop(Database::open(&file)?),
        }
        let after = fs::read(&file)?;
        let differ = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        println!("{how}: {} bytes before, {} after, {differ} of them differ", before.len(), after.len());
        assert_eq!(before != after, changes, "whether it changes the file");
        before = after;
    }
    Ok(())
}
RS
cargo run --quiet --manifest-path "$scratch/Cargo.toml" -- "$scratch"
echo "as described"
