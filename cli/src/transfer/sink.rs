//! The output of the rows of an export.

use std::io::{self, Write};

use serde::Serialize;
use viewlink::{LinkedResource, ProjectInfo, RegisteredResource, View};

use super::counts::RowCounts;
use super::format::Format;
use super::lines::{FORMAT, Header, Line, LinkLine, ProjectLine, ResourceLine, VERSION, ViewLine};
use super::out_file::OutFile;
use crate::error::Result;

/// The columns of a CSV file, in the order in which they are written.
pub(super) const COLUMNS: [&str; 6] =
    ["project", "view", "type", "environment", "key", "linked_at"];

/// Writes rows in one of the formats.
#[derive(Debug)]
pub(super) enum Sink {
    Jsonl(OutFile),
    Csv(Box<csv::Writer<OutFile>>),
}

impl Sink {
    pub(super) fn new(format: Format, out: OutFile) -> Self {
        match format {
            Format::Jsonl => Self::Jsonl(out),
            Format::Csv => Self::Csv(Box::new(csv::Writer::from_writer(out))),
        }
    }

    /// Whether it has only links.
    pub(super) const fn is_links_only(&self) -> bool {
        matches!(self, Self::Csv(_))
    }

    /// Writes the header.
    pub(super) fn begin(
        &mut self,
        store: &str,
        revision: u64,
        project: Option<&str>,
    ) -> Result<()> {
        match self {
            Self::Jsonl(out) => {
                let (format, project) = (FORMAT.into(), project.map(Into::into));
                let (store_id, revision) = (Some(store.into()), Some(revision));
                let header = Header { format, version: VERSION, store_id, revision, project };
                write(out, &Line::Header(header))
            }
            Self::Csv(out) => record(out, COLUMNS),
        }
    }

    pub(super) fn project(&mut self, project: &ProjectInfo) -> Result<()> {
        match self {
            Self::Jsonl(out) => write(out, &Line::Project(ProjectLine::new(project))),
            Self::Csv(_) => Ok(()),
        }
    }

    pub(super) fn view(&mut self, project: &str, view: &View) -> Result<()> {
        match self {
            Self::Jsonl(out) => write(out, &Line::View(ViewLine::new(project, view))),
            Self::Csv(_) => Ok(()),
        }
    }

    pub(super) fn resource(
        &mut self,
        project: &str,
        registered: &RegisteredResource,
    ) -> Result<()> {
        match self {
            Self::Jsonl(out) => write(out, &Line::Resource(ResourceLine::new(project, registered))),
            Self::Csv(_) => Ok(()),
        }
    }

    pub(super) fn link(
        &mut self,
        project: &str,
        view: &str,
        linked: &LinkedResource,
    ) -> Result<()> {
        match self {
            Self::Jsonl(out) => write(out, &Line::Link(LinkLine::new(project, view, linked))),
            Self::Csv(out) => {
                let raw = linked.resource.as_raw();
                let linked_at = linked.linked_at.as_millis().to_string();
                let environment = raw.environment().unwrap_or_default();
                let resource_type = raw.resource_type().plural();
                record(out, [project, view, resource_type, environment, raw.key(), &linked_at])
            }
        }
    }

    /// Writes the trailer, and gives the file its name.
    pub(super) fn end(self, counts: RowCounts) -> Result<()> {
        match self {
            Self::Jsonl(mut out) => {
                write(&mut out, &Line::Trailer(counts))?;
                out.finish()
            }
            Self::Csv(out) => match out.into_inner() {
                Ok(out) => out.finish(),
                Err(failed) => {
                    let source = io::Error::new(failed.error().kind(), failed.error().to_string());
                    Err(failed.into_inner().get_ref().failure(source))
                }
            },
        }
    }
}

fn write(out: &mut OutFile, line: &impl Serialize) -> Result<()> {
    let written = serde_json::to_writer(&mut *out, line).map_err(io::Error::from);
    written.and_then(|()| out.write_all(b"\n")).map_err(|source| out.failure(source))
}

fn record(out: &mut csv::Writer<OutFile>, fields: [&str; COLUMNS.len()]) -> Result<()> {
    out.write_record(fields).map_err(|error| {
        let source = match error.into_kind() {
            csv::ErrorKind::Io(source) => source,
            other => io::Error::other(format!("{other:?}")),
        };
        out.get_ref().failure(source)
    })
}
