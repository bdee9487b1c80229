//! Group commit in every order of its steps (`--cfg loom`) and with real threads.

use super::*;

#[cfg(loom)]
use loom::{sync::Mutex as Shared, thread};
#[cfg(not(loom))]
use std::{sync::Mutex as Shared, thread};

/// A call whose answer should be its own number.
#[derive(Debug)]
struct Numbered {
    number: u64,
    is_alone: bool,
}

impl Grouped for Numbered {
    fn weight(&self) -> u64 {
        1
    }

    fn is_alone(&self) -> bool {
        self.is_alone
    }
}

type Commit = GroupCommit<Numbered, u64>;

/// Makes a call as the engine does; returns the answer. The sizes of groups are added to `led`.
fn call(commit: &Commit, number: u64, is_alone: bool, led: &Shared<Vec<usize>>) -> Option<u64> {
    commit.call(Numbered { number, is_alone }, |calls, reply| {
        led.lock().unwrap().push(calls.len());
        assert!(calls.len() == 1 || calls.iter().all(|call| !call.is_alone));
        reply.answer(calls.iter().map(|call| call.number).collect());
    })
}

fn check(run: impl Fn() + Sync + Send + 'static) {
    #[cfg(loom)]
    loom::model(run);
    #[cfg(not(loom))]
    (0..200).for_each(|_| run());
}

/// Callers that call at the same time, each on its own thread. The call with the number `alone` shares no group.
fn together(callers: u64, limit: u64, alone: Option<u64>) {
    let shared = Arc::new((Commit::new(limit), Shared::new(Vec::new())));
    let call = move |shared: &(Commit, Shared<Vec<usize>>), number| {
        call(&shared.0, number, Some(number) == alone, &shared.1)
    };
    let threads: Vec<_> = (1..callers)
        .map(|number| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || call(&shared, number))
        })
        .collect();
    let mut answers = vec![call(&shared, 0)];
    answers.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    assert!((0..callers).map(Some).eq(answers), "each has its own answer");
    let led = shared.1.lock().unwrap();
    assert!(led.iter().all(|&size| size > 0 && size as u64 <= limit));
    assert_eq!(led.iter().sum::<usize>() as u64, callers, "each call is in one group");
    let inner = shared.0.inner();
    assert!(!inner.is_led && inner.groups.is_empty(), "no caller leads when none waits");
}

#[test]
fn two_callers_are_both_answered() {
    check(|| together(2, 10, None));
}

#[test]
fn three_callers_are_all_answered() {
    check(|| together(3, 10, None));
}

#[test]
fn three_callers_are_all_answered_when_a_group_accepts_one_call() {
    check(|| together(3, 1, None));
}

#[test]
fn three_callers_are_all_answered_when_one_of_them_is_alone() {
    check(|| together(3, 10, Some(1)));
}

/// The leader panics before it answers: the calls of its group return, and the next caller leads.
#[test]
fn a_leader_that_panics_leaves_no_call_waiting() {
    check(|| {
        let shared = Arc::new((Commit::new(10), Shared::new(Vec::new())));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || call(&shared.0, 1, false, &shared.1))
        };
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let call = Numbered { number: 0, is_alone: false };
            shared.0.call(call, |_, _reply| std::panic::resume_unwind(Box::new("on purpose")))
        }));
        // It led its own group and panicked, or the other caller led it.
        assert!(panicked.is_err() || matches!(panicked, Ok(Some(0))));
        let other = other.join().unwrap();
        assert!(other == Some(1) || other.is_none());
        let inner = shared.0.inner();
        assert!(!inner.is_led && inner.groups.is_empty());
    });
}

#[test]
fn calls_join_the_last_group_while_it_has_room_unless_a_call_must_be_alone() {
    check(|| {
        let commit = Commit::new(2);
        let join = |is_alone| {
            let (_, index, leads) = commit.join(Numbered { number: 0, is_alone });
            (index, leads)
        };
        assert_eq!(join(false), (0, true));
        assert_eq!(join(false), (1, false));
        assert_eq!(join(false), (0, false), "the group before is full");
        assert_eq!(join(true), (0, false));
        assert_eq!(join(false), (0, false), "the call in the group before is alone");
        let sizes: Vec<usize> =
            std::iter::from_fn(|| Some(commit.take_group().len()).filter(|&size| size > 0))
                .collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    });
}
