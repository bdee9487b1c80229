//! Registering resources.

use std::collections::BTreeMap;

use super::{Context, contradiction, next_id};
use crate::model::change_record::{PutResource, Registration};
use crate::model::error::Result;
use crate::model::key::SegmentId;
use crate::model::resource::{Resource, ResourceType};
use crate::model::{
    Answer, Decision, Effect, FailureReason, KeyOutcome, ValidatedPut, ValidatedResource,
};
use crate::state::registry::Registry;

/// Decides a put: in request order each resource is checked against what those before it made.
///
/// Cost: O(n · log resources) with n resources.
pub(super) fn put(context: &Context<'_>, put: &ValidatedPut) -> Result<Decision> {
    let Decided { outcomes, puts } = decide(context, put, |_, _| None)?;
    let answer = Answer::Put(outcomes);
    if puts.is_empty() {
        return Ok(answer.unchanged());
    }
    Ok(Decision { answer, change: Some(context.change(Effect::PutResources(puts))) })
}

/// What a put comes to.
pub(super) struct Decided {
    pub(super) outcomes: Vec<KeyOutcome>,
    pub(super) puts: Vec<PutResource>,
}

/// Decides the resources of a put. What is wrong with one, besides what is wrong with any, `refuse` tells from the
/// resource and whether it is registered.
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

struct PutPlan<'a> {
    registry: &'a Registry,
    /// Which segment an id leads to since, where that changed; `None` where it leads to none any more.
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
        // Each name comes once, so none before it changed what is said of it.
        let before = self.registry.get(resource_type, name);
        if let Some(owner) = self.other_owner(resource.id(), name) {
            let owner = Resource::from_name(ResourceType::Segment, owner);
            let owner = owner.ok_or_else(|| contradiction("a name is malformed"))?;
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

    /// The other segment that an id leads to.
    fn other_owner(&self, id: Option<&SegmentId>, name: &str) -> Option<&'a str> {
        let id = id?.as_str();
        let owner = match self.owners.get(id) {
            Some(owner) => *owner,
            None => self.registry.segment(id),
        };
        owner.filter(|owner| *owner != name)
    }

    /// Lets the id lead to the segment, and the one it had before to nothing.
    fn give_id(&mut self, before: Option<&'a Registration>, resource: &'a ValidatedResource) {
        if let Some(id) = before.and_then(|before| before.fields.id.as_ref()) {
            self.owners.insert(id.as_str(), None);
        }
        if let Some(id) = resource.id() {
            self.owners.insert(id.as_str(), Some(resource.name.as_str()));
        }
    }
}
