//! Registering new resources, and linking them to views in the same change.

use super::{Context, Pending, links, resources};
use crate::model::change_record::PutResource;
use crate::model::error::Result;
use crate::model::key::{MAX_KEY_LEN, ViewKey};
use crate::model::resource::ResourceType;
use crate::model::resource_name;
use crate::model::{
    Answer, Batch, ByType, Decision, Effect, FailureReason, LinkCommand, LinkOp, LinkPolicy,
    ValidatedPut, ValidatedResource,
};

/// Decides a registration. A resource fails if it is already registered, or if it must be in a view and no view is
/// given. The others are registered and linked.
///
/// Cost: O(n · log resources + v · n log links) with n resources and v views.
pub(super) fn register(
    context: &Context<'_>,
    pending: &Pending,
    put: &ValidatedPut,
    views: &[ViewKey],
    limit: usize,
) -> Result<Decision> {
    // The views must exist, whatever the outcomes of the resources are.
    views.iter().try_for_each(|view| context.view(view).map(drop))?;
    let refuse = |resource: &ValidatedResource, is_registered: bool| {
        if is_registered {
            Some(FailureReason::AlreadyRegistered)
        } else if views.is_empty() && needs_view(context, resource.resource_type) {
            Some(FailureReason::ViewRequired)
        } else {
            None
        }
    };
    let decided = resources::decide(context, put, refuse)?;
    if decided.puts.is_empty() {
        return Ok(Answer::Put { outcomes: decided.outcomes, followed: Vec::new() }.unchanged());
    }
    let commands = links_of(&decided.puts, views, limit);
    // A filter matches only registered resources, so the filters are evaluated together with the registrations.
    let linked = links::decide(context, pending, &commands, limit)?;
    let effects = linked.change.into_iter().flat_map(|change| change.effects);
    let parts = effects.flat_map(|effect| match effect {
        Effect::ChangeLinks(parts) => parts,
        _ => Vec::new(),
    });
    let keys = put.resources().len().saturating_mul(views.len().max(1));
    resources::change(context, keys, decided, parts.collect())
}

/// Whether the project requires a new resource of a type to be in a view.
fn needs_view(context: &Context<'_>, resource_type: ResourceType) -> bool {
    context.existing_project().is_some_and(|project| match resource_type {
        ResourceType::Flag => project.settings.require_view_for_new_flags,
        ResourceType::Segment => project.settings.require_view_for_new_segments,
        ResourceType::AiConfig | ResourceType::Metric => false,
    })
}

/// The commands that link resources to each of the views.
fn links_of(puts: &[PutResource], views: &[ViewKey], limit: usize) -> Vec<LinkCommand> {
    let mut names = ByType::<Vec<&str>>::default();
    puts.iter().for_each(|put| names.get_mut(put.resource_type).push(&put.name));
    let link = |view: &ViewKey, batch| {
        // They are already registered when they are linked.
        let policy = LinkPolicy::Open;
        LinkCommand::new(view.clone(), LinkOp::Link, batch, policy, MAX_KEY_LEN, limit)
    };
    let batches: Vec<Batch> = names
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(resource_type, names)| batch(resource_type, names))
        .collect();
    let batches = |view| batches.iter().map(move |batch| link(view, batch.clone()));
    views.iter().flat_map(batches).collect()
}

fn batch(resource_type: ResourceType, names: &[&str]) -> Batch {
    match resource_type {
        ResourceType::Segment => {
            let parts = names.iter().map(|name| resource_name::split(name));
            Batch::segments(parts.map(|(environment, key)| (environment.unwrap_or_default(), key)))
        }
        of => Batch::by_key(of, names.iter().copied()),
    }
}
