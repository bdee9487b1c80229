//! Making a change again from its record (invariants 5 and 7).
//!
//! The same functions change the tables as when the change was made. What they did then stands in
//! the record too; where they do something else now, state and journal do not belong together.

use crate::change::{ChangeRecord, Effect, LinkedName, LinksChange, ProjectRef, ViewRef};
use crate::model::Stamp;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::resource_name::ResourceName;
use crate::registry;
use crate::storage::{Edit, LinkKey, ProjectRow, Tail, ViewRow, WriteTables};

/// Makes the change `revision` on tables that stand at the one before it; tells how many keys it
/// walked.
///
/// # Errors
///
/// [`Error::Damaged`] when the record cannot be read or does not fit the tables.
pub(super) fn replay(tables: &mut WriteTables<'_>, revision: u64, payload: &[u8]) -> Result<u64> {
    let record = ChangeRecord::decode(revision, payload)?;
    let stamp = Stamp { revision, time: record.time };
    let head = tables.head();
    if revision != head.revision + 1 || stamp.time < head.time {
        return Err(misfit(revision));
    }
    let work = record.work();
    if !fits(tables, record, stamp)? {
        return Err(misfit(revision));
    }
    tables.complete(stamp);
    Ok(work)
}

/// Remembers what a change, which the tables have, did to the backlinks.
///
/// What is remembered must be what [`WriteTables`] remember when the change is made.
///
/// # Errors
///
/// [`Error::Damaged`] when the record cannot be read.
pub(super) fn recall(tail: &mut Tail, revision: u64, payload: &[u8]) -> Result<()> {
    let ChangeRecord { project, effect, .. } = ChangeRecord::decode(revision, payload)?;
    match effect {
        Effect::ChangeLinks(links) => recall_links(tail, revision, project.id, &links)?,
        Effect::ChangeManyLinks(parts) => {
            for links in &parts {
                recall_links(tail, revision, project.id, links)?;
            }
        }
        Effect::RemoveResource { resource_type, name, .. } => {
            tail.forget_resource(project.id, resource_type, &name);
        }
        Effect::RemoveEnvironment { environment, .. } => {
            tail.forget_environment(project.id, &environment);
        }
        // The ids of views that are gone are dropped by readers and by the fold.
        Effect::DeleteView { .. } | Effect::DeleteProject { .. } => {}
        Effect::CreateView { .. } | Effect::UpdateView { .. } => {}
        Effect::PutResources { .. } => {}
    }
    Ok(())
}

fn recall_links(
    tail: &mut Tail,
    revision: u64,
    project: u32,
    links: &LinksChange<'_>,
) -> Result<()> {
    let LinksChange { view, resource_type, linked, unlinked } = links;
    if !are_in_order(linked, unlinked) {
        return Err(misfit(revision));
    }
    let place = (project, view.id);
    let unlinked: Vec<_> = unlinked.iter().collect();
    tail.remember(place, *resource_type, Edit::Unlink, &unlinked);
    let linked: Vec<_> = linked.iter().map(|linked| &linked.name).collect();
    tail.remember(place, *resource_type, Edit::Link, &linked);
    Ok(())
}

fn misfit(revision: u64) -> Error {
    let detail = "it does not fit the state it is made on";
    Error::damaged(StoreFile::Journal, format!("change {revision} of the journal"), detail)
}

/// Makes the change; tells whether it did what it did the first time.
fn fits(tables: &mut WriteTables<'_>, record: ChangeRecord<'_>, stamp: Stamp) -> Result<bool> {
    let ChangeRecord { project, effect, .. } = record;
    if let Effect::CreateView { view, new_project, fields } = effect {
        let free = match project_of(tables, &project)? {
            Some(found) => !new_project && tables.view(found.id, &view.key)?.is_none(),
            None => new_project,
        };
        if !free {
            return Ok(false);
        }
        let (in_project, created) = tables.create_view(&project.key, &view.key, fields, stamp)?;
        return Ok(in_project.id == project.id && created.id() == view.id);
    }
    if let Effect::PutResources { new_project, resources } = effect {
        let found = tables.project(&project.key)?;
        if found.is_none() != new_project || resources.is_empty() {
            return Ok(false);
        }
        let put_in = registry::replay(tables, &project.key, resources, stamp)?;
        return Ok(put_in == Some(project.id));
    }
    match project_of(tables, &project)? {
        Some(row) => fits_in(tables, &row, effect, stamp),
        None => Ok(false),
    }
}

/// The same in a project that is there.
fn fits_in(
    tables: &mut WriteTables<'_>,
    row: &ProjectRow,
    effect: Effect<'_>,
    stamp: Stamp,
) -> Result<bool> {
    match effect {
        Effect::CreateView { .. } | Effect::PutResources { .. } => Ok(false),
        Effect::UpdateView { view, fields } => match view_of(tables, row, &view)? {
            Some(found) => tables.update_view(found, fields, stamp).map(|_| true),
            None => Ok(false),
        },
        Effect::DeleteView { view, unlinked } => match view_of(tables, row, &view)? {
            Some(found) => Ok(tables.delete_view(&row.key, &found)? == unlinked),
            None => Ok(false),
        },
        Effect::ChangeLinks(links) => links_fit(tables, row, links, stamp),
        Effect::ChangeManyLinks(parts) => {
            for links in parts {
                if !links_fit(tables, row, links, stamp)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Effect::RemoveResource { resource_type, name, links } => {
            Ok(tables.remove_resource(row, resource_type, &name, stamp)?.links == links)
        }
        Effect::RemoveEnvironment { environment, segments, links } => {
            let removed = tables.remove_environment(row, &environment, stamp)?;
            Ok((removed.linked, removed.links) == (segments, links))
        }
        Effect::DeleteProject { views, unlinked } => {
            Ok(tables.delete_project(row)? == (views, unlinked))
        }
    }
}

fn links_fit(
    tables: &mut WriteTables<'_>,
    row: &ProjectRow,
    links: LinksChange<'_>,
    stamp: Stamp,
) -> Result<bool> {
    let LinksChange { view, resource_type, linked, unlinked } = links;
    let Some(mut found) = view_of(tables, row, &view)? else {
        return Ok(false);
    };
    if !are_in_order(&linked, &unlinked) {
        return Ok(false);
    }
    let (unlinked, linked) = (to_unlink(unlinked), to_link(linked));
    for (edit, keys) in [(Edit::Unlink, unlinked), (Edit::Link, linked)] {
        let changed = tables.change_links(&mut found, resource_type, edit, &keys, stamp)?;
        if changed.contains(&false) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether names come in key order, each once, as blocks and runs take them.
fn are_in_order(linked: &[LinkedName<'_>], unlinked: &[ResourceName<'_>]) -> bool {
    linked.is_sorted_by(|one, other| one.name < other.name)
        && unlinked.is_sorted_by(|one, other| one < other)
}

/// The project of a record, if it is there under the same id.
fn project_of(tables: &mut WriteTables<'_>, project: &ProjectRef) -> Result<Option<ProjectRow>> {
    Ok(tables.project(&project.key)?.filter(|found| found.id == project.id))
}

/// The view of a record, if it is there under the same id.
fn view_of(
    tables: &mut WriteTables<'_>,
    project: &ProjectRow,
    view: &ViewRef,
) -> Result<Option<ViewRow>> {
    Ok(tables.view(project.id, &view.key)?.filter(|found| found.id() == view.id))
}

fn to_link(linked: Vec<LinkedName<'_>>) -> Vec<LinkKey<'_>> {
    linked
        .into_iter()
        .map(|LinkedName { request_index, name }| LinkKey { name, request_index })
        .collect()
}

fn to_unlink(unlinked: Vec<ResourceName<'_>>) -> Vec<LinkKey<'_>> {
    unlinked.into_iter().map(|name| LinkKey { name, request_index: 0 }).collect()
}

#[cfg(test)]
mod tests;
