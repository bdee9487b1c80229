//! Registering resources.

use std::collections::BTreeMap;

use super::derivation::Derivation;
use super::pending::{Overlay, Pending};
use super::{Context, contradiction, links, next_id};
use crate::model::change_record::{LinksChange, PutResource, Registration};
use crate::model::error::Result;
use crate::model::key::SegmentId;
use crate::model::resource::{Resource, ResourceType};
use crate::model::{
    Answer, Decision, Effect, FailureReason, KeyOutcome, ValidatedPut, ValidatedResource,
};
use crate::state::project::ProjectState;
use crate::state::registry::Registry;

/// Decides a put: in request order, each resource is checked after the ones before it.
///
/// Cost: O(n · log resources) with n resources, and that of the filters that may match one of them.
pub(super) fn put(context: &Context<'_>, put: &ValidatedPut) -> Result<Decision> {
    let decided = decide(context, put, |_, _| None)?;
    if decided.puts.is_empty() {
        return Ok(Answer::Put { outcomes: decided.outcomes, followed: Vec::new() }.unchanged());
    }
    change(context, put.resources().len(), decided, Vec::new())
}

/// The result of a put.
pub(super) struct Decided {
    pub(super) outcomes: Vec<KeyOutcome>,
    pub(super) puts: Vec<PutResource>,
}

/// Decides the resources of a put. In addition to the usual checks, `refuse` checks each resource; it also gets
/// whether the resource is registered.
pub(super) fn decide(
    context: &Context<'_>,
    put: &ValidatedPut,
    refuse: impl Fn(&ValidatedResource, bool) -> Option<FailureReason>,
) -> Result<Decided> {
    let so_far = |resource: &Result<ValidatedResource, FailureReason>| match resource {
        Ok(_) => KeyOutcome::Unchanged,
        Err(reason) => KeyOutcome::Failed(reason.clone()),
    };
    let mut outcomes: Vec<_> = put.resources().iter().map(so_far).collect();
    let empty = Registry::default();
    let project = context.existing_project();
    let mut plan = PutPlan {
        registry: project.map_or(&empty, |project| &project.registry),
        owners: BTreeMap::new(),
        puts: Vec::new(),
    };
    for (resource, outcome) in put.resources().iter().zip(&mut outcomes) {
        let Ok(resource) = resource else { continue };
        *outcome = match refuse(resource, plan.is_registered(resource)) {
            Some(reason) => KeyOutcome::Failed(reason),
            None => plan.put(context, resource)?,
        };
    }
    if project.is_none() && !plan.puts.is_empty() {
        next_id(context.state.head.next_project, "projects")?;
    }
    Ok(Decided { outcomes, puts: plan.puts })
}

/// The change that puts resources, with the parts that link them and the parts that filters cause. `keys` is the
/// number of keys of the request.
///
/// # Errors
///
/// [`Error::BatchTooLarge`](crate::Error::BatchTooLarge) if filters change too many links.
pub(super) fn change(
    context: &Context<'_>,
    keys: usize,
    Decided { outcomes, puts }: Decided,
    mut parts: Vec<LinksChange>,
) -> Result<Decision> {
    let nothing = Pending::default();
    let mut overlay = Overlay::new(&nothing, false);
    let mut derived = Vec::new();
    if let Some(project) = context.existing_project() {
        for part in &parts {
            if let Some(slot) = project.views.slot(&part.view) {
                overlay.add(project, slot, part, context.stamp);
            }
        }
        derived = follow(project, &overlay, &puts)?;
    }
    let keys = keys.saturating_add(links::count(&derived));
    links::check_limit(keys, context.command.link_limit)?;
    let followed = links::followed(&derived, context.stamp)?;
    parts.append(&mut derived);
    let links = (!parts.is_empty()).then_some(Effect::ChangeLinks(parts));
    let effects = std::iter::once(Effect::PutResources(puts)).chain(links).collect();
    let change = Some(context.change_in_steps(effects));
    Ok(Decision { answer: Answer::Put { outcomes, followed }, change })
}

/// The parts that filters cause after puts, with the links of the overlay.
///
/// Cost: that of the filters that may match one of the resources before or after.
fn follow(
    project: &ProjectState,
    overlay: &Overlay<'_>,
    puts: &[PutResource],
) -> Result<Vec<LinksChange>> {
    let mut parts = Vec::new();
    for resource_type in ResourceType::ALL {
        if project.standing.is_empty(resource_type) {
            continue;
        }
        let mut derivation = Derivation::new(project, resource_type, overlay);
        for put in puts.iter().filter(|put| put.resource_type == resource_type) {
            let before = put.before.as_ref().map(|before| &before.fields);
            derivation.settle_put(&put.name, before, &put.fields);
        }
        let mut derived = derivation.into_parts()?;
        links::chain(&parts, &mut derived);
        parts.append(&mut derived);
    }
    // Reports list the views in key order.
    parts.sort_by(|one, other| one.view.cmp(&other.view));
    Ok(parts)
}

struct PutPlan<'a> {
    registry: &'a Registry,
    /// The new segment of each id that changed; `None` if the id has no segment any more.
    owners: BTreeMap<&'a str, Option<&'a str>>,
    puts: Vec<PutResource>,
}

impl<'a> PutPlan<'a> {
    fn is_registered(&self, resource: &ValidatedResource) -> bool {
        self.registry.get(resource.resource_type, resource.name.as_str()).is_some()
    }

    fn put(
        &mut self,
        context: &Context<'_>,
        resource: &'a ValidatedResource,
    ) -> Result<KeyOutcome> {
        let (resource_type, name) = (resource.resource_type, resource.name.as_str());
        // Each name comes once, so its fields did not change before.
        let before = self.registry.get(resource_type, name);
        if let Some(owner) = self.other_owner(resource.id(), name) {
            let owner = Resource::from_name(ResourceType::Segment, owner);
            let owner = owner.ok_or_else(|| contradiction("a name is invalid"))?;
            return Ok(KeyOutcome::Failed(FailureReason::IdTaken { owner }));
        }
        let fields_before = before.map(|before| &before.fields);
        let fields = resource.fields(fields_before, context.stamp.time);
        let outcome = match fields_before {
            Some(before) if *before == fields => return Ok(KeyOutcome::Unchanged),
            Some(_) => KeyOutcome::Updated,
            None => KeyOutcome::Registered,
        };
        self.give_id(before, resource);
        self.puts.push(PutResource {
            resource_type,
            name: name.to_owned(),
            before: before.cloned(),
            fields,
        });
        Ok(outcome)
    }

    /// Another segment that has the id.
    fn other_owner(&self, id: Option<&SegmentId>, name: &str) -> Option<&'a str> {
        let id = id?.as_str();
        let owner = match self.owners.get(id) {
            Some(owner) => *owner,
            None => self.registry.segment(id),
        };
        owner.filter(|owner| *owner != name)
    }

    /// Assigns the id to the segment, and frees the previous id of the segment.
    fn give_id(&mut self, before: Option<&'a Registration>, resource: &'a ValidatedResource) {
        if let Some(id) = before.and_then(|before| before.fields.id.as_ref()) {
            self.owners.insert(id.as_str(), None);
        }
        if let Some(id) = resource.id() {
            self.owners.insert(id.as_str(), Some(resource.name.as_str()));
        }
    }
}
