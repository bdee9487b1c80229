//! The writes and flushes of a disk in order, and the content after a loss of power.

use std::ops::Range;

use crate::image::{Image, SECTOR};

/// A step on a disk.
#[derive(Clone, Debug)]
enum Step {
    Write(Write),
    /// All earlier writes become durable.
    Flush,
}

/// Bytes for a place on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Write {
    offset: u64,
    data: Vec<u8>,
}

/// Whether a disk is honest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flushes {
    /// Writes before a flush are durable after it.
    #[default]
    Kept,
    /// The disk answers a flush and makes nothing durable: the control.
    Ignored,
}

/// A disk, and its steps since the record began.
#[derive(Clone, Debug)]
pub struct Record {
    before: Image,
    now: Image,
    steps: Vec<Step>,
    flushes: Flushes,
}

/// The result of a loss of power.
#[derive(Clone, Debug)]
pub struct Remains {
    /// The content of the disk.
    pub image: Image,
    /// How many writes were not flushed.
    pub unflushed: usize,
    /// How many of them are there completely.
    pub kept: usize,
    /// How many of them are there partly.
    pub torn: usize,
}

impl Record {
    /// A new record for a disk.
    #[must_use]
    pub fn new(image: Image, flushes: Flushes) -> Self {
        Self { before: image.clone(), now: image, steps: Vec::new(), flushes }
    }

    /// The content that the disk returns to reads.
    #[must_use]
    pub fn now(&self) -> &Image {
        &self.now
    }

    /// The number of steps: the moment between the last one and the next.
    #[must_use]
    pub fn moment(&self) -> usize {
        self.steps.len()
    }

    /// A random moment of the record. In half of the cases it is just before a flush, when most writes are not durable.
    #[must_use]
    pub fn random_moment(&self, random: &mut fastrand::Rng) -> usize {
        let moment = random.usize(0..=self.moment());
        let steps = self.steps.get(moment..).unwrap_or_default();
        let flush = steps.iter().position(|step| matches!(step, Step::Flush));
        moment + flush.filter(|_| random.bool()).unwrap_or(0)
    }

    /// Records a write.
    pub fn write(&mut self, offset: u64, data: &[u8]) {
        self.now.write(offset, data);
        self.steps.push(Step::Write(Write { offset, data: data.to_vec() }));
    }

    /// Records a flush.
    pub fn flush(&mut self) {
        if self.flushes == Flushes::Kept {
            self.steps.push(Step::Flush);
        }
    }

    /// The content if the power is lost after the first `moment` steps.
    ///
    /// All flushed writes are there. Of the others there is nothing, everything or a random part, in order or shuffled,
    /// some of them torn at sectors. A real disk may also flush on its own in between; that is a random part, too.
    #[must_use]
    pub fn power_lost(&self, moment: usize, random: &mut fastrand::Rng) -> Remains {
        let steps = self.steps.get(..moment).unwrap_or(&self.steps);
        let flushed = steps.iter().rposition(|step| matches!(step, Step::Flush)).unwrap_or(0);
        let (flushed, unflushed) = steps.split_at(flushed);
        let mut image = self.before.clone();
        for write in writes(flushed) {
            image.write(write.offset, &write.data);
        }
        let mut unflushed: Vec<&Write> = writes(unflushed).collect();
        if random.bool() {
            random.shuffle(&mut unflushed);
        }
        let mut remains = Remains { image, unflushed: unflushed.len(), kept: 0, torn: 0 };
        let (kept, torn) = chances(random);
        for write in unflushed {
            if random.f64() < kept {
                remains.keep(write, random.f64() < torn, random);
            }
        }
        remains
    }
}

impl Remains {
    fn keep(&mut self, write: &Write, is_torn: bool, random: &mut fastrand::Rng) {
        let sectors = write.data.len().div_ceil(SECTOR);
        if !is_torn || sectors < 2 {
            self.image.write(write.offset, &write.data);
            self.kept += 1;
            return;
        }
        self.torn += 1;
        let there = torn(sectors, random);
        for (sector, part) in write.data.chunks(SECTOR).enumerate() {
            if there.contains(&sector) {
                self.image.write(write.offset + (sector * SECTOR) as u64, part);
            }
        }
    }
}

/// The probability that an unflushed write is there, and that it is torn then.
fn chances(random: &mut fastrand::Rng) -> (f64, f64) {
    let kept = [0.0, 1.0, 0.1, 0.5, 0.9];
    let torn = [0.0, 0.1, 0.5];
    (random.choice(kept).unwrap_or(0.0), random.choice(torn).unwrap_or(0.0))
}

/// The sectors of a torn write that are there: at least one, and not all.
fn torn(sectors: usize, random: &mut fastrand::Rng) -> Range<usize> {
    let len = random.usize(1..sectors);
    // Most disks write from the front.
    let start = if random.bool() { 0 } else { random.usize(0..=sectors - len) };
    start..start + len
}

fn writes(steps: &[Step]) -> impl Iterator<Item = &Write> {
    steps.iter().filter_map(|step| match step {
        Step::Write(write) => Some(write),
        Step::Flush => None,
    })
}

#[cfg(test)]
mod tests;
