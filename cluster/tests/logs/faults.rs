//! What a log says under faults is so afterwards: what it acknowledged is there, what it refused is not, and what it
//! does not know is there once or not at all.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use viewlink_cluster::{Appended, Log, LogError};

/// What became of a message, by what is in it.
#[derive(Default)]
struct Told {
    acknowledged: HashMap<Vec<u8>, u64>,
    refused: HashSet<Vec<u8>>,
    unknown: HashSet<Vec<u8>>,
}

/// Appends from several threads to each log while faults happen, and reads at the same time; then looks at all of it.
pub(crate) fn holds(logs: &[&dyn Log], faults: impl FnOnce()) {
    let (told, is_over) = (Mutex::new(Told::default()), AtomicBool::new(false));
    let seen: Vec<_> = thread::scope(|scope| {
        let (told, is_over) = (&told, &is_over);
        let readers: Vec<_> =
            (0..logs.len()).map(|at| scope.spawn(move || read_on(logs[at], is_over))).collect();
        let writers: Vec<_> = (0..2 * logs.len())
            .map(|at| {
                let name = u8::try_from(at).unwrap();
                scope.spawn(move || write_on(logs[at % logs.len()], name, told, is_over))
            })
            .collect();
        faults();
        is_over.store(true, Ordering::SeqCst);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let told = told.into_inner().unwrap();
    let all = everything(logs[0]);
    for found in seen {
        assert!(all.starts_with(&found), "what was read while it went on changed");
    }
    compare(&told, &all);
}

fn write_on(log: &dyn Log, name: u8, told: &Mutex<Told>, is_over: &AtomicBool) {
    let (mut number, mut newest) = (0_u32, None);
    while !is_over.load(Ordering::SeqCst) {
        number += 1;
        let message = [&[name][..], &number.to_le_bytes()].concat();
        let after = newest.filter(|_| number.is_multiple_of(2));
        let appended = log.append(after, &message);
        let mut told = told.lock().unwrap();
        let is_known = matches!(appended, Appended::At(_) | Appended::Conflict);
        match appended {
            Appended::At(sequence) => {
                newest = Some(sequence);
                told.acknowledged.insert(message, sequence);
            }
            Appended::Conflict | Appended::Refused(_) => {
                newest = None;
                told.refused.insert(message);
            }
            Appended::Unknown(_) => {
                told.unknown.insert(message);
            }
        }
        drop(told);
        if !is_known {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// All that a reader sees meanwhile.
fn read_on(log: &dyn Log, is_over: &AtomicBool) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while !is_over.load(Ordering::SeqCst) {
        match log.read(found.len() as u64 + 1, Duration::from_millis(200)) {
            Ok(some) => found.extend(some.into_iter().map(|message| message.bytes)),
            Err(LogError::Away { .. }) => thread::sleep(Duration::from_millis(20)),
            Err(other) => panic!("{other}"),
        }
    }
    found
}

fn everything(log: &dyn Log) -> Vec<Vec<u8>> {
    let begun = Instant::now();
    // What was sent last may still come.
    thread::sleep(Duration::from_secs(3));
    let mut all = Vec::new();
    loop {
        assert!(begun.elapsed() < Duration::from_secs(60), "the log did not come back");
        match log.read(all.len() as u64 + 1, Duration::from_secs(3)) {
            Ok(some) if some.is_empty() => return all,
            Ok(some) => all.extend(some.into_iter().map(|message| message.bytes)),
            Err(error) => println!("  {error:?}"),
        }
    }
}

fn compare(told: &Told, all: &[Vec<u8>]) {
    println!(
        "  {} messages; {} acknowledged, {} refused, {} unknown",
        all.len(),
        told.acknowledged.len(),
        told.refused.len(),
        told.unknown.len()
    );
    assert!(told.acknowledged.len() > 100, "too little was tried");
    for (message, sequence) in &told.acknowledged {
        let place = usize::try_from(*sequence).unwrap() - 1;
        assert_eq!(all.get(place), Some(message), "acknowledged at {sequence}");
    }
    let mut there = HashSet::new();
    for message in all {
        assert!(there.insert(message), "{message:?} is there twice");
        assert!(!told.refused.contains(message), "{message:?} was refused");
        let is_known = told.acknowledged.contains_key(message) || told.unknown.contains(message);
        assert!(is_known, "{message:?} is of nobody");
    }
}
