//! Registering resources: the walk over them inside the write transaction.

use std::collections::BTreeSet;

use crate::change::{Effect, PutResource};
use crate::model::error::Result;
use crate::model::key::{ProjectKey, SegmentId};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;
use crate::model::{
    FailureReason, KeyOutcome, ResourceFields, Stamp, ValidatedPut, ValidatedResource,
};
use crate::storage::{ProjectRow, ResourceRows as _, WriteTables};

/// What changed, and the project as it is now.
pub(crate) type Put<'a> = (ProjectRow, Effect<'a>);

/// Puts the resources of a project, which begins with them if it is not there; tells an outcome for
/// each, and what changed, if anything did.
///
/// Cost: O(n · tags · log resources) with n resources.
pub(crate) fn run<'a>(
    tables: &mut WriteTables<'_>,
    project: &ProjectKey,
    put: &'a ValidatedPut,
    stamp: Stamp,
) -> Result<(Vec<KeyOutcome>, Option<Put<'a>>)> {
    let so_far = |resource: &Result<ValidatedResource, FailureReason>| match resource {
        Ok(_) => KeyOutcome::Unchanged,
        Err(reason) => KeyOutcome::Failed(reason.clone()),
    };
    let mut outcomes: Vec<_> = put.resources().iter().map(so_far).collect();
    if put.resources().iter().all(Result::is_err) {
        return Ok((outcomes, None));
    }
    // In a new project the first one is always registered, so none is begun for nothing.
    let new_project = tables.project(project)?.is_none();
    let mut project = tables.project_or_new(project)?;
    let mut resources = Vec::new();
    for (resource, outcome) in put.resources().iter().zip(&mut outcomes) {
        let Ok(resource) = resource else { continue };
        let (became, put) = put_one(resource, tables, &mut project, stamp)?;
        *outcome = became;
        resources.extend(put);
    }
    if resources.is_empty() {
        return Ok((outcomes, None));
    }
    tables.put_project(&project)?;
    Ok((outcomes, Some((project, Effect::PutResources { new_project, resources }))))
}

fn put_one<'a>(
    resource: &'a ValidatedResource,
    tables: &mut WriteTables<'_>,
    project: &mut ProjectRow,
    stamp: Stamp,
) -> Result<(KeyOutcome, Option<PutResource<'a>>)> {
    let (resource_type, name) = (resource.resource_type, &resource.name);
    let before = before(tables, project, resource_type, name)?;
    if let Some(owner) = owner_of_id(tables, project, name, resource.id())? {
        return Ok((KeyOutcome::Failed(FailureReason::IdTaken { owner }), None));
    }
    let fields = resource.fields(before.as_ref(), stamp.time);
    let outcome = match &before {
        Some(before) if *before == fields => return Ok((KeyOutcome::Unchanged, None)),
        Some(_) => KeyOutcome::Updated,
        None => KeyOutcome::Registered,
    };
    let (is_new, name) = (before.is_none(), name.borrowed());
    let put = PutResource { resource_type, name: name.clone(), is_new, fields: fields.clone() };
    tables.put_resource(project, resource_type, &name, (before.as_ref(), fields), stamp)?;
    Ok((outcome, Some(put)))
}

/// What the registry says of a resource so far.
fn before(
    tables: &mut WriteTables<'_>,
    project: &ProjectRow,
    resource_type: ResourceType,
    name: &ResourceName<'_>,
) -> Result<Option<ResourceFields>> {
    let rows = tables.resource_rows(project.id, resource_type)?;
    Ok(rows.resource(name)?.map(|row| row.fields))
}

/// The other segment that the id of a resource leads to, if it does.
fn owner_of_id(
    tables: &mut WriteTables<'_>,
    project: &ProjectRow,
    name: &ResourceName<'_>,
    id: Option<&SegmentId>,
) -> Result<Option<Resource>> {
    let Some(id) = id else { return Ok(None) };
    let owner = tables.segment(project.id, id.as_str())?;
    Ok(owner.filter(|owner| owner.name() != *name))
}

/// Makes a put again; tells whether it did what it did the first time.
pub(crate) fn replay(
    tables: &mut WriteTables<'_>,
    project: &ProjectKey,
    resources: Vec<PutResource<'_>>,
    stamp: Stamp,
) -> Result<Option<u32>> {
    let mut project = tables.project_or_new(project)?;
    let mut seen = BTreeSet::new();
    for PutResource { resource_type, name, is_new, fields } in resources {
        if !seen.insert((resource_type, name.clone())) {
            return Ok(None);
        }
        let before = before(tables, &project, resource_type, &name)?;
        let owner = owner_of_id(tables, &project, &name, fields.id.as_ref())?;
        if before.is_none() != is_new || owner.is_some() {
            return Ok(None);
        }
        let change = (before.as_ref(), fields);
        tables.put_resource(&mut project, resource_type, &name, change, stamp)?;
    }
    tables.put_project(&project)?;
    Ok(Some(project.id))
}
