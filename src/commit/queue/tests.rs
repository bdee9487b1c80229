//! The hand-over, in every order of its steps (`--cfg loom`) and with real threads.

use super::*;

#[cfg(loom)]
use loom::{sync::Arc, thread};
#[cfg(not(loom))]
use std::{sync::Arc, thread};

/// A call that wants its number back.
struct Numbered {
    number: u64,
    place: Arc<Place<u64>>,
}

impl Waiter for Numbered {
    fn weight(&self) -> u64 {
        1
    }

    fn lead(&self) {
        self.place.tell(Word::Lead);
    }
}

impl Drop for Numbered {
    fn drop(&mut self) {
        self.place.tell(Word::Answer(self.number));
    }
}

/// Makes a call as the engine does; tells the answer and the sizes of the groups it led. Of more calls
/// than `kept` a group gives the others back.
fn call(queue: &Queue<Numbered>, number: u64, limit: u64, kept: usize) -> (u64, Vec<usize>) {
    let place = Arc::new(Place::new());
    let mut led = Vec::new();
    let mut lead = queue.join(Numbered { number, place: Arc::clone(&place) });
    loop {
        if let Some(lead) = lead.take() {
            let mut group = lead.group(limit);
            lead.give_back(group.split_off(kept.min(group.len())));
            led.push(group.len());
            drop(group);
        }
        match place.wait() {
            Word::Lead => lead = Some(queue.take_over()),
            Word::Answer(answer) => return (answer, led),
        }
    }
}

fn check(run: impl Fn() + Sync + Send + 'static) {
    #[cfg(loom)]
    loom::model(run);
    #[cfg(not(loom))]
    (0..200).for_each(|_| run());
}

/// Callers who come at the same time, each on a thread of its own.
fn together(callers: u64, limit: u64, kept: usize) {
    let queue = Arc::new(Queue::new());
    let threads: Vec<_> = (1..callers)
        .map(|number| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || call(&queue, number, limit, kept))
        })
        .collect();
    let mut answers = vec![call(&queue, 0, limit, kept)];
    answers.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    for (number, (answer, led)) in (0..).zip(&answers) {
        assert_eq!(*answer, number);
        assert!(led.iter().all(|&size| size > 0 && size <= kept && size as u64 <= limit));
    }
    let worked: usize = answers.iter().flat_map(|(_, led)| led).sum();
    assert_eq!(worked as u64, callers, "each call is in one group");
    let inner = queue.inner();
    assert!(!inner.led && inner.waiting.is_empty(), "nobody leads when nobody waits");
}

#[test]
fn two_callers_are_both_answered() {
    check(|| together(2, 10, 10));
}

#[test]
fn three_callers_are_all_answered() {
    check(|| together(3, 10, 10));
}

#[test]
fn three_callers_are_all_answered_when_a_group_takes_one() {
    check(|| together(3, 1, 10));
}

#[test]
fn three_callers_are_all_answered_when_groups_give_back_all_but_the_first() {
    check(|| together(3, 10, 1));
}

#[test]
fn what_is_given_back_comes_first_in_its_order() {
    check(|| {
        let queue = Queue::new();
        let join = |number| queue.join(Numbered { number, place: Arc::new(Place::new()) });
        let leads: Vec<_> = (0..4).map(join).collect();
        let lead = leads[0].as_ref().unwrap();
        let mut group = lead.group(3);
        lead.give_back(group.split_off(1));
        let next: Vec<u64> = lead.group(10).iter().map(|call| call.number).collect();
        assert_eq!(next, [1, 2, 3]);
    });
}

/// The one who leads panics before it answers anybody: its group hears, and the next one leads.
#[test]
fn a_leader_that_panics_leaves_nobody_waiting() {
    check(|| {
        let queue = Arc::new(Queue::new());
        let other = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || call(&queue, 1, 10, 10).0)
        };
        let place = Arc::new(Place::new());
        let lead = queue.join(Numbered { number: 0, place: Arc::clone(&place) });
        let lead = lead.or_else(|| match place.wait() {
            Word::Lead => Some(queue.take_over()),
            Word::Answer(_) => None,
        });
        if let Some(lead) = lead {
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _group = (lead.group(10), lead);
                std::panic::resume_unwind(Box::new("on purpose"));
            }));
            assert!(panicked.is_err());
            assert!(matches!(place.wait(), Word::Answer(0)));
        }
        assert_eq!(other.join().unwrap(), 1);
    });
}

#[test]
fn a_group_takes_what_fits_and_one_at_least() {
    check(|| {
        let queue = Queue::new();
        let places: Vec<_> = (0..3).map(|_| Arc::new(Place::new())).collect();
        let leads: Vec<_> = (0..3)
            .zip(&places)
            .map(|(number, place)| queue.join(Numbered { number, place: Arc::clone(place) }))
            .collect();
        let sizes = |limit| leads[0].as_ref().unwrap().group(limit).len();
        assert_eq!((sizes(0), sizes(5), sizes(5)), (1, 2, 0));
        assert!(leads[1].is_none() && leads[2].is_none());
        drop(leads);
        assert!(!queue.inner().led);
    });
}
