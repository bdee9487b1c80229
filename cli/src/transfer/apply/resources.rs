//! Registering resources.

use viewlink::{Error, FailureReason, KeyOutcome, NewResource, Project};

use super::{Applier, spoilt};
use crate::error::Result;
use crate::transfer::event::Event;
use crate::transfer::lines::Line;
use crate::transfer::problem::Problem;

/// Registers resources in one change; registered ones do not change.
pub(super) fn register(
    applier: &mut Applier<'_>,
    project: &Project,
    events: &[Event],
) -> Result<()> {
    let is_new = are_new(applier, project, events)?;
    let (mut lines, mut resources) = (Vec::new(), Vec::new());
    for (event, is_new) in events.iter().zip(is_new) {
        if is_new {
            lines.push(event.line);
            resources.push(resource(event)?);
        } else {
            applier.tally.unchanged.resources += 1;
        }
    }
    let report = project.put_resources(resources)?;
    for (line, (_, outcome)) in lines.into_iter().zip(report.outcomes()) {
        match outcome {
            KeyOutcome::Registered => applier.tally.done.resources += 1,
            // The file has it twice; the first one counts.
            KeyOutcome::Failed(FailureReason::Repeated) => applier.tally.unchanged.resources += 1,
            KeyOutcome::Failed(reason) => applier.tally.fail(line, Problem::from(reason)),
            _ => applier.tally.unchanged.resources += 1,
        }
    }
    Ok(())
}

/// Whether each resource is not registered yet.
fn are_new(applier: &Applier<'_>, project: &Project, events: &[Event]) -> Result<Vec<bool>> {
    let snapshot = applier.store.snapshot()?;
    let reader = match snapshot.project(project.key().as_str()) {
        Err(Error::UnknownProject { .. }) => return Ok(vec![true; events.len()]),
        other => other?,
    };
    let is_new = |event: &Event| {
        let Some(resource) = event.subject.resource() else { return Ok(false) };
        let resource = resource.map_err(Error::from)?;
        Ok(reader.resource(&resource)?.is_none())
    };
    events.iter().map(is_new).collect()
}

/// The resource that the line of an event describes.
fn resource(event: &Event) -> Result<NewResource> {
    match (serde_json::from_slice(&event.row), event.subject.resource_type) {
        (Ok(Line::Resource(line)), Some(of)) => Ok(line.to_new_resource(of)),
        _ => Err(spoilt()),
    }
}
