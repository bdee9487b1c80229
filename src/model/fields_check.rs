//! Checks of the fields of views and resources, for bytes from any source.

use super::change_check::check_name;
use super::change_record::Registration;
use super::registered_resource::ResourceFields;
use super::resource::ResourceType;
use super::view::ViewFields;
use super::{AttributeValue, ViewRecord};

/// Success, or what does not hold.
pub(crate) type Check = Result<(), &'static str>;

/// Checks the fields of a view.
///
/// Cost: O(bytes of tags).
pub(crate) fn check_view(fields: &ViewFields) -> Check {
    check_set(&fields.tags, "tags are not in order")
}

/// Checks a view with its numbers and times.
///
/// Cost: that of [`check_view`].
pub(crate) fn check_record(view: &ViewRecord) -> Check {
    let ViewRecord { fields, version, created_at, updated_at, .. } = view;
    // Versions grow by one, so none gets near the largest number.
    if *version == 0 || *version > u64::MAX / 2 {
        return Err("a view has a version that no view has");
    }
    if created_at > updated_at {
        return Err("a view was changed before it was made");
    }
    check_view(fields)
}

/// Checks a resource and its fields.
///
/// Cost: O(bytes of the name, tags and attributes).
pub(crate) fn check_resource(of: ResourceType, name: &str, fields: &ResourceFields) -> Check {
    check_name(of, name)?;
    if fields.id.is_some() && of != ResourceType::Segment {
        return Err("a resource other than a segment has an id");
    }
    check_set(&fields.tags, "tags are not in order")?;
    let mut lists = fields.attributes.values().map(AttributeValue::each_text);
    lists.try_for_each(|list| check_set(list, "texts of an attribute are not in order"))
}

/// Checks resources of a type, which must be in key order, and the fields of each.
///
/// Cost: that of [`check_resource`] for each.
pub(crate) fn check_resources<'r>(
    of: ResourceType,
    resources: impl Iterator<Item = (&'r str, &'r Registration)>,
) -> Check {
    let mut last = None;
    for (name, registration) in resources {
        if last >= Some(name) {
            return Err("resources are out of order");
        }
        check_resource(of, name, &registration.fields)?;
        last = Some(name);
    }
    Ok(())
}

fn check_set(texts: &[String], otherwise: &'static str) -> Check {
    if texts.is_sorted_by(|one, other| one < other) { Ok(()) } else { Err(otherwise) }
}
