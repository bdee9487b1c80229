//! A random run of a store on a simulated disk, with all acknowledged changes.

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

/// The number of concurrent callers.
const CROWD: usize = 6;

/// A completed run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) setup: Setup,
    pub(crate) disk: SimulatedDisk,
    pub(crate) history: History,
    pub(crate) acknowledged: Acknowledged,
    /// The disk calls of each opening within the run.
    pub(crate) openings: Vec<Range<usize>>,
    /// The number of changes that were synced together with the previous one.
    pub(crate) shared_syncs: usize,
}

/// A run in progress.
#[derive(Debug)]
pub(crate) struct Running {
    setup: Setup,
    pub(crate) disk: SimulatedDisk,
    clock: Clock,
    store: Store,
    history: History,
    reported: Vec<(usize, u64)>,
    openings: Vec<Range<usize>>,
    random: Random,
    number: u64,
    time: u64,
}

impl Run {
    /// A new store with this number of calls, or groups of concurrent calls; then it is closed.
    pub(crate) fn record(seed: u64, steps: usize) -> Self {
        Self::on_a_disk(seed, steps, "", Syncs::Honest)
    }

    /// The same with a thread for checkpoints. The order of its calls differs each time.
    pub(crate) fn record_in_background(seed: u64, steps: usize) -> Self {
        let mut random = Random(seed);
        let setup = Setup::random_in_background(&mut random);
        Self::with(setup, random, steps, ("", Syncs::Honest))
    }

    /// The same on a disk that is dishonest from the creation of the store on.
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
    /// Continues with an open store whose content is the newest of the history.
    pub(crate) fn new(
        setup: Setup,
        disk: SimulatedDisk,
        clock: Clock,
        store: Store,
        history: History,
        mut random: Random,
    ) -> Self {
        // Calls that did not occur before.
        let number = random.next() >> 40;
        // Content that can be read now stays, too.
        let reported = vec![(disk.calls(), history.revision())];
        let opening = 0..disk.calls();
        Self {
            setup,
            disk,
            clock,
            store,
            history,
            reported,
            openings: vec![opening],
            random,
            number,
            time: 0,
        }
    }

    /// Creates views, so that most calls can succeed.
    fn fill(&mut self) {
        for view in VIEWS {
            self.make(&Request::new(PROJECTS[0], Act::Create(view, 0)));
        }
        self.make(&Request::new(PROJECTS[1], Act::Create(VIEWS[0], 1)));
    }

    fn step(&mut self) {
        self.time += 10;
        // Sometimes the clock goes back.
        self.clock.set(self.time.saturating_sub(self.random.below(30) as u64));
        match self.random.below(16) {
            0..=4 => self.crowd(),
            5 => self.reopen(),
            _ => self.alone(),
        }
        self.note_positions();
    }

    /// Records the positions of the changes, as far as the journal keeps them.
    fn note_positions(&self) {
        let snapshot = self.store.snapshot().unwrap();
        self.history.set_position(snapshot.position());
        // Only the kept ones, since segments may be removed at the same time.
        for change in content::kept_changes(&snapshot).into_iter().flatten().flatten() {
            self.history.set_position(change.position);
        }
    }

    /// One call, without others at the same time.
    pub(crate) fn alone(&mut self) {
        self.number += 1;
        let request =
            Request::random(&mut self.random, self.number, self.history.revision(), request::ALONE);
        self.make(&request);
    }

    fn make(&mut self, request: &Request) {
        let revision = request.call(&self.store).unwrap();
        assert_eq!(revision, self.history.apply(request, self.clock.now()));
        self.reported.extend(revision.map(|revision| (self.disk.calls(), revision)));
    }

    /// Several calls at the same time, and a reader.
    fn crowd(&mut self) {
        // Changes of links share a group; each other change has its own group.
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
            self.reported.push((call, revision));
        }
        self.reported.extend(read);
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
            acknowledged: Acknowledged::new(self.reported),
        }
    }
}

/// Whether a call writes changes to a segment under its final name.
pub(crate) fn is_append(call: &DiskCall) -> bool {
    matches!(call.kind, CallKind::Write | CallKind::WriteSynced)
        && call.name.starts_with("journal/")
        && call.name.ends_with(".log")
}

type Made = Vec<(u64, usize, Request)>;

/// Calls from one thread each; returns the revision of each change with the disk call after which it was known, and the
/// revision that a reader saw with its disk call.
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
