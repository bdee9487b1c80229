//! Executing the rows of a file, many rows in one change.

mod links;
mod projects;
mod resources;
mod views;

use std::io;

use indicatif::ProgressBar;
use viewlink::{Project, Store, Timestamp};

use super::clock::Clock;
use super::error::TransferError;
use super::event::{BEFORE_ALL, Event, EventKind, NOW};
use super::sorter::Sorted;
use super::tally::Tally;
use super::target::BATCH;
use crate::error::{Error, Result};

/// The bytes of rows in memory at a time, and in one change.
const BATCH_BYTES: usize = 8 << 20;

/// Executes the rows of a file.
#[derive(Debug)]
pub(super) struct Applier<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a Clock,
    /// The time of rows that have none and are executed first.
    pub(super) earliest: Option<u64>,
    /// Whether a missing view is created when a row links to it.
    pub(super) create_views: bool,
    /// Whether views are created with another name, which a later event changes to the right one.
    pub(super) restore_updates: bool,
    pub(super) actor: &'a str,
    pub(super) comment: Option<&'a str>,
    pub(super) tally: &'a mut Tally,
    pub(super) bar: &'a ProgressBar,
}

impl Applier<'_> {
    /// Executes events in order. Consecutive events of one kind, time and project are one change, except for views,
    /// which need one change each.
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

    /// Executes events of one kind, time and project.
    fn apply(&mut self, batch: Vec<Event>) -> Result<()> {
        let Some(first) = batch.first() else { return Ok(()) };
        let (kind, count) = (first.kind, batch.len() as u64);
        self.clock.set(self.time_of(first));
        let project = self.project(&first.subject.project)?;
        match kind {
            EventKind::PutProject => projects::put(self, &project, &batch)?,
            EventKind::Register => resources::register(self, &project, &batch)?,
            EventKind::Create => views::create(self, &project, &batch)?,
            EventKind::Update => views::update(self, &project, &batch)?,
            EventKind::Link => links::link(self, &project, batch)?,
        }
        self.bar.inc(count);
        Ok(())
    }

    /// The time of an event; `None` for the time of its execution.
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
    (last.time, last.kind) == (event.time, event.kind)
        && last.subject.project == event.subject.project
}

/// The error for a record that is not the one that was written.
fn spoilt() -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, "it was modified");
    TransferError::Scratch(source).into()
}
