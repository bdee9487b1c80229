//! Rows that were read, on their way into order.

use std::io;

use super::counts::RowCounts;
use super::error::TransferError;
use super::event::{BEFORE_ALL, Deed, Event, NOW};
use super::lines::{LinkLine, ProjectLine, ResourceLine, ViewLine};
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

    /// Takes what is said of a project, whose line is `row`.
    pub(super) fn project(
        &mut self,
        (line, row): (u64, &[u8]),
        project: &ProjectLine<'_>,
        tally: &mut Tally,
    ) -> Result<()> {
        self.rows.projects += 1;
        let (time, deed, row) = (BEFORE_ALL, Deed::Say, row.to_vec());
        let say = Subject::project(&project.project);
        let say = say.map(|subject| Event { time, deed, revision: 0, subject, line, row });
        self.take(line, say, tally)
    }

    /// Takes a view, whose line is `row`.
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
        let (time, deed) = (self.time(view.created_at, BEFORE_ALL)?, Deed::Create);
        Ok(Event { time, deed, revision: 0, subject, line, row: row.to_vec() })
    }

    /// The last change of a view, where it has one that is restored.
    fn last_change(
        &mut self,
        view: &ViewLine<'_>,
        create: &Event,
    ) -> Result<Option<Event>, Problem> {
        let changed = view.last_change().filter(|_| self.times.restores_updates());
        let Some(changed) = changed else { return Ok(None) };
        let time = self.time(Some(changed), create.time)?.max(create.time);
        Ok(Some(Event { time, deed: Deed::Update, ..create.clone() }))
    }

    /// Takes a registered resource, whose line is `row`.
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
        // When it was created is a field, and kept always; the change that registers it may be any.
        let (time, deed, row) = (BEFORE_ALL, Deed::Register, row.to_vec());
        let register = subject.map(|subject| Event { time, deed, revision: 0, subject, line, row });
        self.take(line, register, tally)
    }

    /// Takes a link.
    pub(super) fn link(&mut self, line: u64, link: &LinkLine<'_>, tally: &mut Tally) -> Result<()> {
        self.rows.links += 1;
        let LinkLine { project, view, resource_type, environment, key, linked_at, revision } = link;
        let subject = Subject::project(project)
            .and_then(|of| of.with_view(view))
            .and_then(|of| of.with_resource(resource_type, environment.as_deref(), key));
        let link = subject.and_then(|subject| {
            let (time, deed, row) = (self.time(*linked_at, NOW)?, Deed::Link, Vec::new());
            // It is the order of links of one time, and those that are made now have none.
            let revision = revision.filter(|_| time != NOW).unwrap_or_default();
            Ok(Event { time, deed, revision, subject, line, row })
        });
        self.take(line, link, tally)
    }

    /// The events in order.
    pub(super) fn sorted(self) -> Result<Sorted> {
        self.sorter.sorted().map_err(scratch)
    }

    /// The time at which something is to be done that has this one in the file, if it has one.
    fn time(&mut self, time: Option<u64>, default: u64) -> Result<u64, Problem> {
        if !self.times.keeps() {
            return Ok(NOW);
        }
        let time = time.map(|time| self.times.check(time)).transpose()?;
        self.earliest = self.earliest.into_iter().chain(time).min();
        Ok(time.unwrap_or(default))
    }

    /// Puts what a row stands for among the events, or counts the row as one that failed.
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
