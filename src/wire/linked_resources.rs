//! A page of the resources of a view.

use serde::{Deserialize, Serialize};

use super::link::{Link, PageLinks, ResourceLinks};
use super::path;
use super::query::Query;
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::linked_resource;
use crate::model::page::Page;
use crate::model::resource::ResourceType;

/// A page of the resources that are linked to a view.
///
/// ```
/// use viewlink::wire::{LinkedResources, Query};
/// # use viewlink::{Batch, NewView, Options, ResourceType};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # let view = project.create_view(NewView::new("v", "V"))?;
/// # project.link("v", Batch::flags(["a", "b"]))?.all_ok()?;
/// let (flag, query) = (ResourceType::Flag, Query::from_pairs([("limit", "1")])?);
/// let (snapshot, filter) = (store.snapshot()?, query.resource_filter(flag)?);
/// let reader = snapshot.project("default")?;
/// let page = reader.linked_resources_matching("v", flag, &filter, query.link_paging()?)?;
/// let answer = LinkedResources::new(&page, project.key(), &view.key, flag, &query);
/// assert_eq!((answer.total_count, answer.items[0].resource_key.as_str()), (2, "a"));
/// let next = answer.links.and_then(|links| links.next).expect("there is more");
/// assert!(next.href.ends_with("/views/v/linked/flags?limit=1&offset=1"), "{}", next.href);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedResources {
    /// The resources, in order.
    pub items: Vec<LinkedResource>,
    /// The number of resources on all pages.
    pub total_count: u64,
    /// To the other pages.
    #[serde(rename = "_links", default, skip_serializing_if = "Option::is_none")]
    pub links: Option<PageLinks>,
}

/// A resource that is linked to a view. Example: at [`LinkedResources`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedResource {
    /// To the resource, by its path in the original API, and to the view.
    #[serde(rename = "_links")]
    pub links: ResourceLinks,
    /// The key.
    pub resource_key: String,
    /// The type.
    #[serde(with = "super::resource_type")]
    pub resource_type: ResourceType,
    /// When it was linked, in milliseconds since 1970.
    pub linked_at: u64,
    /// The environment's id, for segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    /// The environment's key, if a host knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_key: Option<String>,
}

impl LinkedResources {
    /// The answer for a page of the resources linked to `view`, which `query` requested.
    ///
    /// Cost: O(items).
    #[must_use]
    pub fn new(
        page: &Page<linked_resource::LinkedResource>,
        project: &ProjectKey,
        view: &ViewKey,
        resource_type: ResourceType,
        query: &Query,
    ) -> Self {
        let list = path::linked(project, view, resource_type);
        let parent = path::view(project, view);
        Self {
            items: page.items.iter().map(|of| LinkedResource::new(of, project, &parent)).collect(),
            total_count: page.total,
            links: Some(PageLinks::new(&list, query, page.total)),
        }
    }
}

impl LinkedResource {
    fn new(linked: &linked_resource::LinkedResource, project: &ProjectKey, parent: &str) -> Self {
        let resource = &linked.resource;
        Self {
            links: ResourceLinks {
                own: Link::to_json(path::resource(project, resource)),
                parent: Link::to_json(parent),
            },
            resource_key: resource.key().to_string(),
            resource_type: resource.resource_type(),
            linked_at: linked.linked_at.as_millis(),
            environment_id: resource.environment().map(ToString::to_string),
            environment_key: None,
        }
    }
}
