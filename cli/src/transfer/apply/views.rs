//! Creating views.

use viewlink::{Error, Project, ViewPatch};

use super::{Applier, spoilt};
use crate::error::Result;
use crate::transfer::event::Event;
use crate::transfer::lines::{Line, ViewLine};

/// Creates views; existing ones do not change.
pub(super) fn create(applier: &mut Applier<'_>, project: &Project, events: &[Event]) -> Result<()> {
    for event in events {
        let line = line(event)?;
        let is_updated = applier.restore_updates && line.last_change().is_some();
        let name = if is_updated { line.name_before() } else { &line.name };
        match project.create_view(line.to_new_view(&event.subject.view, name)) {
            Ok(_) => applier.tally.done.views += 1,
            Err(Error::ViewExists { .. }) => applier.tally.unchanged.views += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Gives views that were created from the same rows their names, at the time of their last change.
pub(super) fn update(applier: &mut Applier<'_>, project: &Project, events: &[Event]) -> Result<()> {
    for event in events {
        let line = line(event)?;
        let key = event.subject.view.as_str();
        let snapshot = applier.store.snapshot()?;
        let view = snapshot.project(project.key().as_str())?.view(key)?;
        drop(snapshot);
        // If two rows are about one view, the first one created it.
        let made = ViewLine::new(&event.subject.project, &view).to_new_view(key, &view.name);
        if view.version == 1 && made == line.to_new_view(key, line.name_before()) {
            project.update_view(key, ViewPatch::new().name(line.name.as_ref()))?;
        }
    }
    Ok(())
}

/// The line in an event of a view.
fn line(event: &Event) -> Result<ViewLine<'_>> {
    match serde_json::from_slice(&event.row) {
        Ok(Line::View(line)) => Ok(line),
        _ => Err(spoilt()),
    }
}
