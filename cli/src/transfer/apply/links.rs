//! Linking resources.

use std::collections::BTreeMap;

use viewlink::{
    Batch, Error, FailureReason, KeyOutcome, LinkChange, NewView, Project, Report, ResourceType,
};

use super::Applier;
use crate::error::Result;
use crate::transfer::event::Event;
use crate::transfer::problem::Problem;

/// Links resources to views in one change. Existing links keep their times.
pub(super) fn link(
    applier: &mut Applier<'_>,
    project: &Project,
    mut events: Vec<Event>,
) -> Result<()> {
    let reports = match project.change_links(changes(&events)) {
        Err(Error::UnknownProject { .. } | Error::UnknownView { .. }) => {
            events = with_views(applier, project, events)?;
            project.change_links(changes(&events))?
        }
        other => other?,
    };
    let outcomes = reports.iter().flat_map(Report::outcomes);
    for (event, (_, outcome)) in events.iter().zip(outcomes) {
        match outcome {
            KeyOutcome::Linked => applier.tally.done.links += 1,
            // The file has it twice.
            KeyOutcome::Failed(FailureReason::Repeated) => applier.tally.unchanged.links += 1,
            KeyOutcome::Failed(reason) => applier.tally.fail(event.line, Problem::from(reason)),
            _ => applier.tally.unchanged.links += 1,
        }
    }
    Ok(())
}

/// The events whose views exist, or were created if the options permit it. The others are failures.
fn with_views(
    applier: &mut Applier<'_>,
    project: &Project,
    events: Vec<Event>,
) -> Result<Vec<Event>> {
    let mut is_there = BTreeMap::new();
    for event in &events {
        let view = event.subject.view.as_str();
        if !is_there.contains_key(view) {
            is_there.insert(view.to_owned(), ensure_view(applier, project, view)?);
        }
    }
    let (there, missing): (Vec<_>, Vec<_>) = events
        .into_iter()
        .partition(|event| is_there.get(&event.subject.view).is_some_and(|there| *there));
    for event in missing {
        let problem = Problem::unknown_view(&event.subject.project, &event.subject.view);
        applier.tally.fail(event.line, problem);
    }
    Ok(there)
}

/// Whether a view exists; it is created if the options permit it.
fn ensure_view(applier: &mut Applier<'_>, project: &Project, view: &str) -> Result<bool> {
    let snapshot = applier.store.snapshot()?;
    let found = snapshot.project(project.key().as_str()).and_then(|project| project.view(view));
    drop(snapshot);
    match found {
        Ok(_) => Ok(true),
        Err(Error::UnknownProject { .. } | Error::UnknownView { .. }) if applier.create_views => {
            project.create_view(NewView::new(view, view))?;
            applier.tally.done.views += 1;
            Ok(true)
        }
        Err(Error::UnknownProject { .. } | Error::UnknownView { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A change for each view and type, in order.
fn changes(events: &[Event]) -> Vec<LinkChange> {
    let of_one = |a: &Event, b: &Event| {
        let (a, b) = (&a.subject, &b.subject);
        (&a.view, a.resource_type) == (&b.view, b.resource_type)
    };
    let change = |events: &[Event]| {
        let subject = &events.first()?.subject;
        Some(LinkChange::link(&subject.view, batch(subject.resource_type?, events)))
    };
    events.chunk_by(of_one).filter_map(change).collect()
}

fn batch(resource_type: ResourceType, events: &[Event]) -> Batch {
    let subjects = events.iter().map(|event| &event.subject);
    let keys = subjects.clone().map(|subject| subject.key.as_str());
    match resource_type {
        ResourceType::Flag => Batch::flags(keys),
        ResourceType::AiConfig => Batch::ai_configs(keys),
        ResourceType::Metric => Batch::metrics(keys),
        ResourceType::Segment => Batch::segments(
            subjects.map(|subject| (subject.environment.as_str(), subject.key.as_str())),
        ),
    }
}
