//! Registering resources: what can be said of each before the turn of a put comes, and the walk over
//! them inside the write transaction.

use std::collections::BTreeSet;

use super::fields::ResourceFields;
use super::new_resource::NewResource;
use crate::batch::{FailureReason, KeyOutcome};
use crate::change::{Effect, PutResource, Stamp};
use crate::error::Result;
use crate::key::{ProjectKey, SegmentId};
use crate::limit;
use crate::limit::Limits;
use crate::resource::{KeyPart, Resource, ResourceType};
use crate::resource_name::ResourceName;
use crate::storage::{ProjectRow, ResourceRows as _, WriteTables};
use crate::time::Timestamp;

/// A resource to be put, or what is wrong with it.
pub(crate) type Screened = Result<Prepared, FailureReason>;

/// A resource whose texts passed.
#[derive(Debug)]
pub(crate) struct Prepared {
    resource_type: ResourceType,
    name: ResourceName<'static>,
    /// Without the time of creation that was not given.
    fields: ResourceFields,
    created_at: Option<Timestamp>,
}

/// Parses the names of resources and finds those that stand in the request more than once.
///
/// Cost: O(n log n) with n resources.
pub(crate) fn screen(resources: &[NewResource], limits: &Limits) -> Vec<Screened> {
    let mut seen = BTreeSet::new();
    let screened = resources.iter().map(|resource| {
        let (resource_type, name) = name_of(resource, limits)?;
        if !seen.insert((resource_type, name.clone())) {
            return Err(FailureReason::Repeated);
        }
        prepare(resource, resource_type, name, limits)
    });
    screened.collect()
}

fn name_of(
    resource: &NewResource,
    limits: &Limits,
) -> Result<(ResourceType, ResourceName<'static>), FailureReason> {
    let raw = resource.named.as_raw();
    let mut name = String::new();
    raw.push_name(&mut name, limits.environment_id).map_err(|part| match part {
        KeyPart::Key(error) => FailureReason::InvalidKey(error),
        KeyPart::Environment(error) => FailureReason::InvalidEnvironment(error),
    })?;
    Ok((raw.resource_type(), ResourceName::owned(name)))
}

fn prepare(
    resource: &NewResource,
    resource_type: ResourceType,
    name: ResourceName<'static>,
    limits: &Limits,
) -> Screened {
    let id = resource.named.id().map(SegmentId::parse).transpose();
    let id = id.map_err(FailureReason::InvalidId)?;
    limit::check_resource(resource, limits).map_err(FailureReason::TooLong)?;
    let NewResource { tags, maintainer, archived, temporary, unbounded, created_at, .. } = resource;
    let fields = ResourceFields {
        id,
        name: resource.name.clone().unwrap_or_else(|| name.parts().1.to_owned()),
        tags: tags.clone(),
        maintainer: maintainer.clone(),
        archived: *archived,
        temporary: *temporary,
        unbounded: *unbounded,
        created_at: Timestamp::default(),
    };
    Ok(Prepared { resource_type, name, fields, created_at: *created_at })
}

/// What changed, and the project as it is now.
pub(crate) type Put<'a> = (ProjectRow, Effect<'a>);

/// Puts the resources of a project, which begins with them if it is not there; tells an outcome for
/// each, and what changed, if anything did.
///
/// Cost: O(n · tags · log resources) with n resources.
pub(crate) fn run<'a>(
    tables: &mut WriteTables<'_>,
    project: &ProjectKey,
    screened: &'a [Screened],
    stamp: Stamp,
) -> Result<(Vec<KeyOutcome>, Option<Put<'a>>)> {
    let so_far = |screened: &Screened| match screened {
        Ok(_) => KeyOutcome::Unchanged,
        Err(reason) => KeyOutcome::Failed(reason.clone()),
    };
    let mut outcomes: Vec<_> = screened.iter().map(so_far).collect();
    if screened.iter().all(Result::is_err) {
        return Ok((outcomes, None));
    }
    // In a new project the first one is always registered, so none is begun for nothing.
    let new_project = tables.project(project)?.is_none();
    let mut project = tables.project_or_new(project)?;
    let mut resources = Vec::new();
    for (prepared, outcome) in screened.iter().zip(&mut outcomes) {
        let Ok(prepared) = prepared else { continue };
        let (became, put) = prepared.put(tables, &mut project, stamp)?;
        *outcome = became;
        resources.extend(put);
    }
    if resources.is_empty() {
        return Ok((outcomes, None));
    }
    tables.put_project(&project)?;
    Ok((outcomes, Some((project, Effect::PutResources { new_project, resources }))))
}

impl Prepared {
    fn put(
        &self,
        tables: &mut WriteTables<'_>,
        project: &mut ProjectRow,
        stamp: Stamp,
    ) -> Result<(KeyOutcome, Option<PutResource<'_>>)> {
        let before = before(tables, project, self.resource_type, &self.name)?;
        if let Some(owner) = owner_of_id(tables, project, &self.name, &self.fields)? {
            return Ok((KeyOutcome::Failed(FailureReason::IdTaken { owner }), None));
        }
        let so_far = before.as_ref().map(|before| before.created_at);
        let created_at = self.created_at.or(so_far).unwrap_or(stamp.time);
        let fields = ResourceFields { created_at, ..self.fields.clone() };
        let outcome = match &before {
            Some(before) if *before == fields => return Ok((KeyOutcome::Unchanged, None)),
            Some(_) => KeyOutcome::Updated,
            None => KeyOutcome::Registered,
        };
        let put = PutResource {
            resource_type: self.resource_type,
            name: self.name.borrowed(),
            is_new: before.is_none(),
            fields: fields.clone(),
        };
        let change = (before.as_ref(), fields);
        tables.put_resource(project, self.resource_type, &self.name, change, stamp)?;
        Ok((outcome, Some(put)))
    }
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
    fields: &ResourceFields,
) -> Result<Option<Resource>> {
    let Some(id) = &fields.id else { return Ok(None) };
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
        let owner = owner_of_id(tables, &project, &name, &fields)?;
        if before.is_none() != is_new || owner.is_some() {
            return Ok(None);
        }
        let change = (before.as_ref(), fields);
        tables.put_resource(&mut project, resource_type, &name, change, stamp)?;
    }
    tables.put_project(&project)?;
    Ok(Some(project.id))
}
