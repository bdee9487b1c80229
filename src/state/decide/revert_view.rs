//! Making the fields and links of a view what they were.

use std::collections::BTreeMap;

use super::Context;
use super::steps::{Link, Steps};
use crate::model::change_record::ViewDetail;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::{Decision, LinkPolicy, LinkRecord};

/// Makes a view what it was.
///
/// Cost: O(links of the view, now and then).
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
                return_links(&mut steps, key, resource_type, then)?;
            }
        }
    }
    Ok(steps.into_decision())
}

/// Makes the links of a type what they were: one that was made again since is removed first.
fn return_links(
    steps: &mut Steps<'_>,
    key: &ViewKey,
    resource_type: ResourceType,
    then: &ViewDetail,
) -> Result<()> {
    let of_type = then.links.iter().filter(|(of, _)| *of == resource_type);
    let wanted = of_type.flat_map(|(_, links)| links.names.iter().zip(links.times.iter()));
    let wanted: BTreeMap<&str, LinkRecord> = wanted.collect();
    let current = steps.links(key, resource_type);
    let differs = |name: &str, record: LinkRecord| wanted.get(name) != Some(&record);
    let gone = current.iter().filter(|(name, record)| differs(name, **record));
    let gone: Vec<Link<'_>> = gone.map(|(name, record)| (&**name, *record)).collect();
    let missing = wanted.iter().filter(|(name, record)| current.get(**name) != Some(*record));
    let missing: Vec<Link<'_>> = missing.map(|(name, record)| (*name, *record)).collect();
    steps.unlink(key, resource_type, &gone)?;
    steps.link(key, resource_type, &missing)
}
