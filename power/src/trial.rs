//! Losses of power, one after the other, under a store on one file system.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::child::{Child, Heard};
use crate::file_system::FileSystem;
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::machine::Machine;
use crate::record::{Flushes, Record, Remains};
use crate::setup::Setup;
use crate::tally::Tally;
use crate::task::{Checked, Task, Told};
use crate::workplace::Workplace;

/// How many losses of power there are of what one run under load did.
const CUTS_OF_RUN: usize = 4;

/// After so many runs another store is begun.
const RUNS_OF_STORE: usize = 5;

/// Stores on one file system.
#[derive(Debug)]
pub struct Trial {
    program: PathBuf,
    file_system: FileSystem,
    flushes: Flushes,
    workplace: Workplace,
    /// Disks on which nothing was changed yet.
    beginnings: Vec<Image>,
    /// What was tried.
    pub tally: Tally,
}

/// A loss of power after which something was wrong.
#[derive(Clone, Debug)]
pub struct Lost {
    /// What was wrong.
    pub what: String,
    /// What the loss of power had left on the disk.
    pub image: Image,
}

/// A store that was found as it should be, and the disk it is on.
#[derive(Debug)]
struct Found {
    knowledge: Knowledge,
    record: Record,
    /// How much had been done to the disk when it was shown.
    shown: usize,
}

impl Trial {
    /// Makes the file system; `program` is that of this package, and `more` are arguments for the one that makes it.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
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

    /// Makes a store in the directory that the overlay cannot write, as the image of a container may have one.
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

    /// A disk on which nothing was changed yet.
    pub(crate) fn beginning(&self, random: &mut fastrand::Rng) -> Image {
        random.choice(&self.beginnings).cloned().unwrap_or_default()
    }

    /// Takes the power so many times, or a few times more; what was lost.
    ///
    /// # Errors
    ///
    /// When something fails that is not the store.
    pub fn run(&mut self, cuts: u64, random: &mut fastrand::Rng) -> Result<Vec<Lost>> {
        let mut lost = Vec::new();
        while self.tally.cuts < cuts {
            self.try_store(cuts, random, &mut lost)?;
        }
        Ok(lost)
    }

    /// Begins a store, and takes the power from it again and again.
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
            let (record, heard) = match self.load(image.clone(), &knowledge, &setup, random) {
                Ok(loaded) => loaded,
                Err(error) => {
                    lost.push(Lost { what: format!("{error:#}"), image });
                    return Ok(());
                }
            };
            let mut last = None;
            for _ in 0..CUTS_OF_RUN {
                let moment = record.random_moment(random);
                let known = knowledge.and_heard(&heard, moment);
                let remains = record.power_lost(moment, random);
                last = self.cut(remains, &known, &setup, random, lost)?;
            }
            let Some(found) = last.filter(|_| self.tally.cuts < cuts) else { return Ok(()) };
            image = found.record.now().clone();
            knowledge = found.knowledge;
        }
        Ok(())
    }

    /// Runs a store under load for a moment; what was done to the disk, and what was told.
    fn load(
        &mut self,
        image: Image,
        knowledge: &Knowledge,
        setup: &Setup,
        random: &mut fastrand::Rng,
    ) -> Result<(Record, Vec<Heard>)> {
        let machine = self.start(image)?;
        let child = self.start_load(&machine, knowledge, setup, random)?;
        child.wait_for("change", Told::is_acknowledged)?;
        thread::sleep(Duration::from_millis(random.u64(0..300)));
        let heard = child.kill().context("the load")?;
        let record = machine.stop()?;
        self.tally.count_load(&heard)?;
        Ok((record, heard))
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

    /// Starts the machine again after a loss of power, and at times takes the power once more while it starts.
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

    /// Starts the machine and looks at the store; what is wrong, if anything is.
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

    /// Reads the store; what is in it, and how much had been done to the disk when that was told.
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
        let heard = child.wait().map_err(|error| format!("the check: {error:#}"));
        Ok(heard.and_then(|mut heard| shown(heard.pop())))
    }
}

/// What a check told, and when.
fn shown(heard: Option<Heard>) -> Result<(usize, Checked), String> {
    match heard {
        Some(Heard { moment, told: Told::Checked(checked) }) => Ok((moment, checked)),
        Some(Heard { told: Told::Failed { what, error }, .. }) => Err(format!("{what}: {error}")),
        other => Err(format!("the check told {other:?}")),
    }
}
