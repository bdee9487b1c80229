//! Setting the fields of projects.

use viewlink::{Error, Project, ProjectSettings};

use super::{Applier, spoilt};
use crate::error::Result;
use crate::transfer::event::Event;
use crate::transfer::lines::Line;

/// Sets the fields of a project that has none; existing fields do not change.
pub(super) fn put(applier: &mut Applier<'_>, project: &Project, events: &[Event]) -> Result<()> {
    for event in events {
        let Ok(Line::Project(line)) = serde_json::from_slice(&event.row) else {
            return Err(spoilt());
        };
        let snapshot = applier.store.snapshot()?;
        let settings = match snapshot.project(project.key().as_str()) {
            Ok(found) => found.info().settings,
            Err(Error::UnknownProject { .. }) => ProjectSettings::new(),
            Err(error) => return Err(error.into()),
        };
        drop(snapshot);
        if settings == ProjectSettings::new() {
            project.put(line.to_settings())?;
            applier.tally.done.projects += 1;
        } else {
            applier.tally.unchanged.projects += 1;
        }
    }
    Ok(())
}
