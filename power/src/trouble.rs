//! Failures of a disk or a file system below a store in use.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::io::Errno;
use rustix::mount::{MountFlags, mount_remount};

use crate::child::Received;
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::layer::Failing;
use crate::machine::Machine;
use crate::setup::Setup;
use crate::task::Message;
use crate::trial::{Lost, Trial};

/// The directory of the files that fill a file system.
const FILLER: &str = "filler";

/// How often the power is also lost.
const CUTS: u64 = 4;

/// The kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The file system is full, and later has space again.
    Full,
    /// No file can be created, and later files can be created again.
    NoInodes,
    /// The file system becomes read-only, as ext4 does after an error, and stays so.
    ReadOnly,
    /// Some writes of the disk fail, for some time.
    Writes,
    /// All flushes of the disk fail, for some time.
    Flushes,
}

impl Trouble {
    fn begin(self, machine: &Machine) -> Result<()> {
        match self {
            Self::Full => fill(machine.below()).context("fill it")?,
            Self::NoInodes => take_inodes(machine.below()).context("use all inodes")?,
            Self::ReadOnly => {
                match mount_remount(machine.below(), MountFlags::RDONLY, "") {
                    // An open store has files open for writing. An error makes the file system read-only nevertheless.
                    Err(Errno::BUSY) => {
                        mount_remount(machine.below(), MountFlags::empty(), "abort")?;
                    }
                    remounted => remounted?,
                }
            }
            Self::Writes => machine.layer().fail(Failing { writes: 0.2, ..Failing::default() }),
            Self::Flushes => machine.layer().fail(Failing { flushes: 1.0, ..Failing::default() }),
        }
        Ok(())
    }

    fn end(self, machine: &Machine) -> Result<()> {
        match self {
            Self::Full | Self::NoInodes => fs::remove_dir_all(machine.below().join(FILLER))?,
            Self::Writes | Self::Flushes => machine.layer().fail(Failing::default()),
            Self::ReadOnly => {}
        }
        Ok(())
    }

    /// Whether the store can be written again afterwards without a restart of the machine.
    fn passes(self) -> bool {
        matches!(self, Self::Full | Self::NoInodes)
    }
}

/// The errors that a store reported during the failure, and the problems found.
#[derive(Debug)]
pub struct Lived {
    /// The errors, each one once.
    pub errors: Vec<String>,
    /// The lost changes.
    pub lost: Vec<Lost>,
    /// How often the power was also lost.
    pub cuts: u64,
}

impl Trial {
    /// Uses a store during a failure, and checks it afterwards, and after losses of power in between.
    ///
    /// # Errors
    ///
    /// If something else fails than expected, or if the store does not notice the failure.
    pub fn live_through(&mut self, trouble: Trouble, random: &mut fastrand::Rng) -> Result<Lived> {
        let (setup, nothing) = (Setup::random(random), Knowledge::of_nothing());
        let machine = self.start(self.beginning(random))?;
        let child = self.start_load(&machine, &nothing, &setup, random)?;
        child.wait_for("change", Message::is_acknowledged)?;
        thread::sleep(Duration::from_millis(random.u64(0..100)));
        trouble.begin(&machine)?;
        child.wait_for("failure", Message::is_failure)?;
        thread::sleep(Duration::from_millis(random.u64(50..200)));
        trouble.end(&machine)?;
        if trouble.passes() {
            child.wait_for("change after the failure", Message::is_acknowledged)?;
        }
        let received = child.kill().context("the load")?;
        let record = machine.stop()?;

        let mut lived = Lived { errors: errors(&received), lost: Vec::new(), cuts: 0 };
        let known = nothing.and_received(&received, record.moment());
        self.come_back(trouble, record.now().clone(), &known, &setup, &mut lived)?;
        for _ in 0..CUTS {
            let moment = record.random_moment(random);
            let known = nothing.and_received(&received, moment);
            let image = record.power_lost(moment, random).image;
            self.come_back(trouble, image, &known, &setup, &mut lived)?;
            lived.cuts += 1;
        }
        Ok(lived)
    }

    /// Starts the machine again and checks the store, and once more after the end of the failure.
    fn come_back(
        &self,
        trouble: Trouble,
        image: Image,
        known: &Knowledge,
        setup: &Setup,
        lived: &mut Lived,
    ) -> Result<()> {
        let mut machine = self.start(image.clone())?;
        let mut checked = self.check(&machine, known, setup)?;
        if trouble.passes() && machine.below().join(FILLER).exists() {
            lived.errors.extend(checked.err());
            trouble.end(&machine)?;
            // An overlay that found no space when it was mounted cannot be written until it is mounted again.
            machine = self.start(machine.stop()?.now().clone())?;
            checked = self.check(&machine, known, setup)?;
        }
        machine.stop()?;
        let judged = checked.and_then(|(_, checked)| known.judge(&checked));
        lived.lost.extend(judged.err().map(|what| Lost { what, image }));
        Ok(())
    }

    /// Opens a store on a disk that is partly unreadable, and again when the disk is readable.
    ///
    /// # Errors
    ///
    /// If something else fails than expected.
    pub fn live_through_failing_reads(&mut self, random: &mut fastrand::Rng) -> Result<Lived> {
        let (setup, nothing) = (Setup::random(random), Knowledge::of_nothing());
        let machine = self.start(self.beginning(random))?;
        let child = self.start_load(&machine, &nothing, &setup, random)?;
        child.wait_for("change", Message::is_acknowledged)?;
        thread::sleep(Duration::from_millis(random.u64(50..200)));
        let received = child.kill().context("the load")?;
        let mut record = machine.stop()?;
        let known = nothing.and_received(&received, record.moment());
        let mut lived = Lived { errors: Vec::new(), lost: Vec::new(), cuts: 0 };
        for reads in [1.0, 0.5, 0.2, 0.1, 0.0] {
            let image = record.now().clone();
            let machine = self.start(image.clone())?;
            machine.layer().fail(Failing { reads, ..Failing::default() });
            let checked = self.check(&machine, &known, &setup)?;
            machine.layer().fail(Failing::default());
            record = machine.stop()?;
            match checked {
                Ok((_, checked)) => {
                    let judged = known.judge(&checked);
                    lived.lost.extend(judged.err().map(|what| Lost { what, image }));
                }
                Err(error) if reads > 0.0 => lived.errors.push(error),
                Err(what) => lived.lost.push(Lost { what, image }),
            }
        }
        Ok(lived)
    }
}

/// The failures, each one once.
fn errors(received: &[Received]) -> Vec<String> {
    let message = received.iter().filter_map(|received| match &received.message {
        Message::Refused { not_applied: true, error, .. } => Some(format!("not applied: {error}")),
        Message::Refused { error, .. } => Some(format!("unknown: {error}")),
        Message::Failed { what, error } => Some(format!("{what}: {error}")),
        _ => None,
    });
    let mut errors: Vec<String> = message.collect();
    errors.sort();
    errors.dedup();
    errors
}

/// Writes into a file system until it is full.
fn fill(dir: &Path) -> io::Result<()> {
    let filler = dir.join(FILLER);
    fs::create_dir(&filler)?;
    let files: Vec<File> = ["large", "medium", "small"]
        .iter()
        .map(|name| File::create(filler.join(name)))
        .collect::<io::Result<_>>()?;
    // Smaller and smaller files, so that the last gaps are filled, too.
    for (mut file, size) in files.into_iter().zip([1 << 20, 1 << 16, 1 << 12]) {
        let block = vec![0; size];
        let full = loop {
            match file.write_all(&block).and_then(|()| file.sync_data()) {
                Ok(()) => {}
                Err(error) => break error,
            }
        };
        if full.kind() != io::ErrorKind::StorageFull {
            return Err(full);
        }
    }
    Ok(())
}

/// Creates files until that fails.
fn take_inodes(dir: &Path) -> io::Result<()> {
    let filler = dir.join(FILLER);
    fs::create_dir(&filler)?;
    for number in 0.. {
        match File::create(filler.join(number.to_string())) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
