//! Restoring the fields, filters and links of a view as they were.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::steps::{Link, Steps};
use crate::model::change_record::{RemovedLinks, ViewDetail};
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::{Decision, FailureReason, LinkPolicy, LinkRecord, NameList, RevertedItem};

/// Restores a view as it was.
///
/// Cost: O(links of the view, now and then), and that of evaluating the filters.
pub(super) fn view(
    context: &Context<'_>,
    then: &ViewDetail,
    policy: LinkPolicy,
) -> Result<Decision> {
    let damaged = |detail| Error::damaged(StoreFile::Journal, "a view", detail);
    then.check().map_err(damaged)?;
    let key = &then.view.key;
    if context.command.precondition.is_of_view() {
        context.view(key)?;
    }
    let mut steps = Steps::new(context, policy);
    match steps.view(key).map(|(_, view)| view.about().fields == then.view.fields) {
        None => steps.create(then)?,
        Some(is_same) => {
            if !is_same {
                steps.update(key, then.view.fields.clone())?;
            }
            for resource_type in ResourceType::ALL {
                restore_type(&mut steps, key, resource_type, then)?;
            }
        }
    }
    steps.into_decision()
}

/// A link of a view: when it was made, and whether only the filter of the view holds it.
type Held = (LinkRecord, bool);

/// Restores the filter and the links of a type. A link that was made again later is removed first. A link that only
/// the filter held is restored if it still matches.
fn restore_type(
    steps: &mut Steps<'_>,
    key: &ViewKey,
    resource_type: ResourceType,
    then: &ViewDetail,
) -> Result<()> {
    let nothing = RemovedLinks::default();
    let mut of_type = then.links.iter().filter(|(of, _)| *of == resource_type);
    let links = of_type.next().map_or(&nothing, |(_, links)| links);
    let wanted = wanted(links);
    let current = steps.links(key, resource_type).into_iter().map(|(name, record)| {
        let alone = steps.filter_alone_holds(key, resource_type, &name);
        (name, (record, alone))
    });
    let current: BTreeMap<Box<str>, Held> = current.collect();
    let missing = wanted.iter().filter(|(name, held)| !held.1 && current.get(**name) != Some(held));
    let missing: Vec<Link<'_>> = missing.map(|(name, held)| (*name, held.0)).collect();
    // The filter decides about a link that only it holds now, if the link did not exist then, or if only the filter
    // held it then.
    let by_filter = |name: &str| wanted.get(name).is_none_or(|wanted| wanted.1);
    let other = current.iter().map(|(name, held)| (&**name, *held));
    let other = other.filter(|(name, held)| wanted.get(name) != Some(held));
    let (left_to_filter, gone): (Vec<(&str, Held)>, Vec<_>) =
        other.partition(|(name, held)| held.1 && by_filter(name));
    let gone: Vec<Link<'_>> = gone.into_iter().map(|(name, held)| (name, held.0)).collect();
    steps.unlink(key, resource_type, &gone)?;
    let returns = |(name, _): &(&str, Held)| {
        let then = wanted.get(name);
        then.is_some_and(|then| steps.may_get_previous_time(key, resource_type, then.0))
    };
    let with_previous_time = left_to_filter.into_iter().filter(returns);
    let with_previous_time: Vec<Link<'_>> =
        with_previous_time.map(|(name, held)| (name, held.0)).collect();
    steps.unlink(key, resource_type, &with_previous_time)?;
    restore_filter(steps, key, resource_type, then)?;
    steps.note_previous_times(key, resource_type, links, false);
    steps.link(key, resource_type, &missing)
}

/// The previous links of a view.
fn wanted(links: &RemovedLinks) -> BTreeMap<&str, Held> {
    let by_filter: BTreeSet<&str> = links.by_filter.iter().collect();
    let links = links.names.iter().zip(links.times.iter());
    links.map(|(name, record)| (name, (record, by_filter.contains(name)))).collect()
}

/// Restores the previous filter of the view.
fn restore_filter(
    steps: &mut Steps<'_>,
    key: &ViewKey,
    resource_type: ResourceType,
    then: &ViewDetail,
) -> Result<()> {
    let filters = then.view.filters.iter();
    let wanted = filters.filter(|of| of.resource_type == resource_type).map(|of| &of.filter).next();
    let current = steps.standing(key, resource_type).map(|standing| (*standing.filter).clone());
    if wanted == current.as_ref() {
        return Ok(());
    }
    match wanted {
        None => steps.end_filter(key, resource_type, &NameList::default()),
        Some(wanted) => {
            if !steps.set_filter(key, resource_type, wanted)? {
                steps.fail(RevertedItem::View(key.clone()), FailureReason::ChangedSince);
            }
            Ok(())
        }
    }
}
