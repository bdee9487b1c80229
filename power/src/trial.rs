//! Losses of power, one after another, below a store on one file system.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::child::{Child, Received};
use crate::file_system::FileSystem;
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::machine::Machine;
use crate::record::{Flushes, Record, Remains};
use crate::setup::Setup;
use crate::tally::Tally;
use crate::task::{Checked, Message, Task};
use crate::workplace::Workplace;

/// The number of losses of power that are tried with the record of one run.
const CUTS_OF_RUN: usize = 4;

/// After this many runs a new store is created.
const RUNS_OF_STORE: usize = 5;

/// Stores on one file system.
#[derive(Debug)]
pub struct Trial {
    program: PathBuf,
    file_system: FileSystem,
    flushes: Flushes,
    workplace: Workplace,
    /// Disks without changes.
    beginnings: Vec<Image>,
    /// The counts.
    pub tally: Tally,
}

/// A loss of power after which something was wrong.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The problem.
    pub what: String,
    /// The content of the disk after the loss of power.
    pub image: Image,
}

/// A store that was checked, and its disk.
#[derive(Debug)]
struct Found {
    knowledge: Knowledge,
    record: Record,
    /// The number of steps on the disk when the store was checked.
    shown: usize,
}

impl Trial {
    /// Creates the file system. `program` is that of this package, and `more` are arguments for the program that
    /// creates it.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn new(
        program: PathBuf,
        file_system: FileSystem,
        flushes: Flushes,
        more: &[&str],
    ) -> Result<Self> {
        let workplace = Workplace::new()?;
        let beginnings = vec![Machine::format(file_system, more, workplace.path())?];
        let tally = Tally::default();
        let mut trial = Self { program, file_system, flushes, workplace, beginnings, tally };
        if file_system == FileSystem::Overlay {
            trial.begin_below()?;
        }
        Ok(trial)
    }

    /// Creates a store in the read-only directory of the overlay, as the image of a container may have one.
    fn begin_below(&mut self) -> Result<()> {
        let image = self.beginnings.first().cloned().unwrap_or_default();
        let machine = Machine::start(FileSystem::Ext4, image, self.flushes, self.workplace.path())?;
        let root = machine.root().join("lower");
        let setup = Setup::random(&mut fastrand::Rng::with_seed(0));
        let task = Task::Check { root, setup, least: Vec::new(), most: Vec::new() };
        Child::start(&self.program, &task, machine.layer().clock())?.wait()?;
        self.beginnings.push(machine.stop()?.now().clone());
        Ok(())
    }

    /// A disk without changes.
    pub(crate) fn beginning(&self, random: &mut fastrand::Rng) -> Image {
        random.choice(&self.beginnings).cloned().unwrap_or_default()
    }

    /// Simulates at least this many losses of power; returns the counts.
    ///
    /// # Errors
    ///
    /// If something other than the store fails.
    pub fn run(&mut self, cuts: u64, random: &mut fastrand::Rng) -> Result<Vec<Lost>> {
        let mut lost = Vec::new();
        while self.tally.cuts < cuts {
            self.try_store(cuts, random, &mut lost)?;
        }
        Ok(lost)
    }

    /// Creates a store, and simulates losses of power again and again.
    fn try_store(
        &mut self,
        cuts: u64,
        random: &mut fastrand::Rng,
        lost: &mut Vec<Lost>,
    ) -> Result<()> {
        let setup = Setup::random(random);
        let mut image = self.beginning(random);
        let mut knowledge = Knowledge::of_nothing();
        for _ in 0..RUNS_OF_STORE {
            let setup = setup.clone().direct(random.bool());
            let (record, received) = match self.load(image.clone(), &knowledge, &setup, random) {
                Ok(loaded) => loaded,
                Err(error) => {
                    lost.push(Lost { what: format!("{error:#}"), image });
                    return Ok(());
                }
            };
            let mut last = None;
            for _ in 0..CUTS_OF_RUN {
                let moment = record.random_moment(random);
                let known = knowledge.and_received(&received, moment);
                let remains = record.power_lost(moment, random);
                last = self.cut(remains, &known, &setup, random, lost)?;
            }
            let Some(found) = last.filter(|_| self.tally.cuts < cuts) else { return Ok(()) };
            image = found.record.now().clone();
            knowledge = found.knowledge;
        }
        Ok(())
    }

    /// Runs a store under load for a moment; returns the record of the disk, and the messages.
    fn load(
        &mut self,
        image: Image,
        knowledge: &Knowledge,
        setup: &Setup,
        random: &mut fastrand::Rng,
    ) -> Result<(Record, Vec<Received>)> {
        let machine = self.start(image)?;
        let child = self.start_load(&machine, knowledge, setup, random)?;
        child.wait_for("change", Message::is_acknowledged)?;
        thread::sleep(Duration::from_millis(random.u64(0..300)));
        let received = child.kill().context("the load")?;
        let record = machine.stop()?;
        self.tally.count_load(&received)?;
        Ok((record, received))
    }

    /// Starts the machine with a disk.
    pub(crate) fn start(&self, image: Image) -> Result<Machine> {
        Machine::start(self.file_system, image, self.flushes, self.workplace.path())
    }

    /// Starts a process that changes the store.
    pub(crate) fn start_load(
        &self,
        machine: &Machine,
        knowledge: &Knowledge,
        setup: &Setup,
        random: &mut fastrand::Rng,
    ) -> Result<Child> {
        let root = machine.root().to_owned();
        let (setup, changes) = (setup.clone(), knowledge.least.clone());
        let task = Task::Load { root, setup, seed: random.u64(..), changes };
        Child::start(&self.program, &task, machine.layer().clock())
    }

    /// Starts the machine again after a loss of power; sometimes the power is lost again during the start.
    fn cut(
        &mut self,
        remains: Remains,
        known: &Knowledge,
        setup: &Setup,
        random: &mut fastrand::Rng,
        lost: &mut Vec<Lost>,
    ) -> Result<Option<Found>> {
        self.tally.count_cut(&remains);
        let image = remains.image;
        let found = match self.look(image.clone(), known, setup)? {
            Ok(found) => found,
            Err(what) => {
                lost.push(Lost { what, image });
                return Ok(None);
            }
        };
        if random.u8(0..4) > 0 {
            return Ok(Some(found));
        }
        let moment = found.record.random_moment(random);
        let remains = found.record.power_lost(moment, random);
        self.tally.recoveries += 1;
        let known = if moment < found.shown { known } else { &found.knowledge };
        self.tally.count_cut(&remains);
        let image = remains.image;
        match self.look(image.clone(), known, setup)? {
            Ok(found) => Ok(Some(found)),
            Err(what) => {
                let what = format!("power lost again during the recovery: {what}");
                lost.push(Lost { what, image });
                Ok(None)
            }
        }
    }

    /// Starts the machine and checks the store; returns the problem, if there is one.
    fn look(
        &self,
        image: Image,
        known: &Knowledge,
        setup: &Setup,
    ) -> Result<Result<Found, String>> {
        let machine = match self.start(image) {
            Ok(machine) => machine,
            Err(error) => return Ok(Err(format!("{error:#}"))),
        };
        let checked = self.check(&machine, known, setup)?;
        let record = machine.stop()?;
        Ok(checked.and_then(|(shown, checked)| {
            known.judge(&checked)?;
            Ok(Found { knowledge: Knowledge::of_shown(&checked), record, shown })
        }))
    }

    /// Reads the store; returns its content, and the number of steps on the disk at that time.
    pub(crate) fn check(
        &self,
        machine: &Machine,
        known: &Knowledge,
        setup: &Setup,
    ) -> Result<Result<(usize, Checked), String>> {
        let (root, setup) = (machine.root().to_owned(), setup.clone());
        let (least, most) = (known.least.clone(), known.most.clone());
        let task = Task::Check { root, setup, least, most };
        let child = Child::start(&self.program, &task, machine.layer().clock())?;
        let received = child.wait().map_err(|error| format!("the check: {error:#}"));
        Ok(received.and_then(|mut received| shown(received.pop())))
    }
}

/// The message of a check, and its moment.
fn shown(received: Option<Received>) -> Result<(usize, Checked), String> {
    match received {
        Some(Received { moment, message: Message::Checked(checked) }) => Ok((moment, checked)),
        Some(Received { message: Message::Failed { what, error }, .. }) => {
            Err(format!("{what}: {error}"))
        }
        other => Err(format!("the check sent {other:?}")),
    }
}
