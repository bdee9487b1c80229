//! Rows that were read, on their way into order.

use std::io;

use super::counts::RowCounts;
use super::error::TransferError;
use super::event::{BEFORE_ALL, Deed, Event, NOW};
use super::lines::{LinkLine, ResourceLine, ViewLine};
use super::problem::Problem;
use super::sorter::{Sorted, Sorter};
use super::subject::Subject;
use super::tally::Tally;
use super::times::Times;
use crate::error::Result;

/// Takes the rows of a file, whatever their order, and gives the events that they stand for in the
/// order in which they are to be done.
///
/// A row with a malformed key is a failure at once, and stands for nothing.
#[derive(Debug)]
pub(super) struct Intake {
    times: Times,
    sorter: Sorter,
    /// What is encoded anew for each event.
    record: Vec<u8>,
    rows: RowCounts,
    events: u64,
    bytes: u64,
    earliest: Option<u64>,
}

impl Intake {
    pub(super) fn new(times: Times) -> Self {
        let (sorter, record, rows) = (Sorter::default(), Vec::new(), RowCounts::default());
        Self { times, sorter, record, rows, events: 0, bytes: 0, earliest: None }
    }

    /// How many rows came in.
    pub(super) const fn rows(&self) -> RowCounts {
        self.rows
    }

    /// How many events they stand for.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// How many bytes their records have.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The earliest time that any of them has.
    pub(super) const fn earliest(&self) -> Option<u64> {
        self.earliest
    }

    /// Takes a view, whose line is `row`.
    pub(super) fn view(
        &mut self,
        (line, row): (u64, &[u8]),
        view: &ViewLine<'_>,
        tally: &mut Tally,
    ) -> Result<()> {
        self.rows.views += 1;
        let subject = Subject::project(&view.project).and_then(|of| of.with_view(&view.key));
        let subject = match subject {
            Ok(subject) => subject,
            Err(problem) => return Ok(tally.fail(line, problem)),
        };
        let created = self.time(view.created_at.unwrap_or(BEFORE_ALL));
        let (deed, revision, row) = (Deed::Create, 0, row.to_vec());
        let create = Event { time: created, deed, revision, subject, line, row };
        self.push(&create)?;
        match view.last_change().filter(|_| self.times.restores_updates()) {
            Some(time) => {
                let time = self.time(time).max(created);
                self.push(&Event { time, deed: Deed::Update, ..create })
            }
            None => Ok(()),
        }
    }

    /// Takes a registered resource, whose line is `row`.
    pub(super) fn resource(
        &mut self,
        (line, row): (u64, &[u8]),
        resource: &ResourceLine<'_>,
        tally: &mut Tally,
    ) -> Result<()> {
        self.rows.resources += 1;
        let ResourceLine { project, resource_type, environment, key, id, .. } = resource;
        let subject = Subject::project(project)
            .and_then(|of| of.with_resource(resource_type, environment.as_deref(), key));
        match subject {
            Ok(of) if id.is_some() && of.environment.is_empty() => {
                tally.fail(line, Problem::invalid_row("only segments have an id"));
                Ok(())
            }
            Ok(subject) => {
                // When it was created is a field; the change that registers it may be any.
                let (time, deed, revision) = (BEFORE_ALL, Deed::Register, 0);
                self.push(&Event { time, deed, revision, subject, line, row: row.to_vec() })
            }
            Err(problem) => Ok(tally.fail(line, problem)),
        }
    }

    /// Takes a link.
    pub(super) fn link(&mut self, line: u64, link: &LinkLine<'_>, tally: &mut Tally) -> Result<()> {
        self.rows.links += 1;
        let LinkLine { project, view, resource_type, environment, key, linked_at, revision } = link;
        let subject = Subject::project(project)
            .and_then(|of| of.with_view(view))
            .and_then(|of| of.with_resource(resource_type, environment.as_deref(), key));
        match subject {
            Ok(subject) => {
                let time = self.time(linked_at.unwrap_or(NOW));
                // Of one time it is the order; there is none where all is of one time.
                let revision = revision.filter(|_| time != NOW).unwrap_or_default();
                let (deed, row) = (Deed::Link, Vec::new());
                self.push(&Event { time, deed, revision, subject, line, row })
            }
            Err(problem) => Ok(tally.fail(line, problem)),
        }
    }

    /// The events in order.
    pub(super) fn sorted(self) -> Result<Sorted> {
        self.sorter.sorted().map_err(scratch)
    }

    /// The time at which something is to be done that has this one in the file.
    fn time(&mut self, time: u64) -> u64 {
        if !self.times.keeps() {
            return NOW;
        }
        if time != BEFORE_ALL && time != NOW {
            self.earliest = Some(self.earliest.map_or(time, |earliest| earliest.min(time)));
        }
        time
    }

    fn push(&mut self, event: &Event) -> Result<()> {
        self.events += 1;
        event.encode(&mut self.record);
        self.bytes += self.record.len() as u64;
        self.sorter.push(&self.record).map_err(scratch)
    }
}

fn scratch(error: io::Error) -> crate::error::Error {
    TransferError::Scratch(error).into()
}
