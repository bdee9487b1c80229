#!/usr/bin/env bash
# guess: A line "cc ..." of a proptest-regressions file gives the same case with every proptest 1.x that reads it, as
# long as the strategy is the same: this is why the file is checked in. Doubt: ranges, since their sampling changed with
# rand 0.9. Full-width integers, vectors of bytes and texts of a pattern stay.
#
# result (proptest 1.6.0, 1.7.0, 1.12.0): the opposite. From 1.6.0 to 1.7.0 numbers stay the same, also those of ranges,
# and so do choices and options. Every line stands for another vector, even of a fixed length, and for other texts,
# sets, subsequences and orders. From 1.7.0 to 1.12.0 nothing changes. No version warns: the file is read, and its new
# cases pass.
#
# affected: projects that update proptest and rely on stored seeds as tests of the bugs that they found. A law over a
# vector of calls loses all its seeds.
#
# Exits with an error if the behaviour changes. Needs cargo.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir src
cat > kept.txt <<'TXT'
cc 2f6d1c0a9b8e7d6c5b4a39281706f5e4d3c2b1a0918273645546372819a0b1c2
cc 7a11c3e5900d2b4f6688aaccee1357924680bdf0fedcba98765432100f1e2d3c
cc c0ffee00112233445566778899aabbccddeeff0102030405060708090a0b0c0d
TXT
cat > src/main.rs <<'RS'
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use std::cell::RefCell;
use std::fmt::Debug;

/// Prints the cases that the lines of the file stand for, which are tried before any new one.
fn tell<S: Strategy<Value: Debug>>(name: &str, strategy: S) {
    let lines = std::fs::read_to_string("kept.txt").unwrap().lines().count();
    let kept = FileFailurePersistence::Direct("kept.txt");
    let mut runner = TestRunner::new(Config { cases: 1, failure_persistence: Some(Box::new(kept)), ..Config::default() });
    let cases = RefCell::new(Vec::new());
    let passed = runner.run(&strategy, |case| {
        cases.borrow_mut().push(format!("{case:?}"));
        Ok(())
    });
    passed.unwrap();
    let cases = cases.into_inner();
    assert_eq!(cases.len(), lines + 1, "the lines of the file, and a new case");
    println!("{name}: {}", cases[..lines].join(" or "));
}

fn main() {
    tell("same: any u64", any::<u64>());
    tell("same: any bool", any::<bool>());
    tell("same: any f64", any::<f64>());
    tell("same: 0..1_000", 0..1_000u32);
    tell("same: 0..=1_000", 0..=1_000u64);
    tell("same: one of three", prop_oneof![Just(1), Just(2), Just(3)]);
    tell("same: select", select(vec!["a", "b", "c", "d", "e"]));
    tell("same: option", proptest::option::of(0..9u8));
    tell("other: up to 5 bytes", vec(any::<u8>(), 0..6));
    tell("other: 4 bytes", vec(any::<u8>(), 4));
    tell("other: [a-z]{1,8}", "[a-z]{1,8}");
    tell("other: .{0,4}", ".{0,4}");
    tell("other: a set of 3", btree_set(0..100u8, 3));
    tell("other: a subsequence", subsequence(vec![1, 2, 3, 4, 5, 6], 3));
    tell("other: an order", Just(vec![1, 2, 3, 4, 5, 6]).prop_shuffle());
}
RS
for version in 1.6.0 1.7.0 1.12.0; do
  cat > Cargo.toml <<TOML
[package]
name = "seeds"
version = "0.0.0"
edition = "2024"
[dependencies]
proptest = { version = "=$version", default-features = false, features = ["std"] }
[profile.dev]
debug = false
TOML
  rm -f Cargo.lock
  cargo run --quiet > "$version"
done
compare() { # OLDER NEWER: all lines, each with whether it stayed
  paste -d '\n' "$1" "$2" | while IFS= read -r older && IFS= read -r newer; do
    if [ "$older" = "$newer" ]; then echo "same: ${newer#*: }"; else echo "other: ${newer#*: }"; fi
  done
}
echo "proptest 1.6.0:"
sed 's/^[a-z]*: /  /' 1.6.0
echo "proptest 1.7.0 gives, compared with that:"
compare 1.6.0 1.7.0 | sed 's/^/  /'
diff <(compare 1.6.0 1.7.0) 1.7.0
cmp 1.7.0 1.12.0
echo "as described"
