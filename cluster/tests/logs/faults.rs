//! Under faults the answers of a log are true: acknowledged messages are there, refused ones are not, and each message of
//! unknown outcome is there at most once.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use viewlink_cluster::{Appended, Log, LogError};

/// The outcomes of all messages, by their content.
#[derive(Default)]
struct Outcomes {
    acknowledged: HashMap<Vec<u8>, u64>,
    refused: HashSet<Vec<u8>>,
    unknown: HashSet<Vec<u8>>,
}

/// Appends to each log from several threads during faults, and reads at the same time; then checks the whole log.
pub(crate) fn holds(logs: &[&dyn Log], faults: impl FnOnce()) {
    let (outcomes, is_over) = (Mutex::new(Outcomes::default()), AtomicBool::new(false));
    let seen: Vec<_> = thread::scope(|scope| {
        let (outcomes, is_over) = (&outcomes, &is_over);
        let readers: Vec<_> = (0..logs.len())
            .map(|at| scope.spawn(move || read_until_over(logs[at], is_over)))
            .collect();
        let writers: Vec<_> = (0..2 * logs.len())
            .map(|at| {
                let name = u8::try_from(at).unwrap();
                scope
                    .spawn(move || write_until_over(logs[at % logs.len()], name, outcomes, is_over))
            })
            .collect();
        faults();
        is_over.store(true, Ordering::SeqCst);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let outcomes = outcomes.into_inner().unwrap();
    let all = everything(logs[0]);
    for found in seen {
        assert!(all.starts_with(&found), "messages that were read during the faults have changed");
    }
    compare(&outcomes, &all);
}

fn write_until_over(log: &dyn Log, name: u8, outcomes: &Mutex<Outcomes>, is_over: &AtomicBool) {
    let (mut number, mut newest) = (0_u32, None);
    while !is_over.load(Ordering::SeqCst) {
        number += 1;
        let message = [&[name][..], &number.to_le_bytes()].concat();
        let after = newest.filter(|_| number.is_multiple_of(2));
        let appended = log.append(after, &message);
        let mut outcomes = outcomes.lock().unwrap();
        let is_known = matches!(appended, Appended::At(_) | Appended::Conflict);
        match appended {
            Appended::At(sequence) => {
                newest = Some(sequence);
                outcomes.acknowledged.insert(message, sequence);
            }
            Appended::Conflict | Appended::Refused(_) => {
                newest = None;
                outcomes.refused.insert(message);
            }
            Appended::Unknown(_) => {
                outcomes.unknown.insert(message);
            }
        }
        drop(outcomes);
        if !is_known {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// All messages that a reader gets until the end.
fn read_until_over(log: &dyn Log, is_over: &AtomicBool) -> Vec<Vec<u8>> {
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
    // A message that was sent last may still arrive.
    thread::sleep(Duration::from_secs(3));
    let mut all = Vec::new();
    loop {
        assert!(begun.elapsed() < Duration::from_secs(60), "the log cannot be read");
        match log.read(all.len() as u64 + 1, Duration::from_secs(3)) {
            Ok(some) if some.is_empty() => return all,
            Ok(some) => all.extend(some.into_iter().map(|message| message.bytes)),
            Err(error) => println!("  {error:?}"),
        }
    }
}

fn compare(outcomes: &Outcomes, all: &[Vec<u8>]) {
    println!(
        "  {} messages; {} acknowledged, {} refused, {} unknown",
        all.len(),
        outcomes.acknowledged.len(),
        outcomes.refused.len(),
        outcomes.unknown.len()
    );
    assert!(outcomes.acknowledged.len() > 100, "too few messages were appended");
    for (message, sequence) in &outcomes.acknowledged {
        let place = usize::try_from(*sequence).unwrap() - 1;
        assert_eq!(all.get(place), Some(message), "acknowledged at {sequence}");
    }
    let mut there = HashSet::new();
    for message in all {
        assert!(there.insert(message), "{message:?} is there twice");
        assert!(!outcomes.refused.contains(message), "{message:?} was refused");
        let is_known =
            outcomes.acknowledged.contains_key(message) || outcomes.unknown.contains(message);
        assert!(is_known, "no thread appended {message:?}");
    }
}
