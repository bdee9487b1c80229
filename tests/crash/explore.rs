//! Crashes at every disk call of a run, and crashes in the recovery from them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use viewlink::Error;
use viewlink::testing::{CallKind, DiskCall, DiskFault, SimulatedDisk};

use crate::archive::check_archive;
use crate::history::History;
use crate::random::Random;
use crate::run::{Run, Running, is_append};
use crate::setup::{Clock, Setup};
use crate::tally::{Place, Tally};
use crate::verdict::{Right, Verdict, judge};

/// How often the power is lost at each call of a run, each time with another part of the writes kept: at calls where
/// the result depends much on that part, and at the others, of which there are many more.
const LOSSES: [usize; 2] = [5, 1];

/// How many crashes in recoveries may follow each other.
const DEPTH: u32 = 3;

/// The state that a machine, or the next process, may find, and the content that must be there.
struct Image<'a> {
    disk: SimulatedDisk,
    setup: Setup,
    history: &'a History,
    at_least: u64,
    place: Place,
    depth: u32,
    /// How it was produced.
    how: String,
}

/// Crashes a run at every one of its calls.
pub(crate) fn explore(run: &Run, seed: u64) -> Tally {
    let mut tally = Tally { shared_syncs: run.shared_syncs, ..Tally::default() };
    let mut random = Random(seed ^ 0xabcd);
    let log = run.disk.log();
    for (call, stopped) in run.disk.stops().enumerate() {
        let (last, next) = (call.checked_sub(1).map(|last| &log[last]), log.get(call));
        let place = Place::of(last, next);
        let image = |disk, how| Image {
            disk,
            setup: run.setup,
            history: &run.history,
            at_least: run.acknowledged.when(call),
            place,
            depth: 0,
            how: format!("seed {seed}, {how} at call {call}"),
        };
        let opens = run.openings.iter().any(|opening| opening.contains(&call));
        for _ in 0..LOSSES[usize::from(!place.is_of_note())] {
            let loss = random.next();
            tally.rotating += u64::from(place.is_new_segment() && !opens);
            tally.opening += u64::from(opens);
            image(stopped.power_lost(loss), format!("power lost ({loss})"))
                .look(&mut tally, &mut random);
        }
        if is_between_write_and_sync(last, next) {
            image(stopped.killed(), "killed".into()).check_after_a_kill(&mut tally, &mut random);
        } else if random.below(8) == 0 {
            tally.killed += 1;
            image(stopped.killed(), "killed".into()).look(&mut tally, &mut random);
        }
    }
    tally
}

/// Whether the process is killed between the write of a record and its sync.
fn is_between_write_and_sync(last: Option<&DiskCall>, next: Option<&DiskCall>) -> bool {
    last.is_some_and(is_append) && next.is_some_and(|call| call.kind == CallKind::Sync)
}

impl Image<'_> {
    /// Opens and compares; sometimes the power is lost again at a few calls of the recovery.
    fn look(self, tally: &mut Tally, random: &mut Random) {
        let again = if self.depth < DEPTH && random.below(12) == 0 { 5 } else { 0 };
        self.open(tally, random, again);
    }

    /// The same, and the power is lost again at each call.
    fn check_after_a_kill(self, tally: &mut Tally, random: &mut Random) {
        tally.killed += 1;
        let again = if random.below(8) == 0 { usize::MAX } else { 3 };
        tally.followed += u64::from(again == usize::MAX);
        self.open(tally, random, again);
    }

    fn open(self, tally: &mut Tally, random: &mut Random, again: usize) {
        tally.count(self.place);
        tally.in_recovery += u64::from(self.depth > 0);
        let checked =
            self.look_only(tally, random).and_then(|()| self.check_archive(tally, random));
        match checked.and_then(|()| self.go_on(tally, random, again > 0)) {
            Ok(None) => {}
            Ok(Some(run)) => self.crash_again(&run, tally, random, again),
            Err(verdict) => tally.fail(&verdict, &self.how),
        }
    }

    /// Sometimes it is first opened read-only: the content must be the same, and no byte may change.
    fn look_only(&self, tally: &mut Tally, random: &mut Random) -> Result<(), Verdict> {
        if random.below(8) > 0 {
            return Ok(());
        }
        // There may be no store yet.
        let options = self.setup.options(&Clock::default()).read_only(true);
        let opened = match options.open_on(&self.disk) {
            Err(Error::NotFound { .. }) if self.at_least == 0 => return Ok(()),
            other => other,
        };
        let store = opened.map_err(|error| Verdict::Refused(format!("to be read: {error:?}")))?;
        judge(&store, self.history, self.at_least, self.setup)?;
        store.close().map_err(|error| Verdict::Refused(format!("to be closed: {error:?}")))?;
        tally.only_read += 1;
        match &self.disk.log()[..] {
            [] => Ok(()),
            calls => Err(Verdict::Torn(format!("a read-only opening made {calls:?}"))),
        }
    }

    /// Sometimes the archive is copied back in place of the trimmed segments.
    fn check_archive(&self, tally: &mut Tally, random: &mut Random) -> Result<(), Verdict> {
        if !self.setup.archives || random.below(4) > 0 {
            return Ok(());
        }
        tally.archives += 1;
        check_archive(&self.disk, self.history, self.at_least).map(drop)
    }

    /// Opens and compares. Then either the process ends as if it were killed, or a few more calls are made.
    fn go_on(
        &self,
        tally: &mut Tally,
        random: &mut Random,
        longer: bool,
    ) -> Result<Option<Run>, Verdict> {
        let clock = Clock::default();
        let opened = self.setup.options(&clock).open_on(&self.disk);
        let store = opened.map_err(|error| Verdict::Refused(format!("{error:?}")))?;
        let Right { revision, positions } = judge(&store, self.history, self.at_least, self.setup)?;
        tally.positions += positions;
        if !longer {
            self.disk.fail(DiskFault::new(std::io::ErrorKind::Other).permanently());
            return Ok(None);
        }
        clock.set(revision * 3);
        let history = self.history.up_to(revision);
        let (disk, rest) = (self.disk.clone(), Random(random.next()));
        let more = random.below(5);
        let went_on = catch_unwind(AssertUnwindSafe(|| {
            let mut running = Running::new(self.setup, disk, clock, store, history, rest);
            (0..more).for_each(|_| running.alone());
            running.end()
        }));
        went_on.map(Some).map_err(|_| Verdict::Lost("it cannot be gone on with".to_owned()))
    }

    /// Loses the power again, at up to a given number of calls since this image was opened.
    fn crash_again(&self, run: &Run, tally: &mut Tally, random: &mut Random, times: usize) {
        let calls = run.disk.calls();
        let log = run.disk.log();
        for (call, stopped) in run.disk.stops().enumerate() {
            if calls > times && random.below(calls) >= times {
                continue;
            }
            let (at_least, history) = self.before(call, run);
            let loss = random.next();
            let image = Image {
                disk: stopped.power_lost(loss),
                setup: self.setup,
                history,
                at_least,
                place: Place::of(call.checked_sub(1).map(|last| &log[last]), log.get(call)),
                depth: self.depth + 1,
                how: format!("{}, power lost ({loss}) at call {call}", self.how),
            };
            let is_fresh = image.place.is_new_segment()
                && run.acknowledged.first_call().is_some_and(|shown| call < shown);
            tally.fresh_segment += u64::from(is_fresh);
            image.look(tally, random);
        }
    }

    /// The required and the permitted revisions after a number of calls on this image: before its content was read, all
    /// that may be found on it; afterwards, the content that was read.
    fn before<'r>(&'r self, call: usize, run: &'r Run) -> (u64, &'r History) {
        match run.acknowledged.first_call() {
            Some(shown) if call >= shown => (run.acknowledged.when(call), &run.history),
            _ => (self.at_least, self.history),
        }
    }
}
