//! Collecting and sorting the rows of a file.

use std::io;

use super::counts::RowCounts;
use super::error::TransferError;
use super::event::{BEFORE_ALL, Event, EventKind, NOW};
use super::lines::{LinkLine, ProjectLine, ResourceLine, ViewLine};
use super::problem::Problem;
use super::sorter::{Sorted, Sorter};
use super::subject::Subject;
use super::tally::Tally;
use super::times::Times;
use crate::error::Result;

/// Collects the rows of a file in any order, and returns their events in the order of execution.
///
/// A row with a malformed key is a failure at once, and has no event.
#[derive(Debug)]
pub(super) struct Intake {
    times: Times,
    sorter: Sorter,
    /// A buffer for the encoding of each event.
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

    /// The number of rows.
    pub(super) const fn rows(&self) -> RowCounts {
        self.rows
    }

    /// The number of events.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// The bytes of all records.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The earliest time of a row.
    pub(super) const fn earliest(&self) -> Option<u64> {
        self.earliest
    }

    /// Adds the fields of a project; `row` is its line.
    pub(super) fn project(
        &mut self,
        (line, row): (u64, &[u8]),
        project: &ProjectLine<'_>,
        tally: &mut Tally,
    ) -> Result<()> {
        self.rows.projects += 1;
        let (time, kind, row) = (BEFORE_ALL, EventKind::PutProject, row.to_vec());
        let say = Subject::project(&project.project);
        let say = say.map(|subject| Event { time, kind, revision: 0, subject, line, row });
        self.take(line, say, tally)
    }

    /// Adds a view; `row` is its line.
    pub(super) fn view(
        &mut self,
        (line, row): (u64, &[u8]),
        view: &ViewLine<'_>,
        tally: &mut Tally,
    ) -> Result<()> {
        self.rows.views += 1;
        let mut update = None;
        let create = self.creation((line, row), view).and_then(|create| {
            update = self.last_change(view, &create)?;
            Ok(create)
        });
        if let Some(update) = update {
            self.push(&update)?;
        }
        self.take(line, create, tally)
    }

    fn creation(
        &mut self,
        (line, row): (u64, &[u8]),
        view: &ViewLine<'_>,
    ) -> Result<Event, Problem> {
        let subject = Subject::project(&view.project)?.with_view(&view.key)?;
        let (time, kind) = (self.time(view.created_at, BEFORE_ALL)?, EventKind::Create);
        Ok(Event { time, kind, revision: 0, subject, line, row: row.to_vec() })
    }

    /// The time of the last change of a view, if it is restored.
    fn last_change(
        &mut self,
        view: &ViewLine<'_>,
        create: &Event,
    ) -> Result<Option<Event>, Problem> {
        let changed = view.last_change().filter(|_| self.times.restores_updates());
        let Some(changed) = changed else { return Ok(None) };
        let time = self.time(Some(changed), create.time)?.max(create.time);
        Ok(Some(Event { time, kind: EventKind::Update, ..create.clone() }))
    }

    /// Adds a registered resource; `row` is its line.
    pub(super) fn resource(
        &mut self,
        (line, row): (u64, &[u8]),
        resource: &ResourceLine<'_>,
        tally: &mut Tally,
    ) -> Result<()> {
        self.rows.resources += 1;
        let ResourceLine { project, resource_type, environment, key, id, created_at, .. } =
            resource;
        let subject = Subject::project(project)
            .and_then(|of| of.with_resource(resource_type, environment.as_deref(), key))
            .and_then(|of| match id {
                Some(_) if of.environment.is_empty() => {
                    Err(Problem::invalid_row("only segments have an id"))
                }
                _ => Ok(of),
            })
            .and_then(|of| created_at.map(|time| self.times.check(time)).transpose().map(|_| of));
        // The time of its creation is a field that is always kept. Any change may register it.
        let (time, kind, row) = (BEFORE_ALL, EventKind::Register, row.to_vec());
        let register = subject.map(|subject| Event { time, kind, revision: 0, subject, line, row });
        self.take(line, register, tally)
    }

    /// Adds a link.
    pub(super) fn link(&mut self, line: u64, link: &LinkLine<'_>, tally: &mut Tally) -> Result<()> {
        self.rows.links += 1;
        let LinkLine { project, view, resource_type, environment, key, linked_at, revision } = link;
        let subject = Subject::project(project)
            .and_then(|of| of.with_view(view))
            .and_then(|of| of.with_resource(resource_type, environment.as_deref(), key));
        let link = subject.and_then(|subject| {
            let (time, kind, row) = (self.time(*linked_at, NOW)?, EventKind::Link, Vec::new());
            // The revision orders links of the same time. New links have none.
            let revision = revision.filter(|_| time != NOW).unwrap_or_default();
            Ok(Event { time, kind, revision, subject, line, row })
        });
        self.take(line, link, tally)
    }

    /// The events in order.
    pub(super) fn sorted(self) -> Result<Sorted> {
        self.sorter.sorted().map_err(scratch)
    }

    /// The time at which an action is executed, if the row has a time that is kept.
    fn time(&mut self, time: Option<u64>, default: u64) -> Result<u64, Problem> {
        if !self.times.keeps() {
            return Ok(NOW);
        }
        let time = time.map(|time| self.times.check(time)).transpose()?;
        self.earliest = self.earliest.into_iter().chain(time).min();
        Ok(time.unwrap_or(default))
    }

    /// Adds the event of a row, or counts the row as failed.
    fn take(&mut self, line: u64, event: Result<Event, Problem>, tally: &mut Tally) -> Result<()> {
        match event {
            Ok(event) => self.push(&event)?,
            Err(problem) => tally.fail(line, problem),
        }
        Ok(())
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
