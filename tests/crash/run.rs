//! A random run of a store on a simulated disk, with all that was acknowledged.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use viewlink::Store;
use viewlink::testing::{CallKind, DiskCall, SimulatedDisk, Syncs};

use crate::content;
use crate::history::{Acknowledged, History};
use crate::random::Random;
use crate::request::{self, Act, PROJECTS, Request, VIEWS};
use crate::setup::{Clock, Setup};

/// How many callers come at the same time.
const CROWD: usize = 6;

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) setup: Setup,
    pub(crate) disk: SimulatedDisk,
    pub(crate) history: History,
    pub(crate) acknowledged: Acknowledged,
    /// The disk calls of each opening within the run.
    pub(crate) openings: Vec<Range<usize>>,
    /// How many changes were synced together with the one before them.
    pub(crate) shared_syncs: usize,
}

/// A run that goes on.
#[derive(Debug)]
pub(crate) struct Running {
    setup: Setup,
    pub(crate) disk: SimulatedDisk,
    clock: Clock,
    store: Store,
    history: History,
    told: Vec<(usize, u64)>,
    openings: Vec<Range<usize>>,
    random: Random,
    number: u64,
    time: u64,
}

impl Run {
    /// A new store that so many calls are made on, or crowds of calls; then it is closed.
    pub(crate) fn record(seed: u64, steps: usize) -> Self {
        Self::on_a_disk(seed, steps, "", Syncs::Honest)
    }

    /// The same with a thread for checkpoints. The order of its calls differs each time.
    pub(crate) fn record_in_background(seed: u64, steps: usize) -> Self {
        let mut random = Random(seed);
        let setup = Setup::random_in_background(&mut random);
        Self::with(setup, random, steps, ("", Syncs::Honest))
    }

    /// The same on a disk that is not honest, from when the store has been made.
    pub(crate) fn on_a_disk(seed: u64, steps: usize, prefix: &str, syncs: Syncs) -> Self {
        let mut random = Random(seed);
        let setup = Setup::random(&mut random);
        Self::with(setup, random, steps, (prefix, syncs))
    }

    /// The same with a given setup.
    pub(crate) fn in_setup(seed: u64, setup: Setup, prefix: &str, syncs: Syncs) -> Self {
        Self::with(setup, Random(seed), 10, (prefix, syncs))
    }

    fn with(setup: Setup, random: Random, steps: usize, (prefix, syncs): (&str, Syncs)) -> Self {
        let (disk, clock) = (SimulatedDisk::new(), Clock::default());
        disk.set_direct(setup.is_direct);
        let store = setup.options(&clock).open_on(&disk).unwrap();
        disk.set_syncs(prefix, syncs);
        let mut running = Running::new(setup, disk, clock, store, History::new(), random);
        running.fill();
        for _ in 0..steps {
            running.step();
        }
        running.end()
    }
}

impl Running {
    /// Goes on with an open store whose content is the newest of the history.
    pub(crate) fn new(
        setup: Setup,
        disk: SimulatedDisk,
        clock: Clock,
        store: Store,
        history: History,
        mut random: Random,
    ) -> Self {
        // Other calls than any before.
        let number = random.next() >> 40;
        // What can be read now stays, too.
        let told = vec![(disk.calls(), history.revision())];
        let opening = 0..disk.calls();
        Self {
            setup,
            disk,
            clock,
            store,
            history,
            told,
            openings: vec![opening],
            random,
            number,
            time: 0,
        }
    }

    /// Makes views, so that most of what is asked for can be done.
    fn fill(&mut self) {
        for view in VIEWS {
            self.make(&Request::new(PROJECTS[0], Act::Create(view, 0)));
        }
        self.make(&Request::new(PROJECTS[1], Act::Create(VIEWS[0], 1)));
    }

    fn step(&mut self) {
        self.time += 10;
        // It goes back at times.
        self.clock.set(self.time.saturating_sub(self.random.below(30) as u64));
        match self.random.below(16) {
            0..=4 => self.crowd(),
            5 => self.reopen(),
            _ => self.alone(),
        }
        self.note_positions();
    }

    /// Takes down the positions of the changes that were made, as far as the journal keeps them.
    fn note_positions(&self) {
        let snapshot = self.store.snapshot().unwrap();
        self.history.set_position(snapshot.position());
        // Of the others as many as are kept: segments may go meanwhile.
        for change in content::kept_changes(&snapshot).into_iter().flatten().flatten() {
            self.history.set_position(change.position);
        }
    }

    /// One call, and nobody else calls.
    pub(crate) fn alone(&mut self) {
        self.number += 1;
        let request =
            Request::random(&mut self.random, self.number, self.history.revision(), request::ALONE);
        self.make(&request);
    }

    fn make(&mut self, request: &Request) {
        let revision = request.call(&self.store).unwrap();
        assert_eq!(revision, self.history.apply(request, self.clock.now()));
        self.told.extend(revision.map(|revision| (self.disk.calls(), revision)));
    }

    /// Several calls at the same time, and a reader.
    fn crowd(&mut self) {
        // Changes of links share a group, and all others are alone in theirs.
        let acts = if self.random.below(2) == 0 { request::LINKS } else { request::TOGETHER };
        let requests: Vec<Request> = (0..CROWD)
            .map(|_| {
                self.number += 1;
                Request::random(&mut self.random, self.number, self.history.revision(), acts)
            })
            .collect();
        self.clock.set_slow(true);
        let (mut made, read) = at_the_same_time(&self.store, &self.disk, requests);
        self.clock.set_slow(false);
        made.sort_by_key(|(revision, ..)| *revision);
        for (revision, call, request) in made {
            assert_eq!(self.history.apply(&request, self.clock.now()), Some(revision));
            self.told.push((call, revision));
        }
        self.told.extend(read);
    }

    fn reopen(&mut self) {
        self.store.clone().close().unwrap();
        let from = self.disk.calls();
        self.store = self.setup.options(&self.clock).open_on(&self.disk).unwrap();
        self.openings.push(from..self.disk.calls());
    }

    /// Closes the store.
    pub(crate) fn end(self) -> Run {
        self.note_positions();
        self.store.close().unwrap();
        let log = self.disk.log();
        let appends = log.iter().filter(|call| is_append(call));
        let changes = usize::try_from(self.history.revision()).unwrap();
        Run {
            setup: self.setup,
            shared_syncs: changes.saturating_sub(appends.count()),
            disk: self.disk,
            openings: self.openings,
            history: self.history,
            acknowledged: Acknowledged::new(self.told),
        }
    }
}

/// Whether a call writes changes to a segment that has its name.
pub(crate) fn is_append(call: &DiskCall) -> bool {
    matches!(call.kind, CallKind::Write | CallKind::WriteSynced)
        && call.name.starts_with("journal/")
        && call.name.ends_with(".log")
}

type Made = Vec<(u64, usize, Request)>;

/// Calls from a thread each; which revision each change got and by which disk call it was known,
/// and what a reader saw by which disk call.
fn at_the_same_time(
    store: &Store,
    disk: &SimulatedDisk,
    requests: Vec<Request>,
) -> (Made, Vec<(usize, u64)>) {
    let (made, over) = (Mutex::new(Made::new()), AtomicBool::new(false));
    let read = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen: Vec<(usize, u64)> = Vec::new();
            while !over.load(Ordering::SeqCst) {
                let revision = store.snapshot().unwrap().revision();
                if seen.last().is_none_or(|(_, last)| *last != revision) {
                    seen.push((disk.calls(), revision));
                }
                thread::yield_now();
            }
            seen
        });
        let callers = requests.into_iter().map(|request| {
            let made = &made;
            scope.spawn(move || {
                if let Some(revision) = request.call(store).unwrap() {
                    made.lock().unwrap().push((revision, disk.calls(), request));
                }
            })
        });
        callers.collect::<Vec<_>>().into_iter().for_each(|caller| caller.join().unwrap());
        over.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    });
    (made.into_inner().unwrap(), read)
}
