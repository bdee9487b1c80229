//! A filter that a view follows.

use serde::{Deserialize, Serialize};

use super::resource::ResourceType;
use super::resource_filter::ResourceFilter;

/// A filter that a view follows for the resources of one type: registered resources that match it are linked to the
/// view, now and after every change. See [`follow`](crate::Project::follow).
///
/// ```
/// # use viewlink::{NewView, Options, ResourceFilter, ResourceType};
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// let filter = ResourceFilter::parse(ResourceType::Flag, "tags:beta")?;
/// project.follow("v", ResourceType::Flag, filter.clone())?.all_ok()?;
/// let view = project.read()?.view("v")?;
/// assert_eq!(view.follows[0].resource_type, ResourceType::Flag);
/// assert_eq!(view.follows[0].filter, filter);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StandingFilter {
    /// The type of the resources.
    pub resource_type: ResourceType,
    /// The condition of the filter.
    pub filter: ResourceFilter,
}
