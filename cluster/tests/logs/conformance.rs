//! The laws of a [`Log`], each on a log of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use viewlink_cluster::{Appended, Bounds, Log, LogError, Message};

/// Opens the log of a name, which is empty the first time.
pub(crate) type Open<'a> = &'a (dyn Fn(&str) -> Arc<dyn Log> + Sync);

/// Long enough for any read, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// The wait for a message that does not come.
const MOMENT: Duration = Duration::from_millis(300);

/// A law and its name.
type Law = (&'static str, fn(Open));

/// Checks all laws.
pub(crate) fn conforms(open: Open) {
    let laws: [Law; 13] = [
        ("an_empty_log_has_bounds", an_empty_log_has_bounds),
        (
            "messages_are_read_as_and_where_they_were_appended",
            messages_are_read_as_they_were_appended,
        ),
        ("a_read_begins_where_it_is_asked_to", a_read_begins_where_it_is_asked_to),
        (
            "only_an_append_after_the_newest_message_is_taken",
            only_an_append_after_the_newest_is_taken,
        ),
        (
            "of_appends_after_the_same_message_one_is_taken",
            of_appends_after_the_same_message_one_is_taken,
        ),
        (
            "trimmed_messages_disappear_and_the_others_stay",
            trimmed_messages_disappear_and_the_others_stay,
        ),
        ("a_log_that_is_trimmed_completely_continues", a_log_that_is_trimmed_completely_continues),
        ("a_place_beyond_the_end_is_cut_off", a_place_beyond_the_end_is_cut_off),
        ("a_read_waits_as_long_as_it_is_asked_to", a_read_waits_as_long_as_it_is_asked_to),
        ("a_message_ends_the_wait", a_message_ends_the_wait),
        ("all_readers_see_one_order_without_gaps", all_readers_see_one_order_without_gaps),
        ("the_longest_message_is_taken_and_a_longer_one_is_not", the_longest_message_is_taken),
        ("the_clock_of_the_servers_can_be_read", the_clock_of_the_servers_can_be_read),
    ];
    for (name, law) in laws {
        let begun = Instant::now();
        println!("{name}");
        law(open);
        println!("  {:?}", begun.elapsed());
    }
}

fn at(appended: Appended) -> u64 {
    match appended {
        Appended::At(sequence) => sequence,
        other => panic!("not appended: {other:?}"),
    }
}

fn fill(log: &dyn Log, count: u8) {
    for number in 1..=count {
        assert_eq!(at(log.append(None, &[number])), u64::from(number));
    }
}

/// All messages from a place on, up to a sequence.
fn read_to(log: &dyn Log, mut from: u64, last: u64) -> Vec<Message> {
    let begun = Instant::now();
    let mut all = Vec::new();
    while from <= last {
        assert!(begun.elapsed() < PATIENCE, "only up to {from} of {last}");
        let some = log.read(from, MOMENT).unwrap();
        from = some.last().map_or(from, |message| message.sequence + 1);
        all.extend(some);
    }
    all
}

fn an_empty_log_has_bounds(open: Open) {
    let log = open("empty");
    assert_eq!(log.bounds().unwrap(), Bounds { first: 1, last: 0 });
    assert!(log.read(1, Duration::ZERO).unwrap().is_empty());
    log.trim(1).unwrap();
    log.trim(100).unwrap();
    assert_eq!(log.bounds().unwrap(), Bounds { first: 1, last: 0 });
    assert_eq!(at(log.append(Some(0), b"first")), 1);
}

fn messages_are_read_as_they_were_appended(open: Open) {
    let log = open("order");
    let all_bytes: Vec<u8> = (0..=255).collect();
    let mut put = vec![Vec::new(), all_bytes, vec![7; 300_000]];
    put.extend((0..300_u32).map(|number| number.to_le_bytes().to_vec()));
    for (number, bytes) in (1..).zip(&put) {
        assert_eq!(at(log.append(None, bytes)), number);
    }
    let last = put.len() as u64;
    assert_eq!(log.bounds().unwrap(), Bounds { first: 1, last });
    let expected: Vec<Message> =
        (1..).zip(put).map(|(sequence, bytes)| Message { sequence, bytes }).collect();
    assert!(read_to(&*log, 1, last) == expected, "read once");
    let again = open("order");
    assert_eq!(again.bounds().unwrap(), Bounds { first: 1, last });
    assert!(read_to(&*again, 1, last) == expected, "read after it was opened again");
    assert!(read_to(&*log, 1, last) == expected, "read a second time");
}

fn a_read_begins_where_it_is_asked_to(open: Open) {
    let log = open("places");
    fill(&*log, 30);
    for from in [30, 1, 17, 17, 2, 29] {
        let found = read_to(&*log, from, 30);
        assert_eq!(found.first().map(|message| message.sequence), Some(from));
        assert_eq!(found.len() as u64, 31 - from);
    }
    assert!(log.read(31, Duration::ZERO).unwrap().is_empty());
}

fn only_an_append_after_the_newest_is_taken(open: Open) {
    let log = open("expected");
    assert!(matches!(log.append(Some(1), b"x"), Appended::Conflict));
    assert_eq!(at(log.append(Some(0), b"a")), 1);
    for other in [0, 2, 1000] {
        assert!(matches!(log.append(Some(other), b"x"), Appended::Conflict), "after {other}");
    }
    assert_eq!(at(log.append(Some(1), b"b")), 2);
    assert_eq!(at(log.append(None, b"c")), 3);
    let found: Vec<_> = read_to(&*log, 1, 3).into_iter().map(|message| message.bytes).collect();
    assert_eq!(found, [b"a", b"b", b"c"], "no conflicting message is there");
}

fn of_appends_after_the_same_message_one_is_taken(open: Open) {
    let log = open("race");
    for round in 0..20_u64 {
        let taken: usize = thread::scope(|scope| {
            let race = |name: u8| {
                let log = &log;
                move || matches!(log.append(Some(round), &[name]), Appended::At(_))
            };
            let racers: Vec<_> = (0..4).map(|name| scope.spawn(race(name))).collect();
            racers
                .into_iter()
                .filter(|_| true)
                .map(|racer| usize::from(racer.join().unwrap()))
                .sum()
        });
        assert_eq!(taken, 1, "round {round}");
        assert_eq!(log.bounds().unwrap().last, round + 1);
    }
}

fn trimmed_messages_disappear_and_the_others_stay(open: Open) {
    let log = open("trimmed");
    fill(&*log, 20);
    let reader = open("trimmed");
    assert_eq!(read_to(&*reader, 1, 20).len(), 20);
    for (below, first) in [(0, 1), (1, 1), (11, 11), (5, 11), (11, 11)] {
        log.trim(below).unwrap();
        assert_eq!(log.bounds().unwrap(), Bounds { first, last: 20 }, "below {below}");
    }
    for log in [&log, &reader, &open("trimmed")] {
        for from in [1, 10] {
            let error = log.read(from, MOMENT).unwrap_err();
            let is_reported =
                matches!(error, LogError::Trimmed { from: f, first: 11 } if f == from);
            assert!(is_reported, "{error:?}");
        }
        assert_eq!(read_to(&**log, 11, 20).len(), 10);
        assert!(log.read(21, Duration::ZERO).unwrap().is_empty());
    }
}

fn a_log_that_is_trimmed_completely_continues(open: Open) {
    let log = open("emptied");
    fill(&*log, 5);
    log.trim(1000).unwrap();
    assert_eq!(log.bounds().unwrap(), Bounds { first: 6, last: 5 });
    assert!(matches!(log.read(5, MOMENT), Err(LogError::Trimmed { from: 5, first: 6 })));
    assert!(log.read(6, Duration::ZERO).unwrap().is_empty());
    assert_eq!(at(log.append(Some(5), b"next")), 6);
    assert_eq!(read_to(&*log, 6, 6), [Message { sequence: 6, bytes: b"next".to_vec() }]);
}

fn a_place_beyond_the_end_is_cut_off(open: Open) {
    let log = open("cut");
    fill(&*log, 3);
    assert!(log.read(4, Duration::ZERO).unwrap().is_empty());
    for (from, last) in [(5, 3), (1000, 3)] {
        let begun = Instant::now();
        let error = loop {
            match log.read(from, Duration::ZERO).unwrap_err() {
                LogError::Away { .. } if begun.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(50));
                }
                other => break other,
            }
        };
        let is_reported =
            matches!(error, LogError::CutOff { from: f, last: l } if (f, l) == (from, last));
        assert!(is_reported, "{error:?}");
    }
}

fn a_read_waits_as_long_as_it_is_asked_to(open: Open) {
    let log = open("waits");
    fill(&*log, 1);
    for wait in [Duration::ZERO, MOMENT, Duration::from_millis(2500)] {
        let begun = Instant::now();
        assert!(log.read(2, wait).unwrap().is_empty());
        let took = begun.elapsed();
        assert!(took >= wait && took < wait + Duration::from_secs(3), "{took:?} for {wait:?}");
    }
}

fn a_message_ends_the_wait(open: Open) {
    let log = open("wakes");
    fill(&*log, 1);
    let other = open("wakes");
    // The first pause is longer than the time after which a reader asks the leader. No pause ends when a reader would look
    // for messages without a notification.
    let pauses = [3400, 100, 100, 100, 100, 100].map(Duration::from_millis);
    let took = (2..).zip(pauses).map(|(sequence, pause)| {
        thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let begun = Instant::now();
                (log.read(sequence, PATIENCE).unwrap(), begun.elapsed())
            });
            thread::sleep(pause);
            assert_eq!(at(other.append(Some(sequence - 1), b"awaited")), sequence);
            let (found, took) = reading.join().unwrap();
            assert_eq!(found, [Message { sequence, bytes: b"awaited".to_vec() }]);
            assert!(took < pause + Duration::from_secs(8), "{took:?} of {pause:?}");
            took.saturating_sub(pause)
        })
    });
    // The machine may be busy at times, but not always.
    assert!(took.min().unwrap() < MOMENT, "no reader was notified");
}

fn all_readers_see_one_order_without_gaps(open: Open) {
    const WRITERS: u8 = 4;
    const EACH: u8 = 100;
    let (log, other) = (open("crowd"), open("crowd"));
    let is_over = AtomicBool::new(false);
    let read_on = |log: &dyn Log| {
        let (mut found, mut from) = (Vec::new(), 1);
        while from <= u64::from(WRITERS) * u64::from(EACH) && !is_over.load(Ordering::SeqCst) {
            let some = log.read(from, MOMENT).unwrap();
            for message in &some {
                assert_eq!(message.sequence, from, "a gap, which may be filled later");
                from += 1;
            }
            found.extend(some);
        }
        found
    };
    let write = |log: &dyn Log, writer: u8| -> Vec<Message> {
        let put = |number| {
            let bytes = vec![writer, number];
            Message { sequence: at(log.append(None, &bytes)), bytes }
        };
        (0..EACH).map(put).collect()
    };
    thread::scope(|scope| {
        let readers = [&log, &other, &other].map(|log| scope.spawn(|| read_on(&**log)));
        let log_of = |writer: u8| if writer.is_multiple_of(2) { &log } else { &other };
        let write = &write;
        let writers: Vec<_> = (0..WRITERS)
            .map(|w| (w, log_of(w)))
            .map(|(w, log)| scope.spawn(move || write(&**log, w)))
            .collect();
        let mut put: Vec<Message> = writers.into_iter().flat_map(|w| w.join().unwrap()).collect();
        put.sort_by_key(|message| message.sequence);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE
            && !readers.iter().all(thread::ScopedJoinHandle::is_finished)
        {
            thread::sleep(Duration::from_millis(10));
        }
        is_over.store(true, Ordering::SeqCst);
        for reader in readers {
            assert!(
                reader.join().unwrap() == put,
                "a reader saw something else than was acknowledged"
            );
        }
    });
}

/// The servers run on this machine, so both clocks are the same.
fn the_clock_of_the_servers_can_be_read(open: Open) {
    let log = open("clock");
    let before = SystemTime::now();
    let time = log.time().unwrap().unwrap();
    assert!(before <= time && time <= SystemTime::now(), "{before:?} {time:?}");
}

fn the_longest_message_is_taken(open: Open) {
    let log = open("longest");
    let max = log.max_message_len();
    assert!(max >= 600 << 10, "an entry has 512 KiB");
    // If the limit is far more than an entry has, 1 MiB is enough.
    let longest = vec![1; max.min(1 << 20)];
    assert_eq!(at(log.append(Some(0), &longest)), 1);
    assert!(read_to(&*log, 1, 1)[0].bytes == longest);
    let refused = log.append(None, &vec![1; max + 4096]);
    let is_reported =
        matches!(refused, Appended::Refused(LogError::TooLong { len, .. }) if len == max + 4096);
    assert!(is_reported, "{refused:?}");
    assert_eq!(log.bounds().unwrap().last, 1);
}
