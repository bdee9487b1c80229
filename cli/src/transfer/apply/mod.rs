//! Doing what the rows of a file stand for, many rows in one change.

mod links;
mod projects;
mod resources;
mod views;

use std::io;

use indicatif::ProgressBar;
use viewlink::{Project, Store, Timestamp};

use super::clock::Clock;
use super::error::TransferError;
use super::event::{BEFORE_ALL, Deed, Event, NOW};
use super::sorter::Sorted;
use super::tally::Tally;
use super::target::BATCH;
use crate::error::{Error, Result};

/// How many bytes of rows are in memory at a time, and in one change.
const BATCH_BYTES: usize = 8 << 20;

/// Does what the rows of a file stand for.
#[derive(Debug)]
pub(super) struct Applier<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a Clock,
    /// The time of what has none and is done first.
    pub(super) earliest: Option<u64>,
    /// Whether a view that is linked to and is not there is created.
    pub(super) create_views: bool,
    /// Whether views are created with another name, which an event follows to change.
    pub(super) restore_updates: bool,
    pub(super) actor: &'a str,
    pub(super) comment: Option<&'a str>,
    pub(super) tally: &'a mut Tally,
    pub(super) bar: &'a ProgressBar,
}

impl Applier<'_> {
    /// Does events in their order. Those of one kind, time and project that come one after the other
    /// are one change, or for views one change each.
    pub(super) fn run(mut self, events: Sorted) -> Result<()> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        for record in events {
            let event = Event::decode(&record.map_err(TransferError::Scratch)?);
            let event = event.ok_or_else(spoilt)?;
            let is_full = batch.len() >= BATCH || bytes >= BATCH_BYTES;
            if is_full || !batch.last().is_none_or(|last| is_like(last, &event)) {
                self.apply(std::mem::take(&mut batch))?;
                bytes = 0;
            }
            bytes += event.row.len();
            batch.push(event);
        }
        self.apply(batch)
    }

    /// Does events of one kind, time and project.
    fn apply(&mut self, batch: Vec<Event>) -> Result<()> {
        let Some(first) = batch.first() else { return Ok(()) };
        let (deed, count) = (first.deed, batch.len() as u64);
        self.clock.set(self.time_of(first));
        let project = self.project(&first.subject.project)?;
        match deed {
            Deed::Say => projects::put(self, &project, &batch)?,
            Deed::Register => resources::register(self, &project, &batch)?,
            Deed::Create => views::create(self, &project, &batch)?,
            Deed::Update => views::update(self, &project, &batch)?,
            Deed::Link => links::link(self, &project, batch)?,
        }
        self.bar.inc(count);
        Ok(())
    }

    /// `None` for the time at which it is done.
    fn time_of(&self, event: &Event) -> Option<Timestamp> {
        let time = match event.time {
            NOW => None,
            BEFORE_ALL => self.earliest,
            time => Some(time),
        };
        time.map(Timestamp::from_millis)
    }

    fn project(&self, key: &str) -> Result<Project> {
        let project = self.store.project(key)?.actor(self.actor);
        Ok(match self.comment {
            Some(comment) => project.comment(comment),
            None => project,
        })
    }
}

fn is_like(last: &Event, event: &Event) -> bool {
    (last.time, last.deed) == (event.time, event.deed)
        && last.subject.project == event.subject.project
}

/// A record that is not what was written.
fn spoilt() -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, "it holds something else by now");
    TransferError::Scratch(source).into()
}
