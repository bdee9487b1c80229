//! Segments that a path names by key or by id.

use crate::model::error::Result;
use crate::model::page::Paging;
use crate::model::resource::Resource;
use crate::snapshot::ProjectSnapshot;

/// The resource that a path refers to by this name.
///
/// This is the resource itself, except for segments: if the project has neither a link nor a registration of the
/// segment, the key may be the id of another segment of the same environment. So a key has priority over an equal id.
///
/// Cost: O(log resources); for a segment that is linked and not registered also O(n · log views) with n views.
///
/// ```
/// use viewlink::{NewResource, Options, Resource, wire};
///
/// # fn main() -> viewlink::Result<()> {
/// let store = Options::new().open_in_memory()?;
/// let beta = NewResource::segment_with_id("production", "beta-users", "61f3b0c2");
/// store.project("default")?.put_resources([beta])?.all_ok()?;
///
/// let snapshot = store.snapshot()?;
/// let named = Resource::segment("production", "61f3b0c2")?;
/// let found = wire::find_resource(&snapshot.project("default")?, named)?;
/// assert_eq!(found, Resource::segment("production", "beta-users")?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those that [all reads](crate::Snapshot#errors) share.
pub fn find_resource(project: &ProjectSnapshot, named: Resource) -> Result<Resource> {
    let Resource::Segment { environment, key } = &named else { return Ok(named) };
    if is_known(project, &named)? {
        return Ok(named);
    }
    let by_id = project.segment_by_id(key.as_str())?;
    let of_environment = by_id.filter(|segment| segment.environment() == Some(environment));
    Ok(of_environment.unwrap_or(named))
}

fn is_known(project: &ProjectSnapshot, segment: &Resource) -> Result<bool> {
    if project.resource(segment)?.is_some() {
        return Ok(true);
    }
    Ok(project.linked_view_keys(segment, Paging::first(0))?.total > 0)
}
