//! Concurrent callers, some of whom may be refused, and the required state of the store afterwards.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use viewlink::testing::SimulatedDisk;
use viewlink::{Error, Outcome, Result, Store};

use crate::archive::check_archive;
use crate::history::History;
use crate::request::Request;
use crate::setup::Setup;
use crate::verdict::judge;

/// The calls so far, and their answers.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    answers: Vec<(Request, Result<Option<u64>>)>,
    /// The newest revision that a reader saw.
    seen: u64,
}

impl Callers {
    /// Callers that all got their answers.
    pub(crate) fn answered(answers: &[(Request, Option<u64>)]) -> Self {
        let answers = answers.iter().map(|(request, made)| (request.clone(), Ok(*made)));
        Self { answers: answers.collect(), seen: 0 }
    }

    /// One call after another.
    pub(crate) fn call(&mut self, store: &Store, request: Request) {
        let answer = request.call(store);
        self.reported(request, answer);
    }

    /// Records the answers.
    pub(crate) fn reported(&mut self, request: Request, answer: Result<Option<u64>>) {
        self.answers.push((request, answer));
    }

    /// One thread for each list of calls, and one that reads.
    pub(crate) fn call_together(&mut self, store: &Store, lists: Vec<Vec<Request>>) {
        let (over, seen) = (AtomicBool::new(false), AtomicU64::new(0));
        let answers = thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    // Reads may fail while the disk fails.
                    if let Ok(snapshot) = store.snapshot() {
                        seen.fetch_max(snapshot.revision(), Ordering::SeqCst);
                    }
                    thread::sleep(Duration::from_micros(300));
                }
            });
            let callers = lists.into_iter().map(|list| {
                scope.spawn(move || {
                    let answers = list.into_iter().map(|request| {
                        let answer = request.call(store);
                        (request, answer)
                    });
                    answers.collect::<Vec<_>>()
                })
            });
            let callers: Vec<_> = callers.collect();
            let answers = callers.into_iter().flat_map(|caller| caller.join().unwrap());
            let answers = answers.collect::<Vec<_>>();
            over.store(true, Ordering::SeqCst);
            answers
        });
        self.answers.extend(answers);
        self.seen = self.seen.max(seen.into_inner());
    }

    /// The number of answers of each kind.
    pub(crate) fn outcomes(&self) -> BTreeMap<String, u64> {
        let mut outcomes = BTreeMap::new();
        for (_, answer) in &self.answers {
            let outcome = match answer {
                Ok(_) => "answered".to_owned(),
                Err(error) => format!("{:?}", error.outcome()),
            };
            *outcomes.entry(outcome).or_default() += 1;
        }
        outcomes
    }

    /// Checks that the store has all changes that were acknowledged, and no change that nobody asked for, and that the
    /// outcome in each error is true. The journal of the store must keep all changes whose callers got no answer.
    pub(crate) fn check(&self, store: &Store, setup: Setup, how: &str) {
        let made = self.made(store);
        let history = self.history(&made);
        if let Err(verdict) = judge(store, &history, self.seen, setup) {
            panic!("{how}: {verdict}");
        }
        for (request, answer) in &self.answers {
            let there = made.get(&request.comment);
            let right = match answer {
                Ok(revision) => there == revision.as_ref(),
                Err(Error::Panicked { .. } | Error::Damaged { .. }) => false,
                Err(error) => match error.outcome() {
                    Outcome::NotApplied => there.is_none(),
                    // All calls of a group get its error, including those that had nothing to change.
                    Outcome::Committed => there.is_some() || history.is_ever_so(request),
                    _ => true,
                },
            };
            assert!(right, "{how}: {answer:?} and yet {there:?} for {request:?}");
        }
    }

    /// The archive and the journal on a disk have all changes of the store.
    pub(crate) fn check_archive(&self, disk: &SimulatedDisk, store: &Store, how: &str) {
        let history = self.history(&self.made(store));
        if let Err(verdict) = check_archive(disk, &history, history.revision()) {
            panic!("{how}: {verdict}");
        }
    }

    /// The revision of each change, by its comment: from the journal, or from the answer if the journal does not keep
    /// the change any more.
    fn made(&self, store: &Store) -> BTreeMap<String, u64> {
        let snapshot = store.snapshot().unwrap();
        let (oldest, changes) = match snapshot.changes(1) {
            Err(Error::JournalTrimmed { oldest, .. }) => (oldest, snapshot.changes(oldest)),
            all => (1, all),
        };
        let reported = self.answers.iter().filter_map(|(request, answer)| {
            let revision = answer.as_ref().ok().copied().flatten()?;
            (revision < oldest).then(|| (request.comment.clone(), revision))
        });
        let kept = changes.unwrap().map(|change| {
            let change = change.unwrap();
            (change.comment.unwrap(), change.revision)
        });
        reported.chain(kept).collect()
    }

    /// The states that the store should have gone through with these changes.
    fn history(&self, made: &BTreeMap<String, u64>) -> History {
        let by_comment: BTreeMap<&String, &Request> =
            self.answers.iter().map(|(request, _)| (&request.comment, request)).collect();
        let mut in_order: Vec<(&u64, &String)> =
            made.iter().map(|(comment, revision)| (revision, comment)).collect();
        in_order.sort();
        let mut history = History::new();
        for (revision, comment) in in_order {
            assert_eq!(history.apply(by_comment[comment], 0), Some(*revision));
        }
        history
    }
}
