//! Registered resources, as clients read flags and segments.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::attribute::{self, Attribute};
use super::link::{Link, PageLinks, ResourceLinks};
use super::path;
use super::query::Query;
use crate::model::key::{EnvironmentId, ProjectKey};
use crate::model::page::Page;
use crate::model::resource::ResourceType;
use crate::model::view::Maintainer;
use crate::model::{self, RegisteredResource};

/// A registered resource, as clients read a flag or segment.
///
/// Fields that the registry does not have are missing, except those that clients require. These are always empty,
/// `false` or 0: `variations`, `experiments` and `customProperties` of a flag, whose `kind` is always `boolean`;
/// `rules`, `deleted` and `generation` of a segment. The version is the revision of the last change of its fields;
/// `lastModifiedDate` of a segment is its date of creation.
///
/// ```
/// use viewlink::{NewResource, Options, Resource, wire};
///
/// let store = Options::new().open_in_memory()?;
/// let project = store.project("default")?;
/// project.register([NewResource::flag("checkout-v2").tags(["web"])], [""; 0])?.all_ok()?;
/// let found = project.read()?.resource(&Resource::flag("checkout-v2")?)?.expect("it is registered");
/// let json = serde_json::to_value(wire::Resource::new(&found, project.key())).unwrap();
/// assert_eq!((&json["key"], &json["tags"][0]), (&"checkout-v2".into(), &"web".into()));
/// assert_eq!(json["_links"]["self"]["href"], "/api/v2/flags/default/checkout-v2");
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource<'a> {
    #[serde(rename = "_links")]
    links: ResourceLinks,
    key: &'a str,
    name: &'a str,
    tags: &'a [String],
    #[serde(flatten, serialize_with = "maintainer")]
    maintainer: Option<&'a Maintainer>,
    archived: bool,
    creation_date: u64,
    #[serde(flatten)]
    attributes: BTreeMap<model::Attribute, Attribute>,
    #[serde(flatten)]
    of: OfType<'a>,
}

/// The fields that only one type has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum OfType<'a> {
    Flag {
        kind: &'static str,
        #[serde(rename = "_version")]
        version: u64,
        temporary: bool,
        variations: [(); 0],
        experiments: Experiments,
        custom_properties: BTreeMap<(), ()>,
    },
    Segment {
        #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        environment_id: Option<&'a str>,
        unbounded: bool,
        version: u64,
        last_modified_date: u64,
        rules: [(); 0],
        deleted: bool,
        generation: u64,
    },
    Other {
        version: u64,
    },
}

/// The experiments of a flag: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Experiments {
    baseline_idx: u64,
    items: [(); 0],
}

/// A maintainer under the field name of its kind.
fn maintainer<S: Serializer>(
    maintainer: &Option<&Maintainer>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let named = maintainer.map(|maintainer| match maintainer {
        Maintainer::Member(id) => ("maintainerId", id),
        Maintainer::Team(key) => ("maintainerTeamKey", key),
    });
    serializer.collect_map(named)
}

impl<'a> Resource<'a> {
    /// The answer for a registered resource of a project.
    ///
    /// Cost: O(bytes of its texts).
    #[must_use]
    pub fn new(registered: &'a RegisteredResource, project: &ProjectKey) -> Self {
        let resource = &registered.resource;
        let environment = resource.environment();
        let parent = path::registered(project, resource.resource_type(), environment);
        let (version, creation_date) = (registered.revision, registered.created_at.as_millis());
        let of = match resource.resource_type() {
            ResourceType::Flag => OfType::Flag {
                kind: "boolean",
                version,
                temporary: registered.temporary,
                variations: [],
                experiments: Experiments::default(),
                custom_properties: BTreeMap::new(),
            },
            ResourceType::Segment => OfType::Segment {
                id: registered.id.as_ref().map(|id| id.as_str()),
                environment_id: environment.map(|id| id.as_str()),
                unbounded: registered.unbounded,
                version,
                last_modified_date: creation_date,
                rules: [],
                deleted: false,
                generation: 0,
            },
            ResourceType::AiConfig | ResourceType::Metric => OfType::Other { version },
        };
        Self {
            links: ResourceLinks {
                own: Link::to_json(path::resource(project, resource)),
                parent: Link::to_json(parent),
            },
            key: resource.key().as_str(),
            name: &registered.name,
            tags: &registered.tags,
            maintainer: registered.maintainer.as_ref(),
            archived: registered.archived,
            creation_date,
            attributes: attribute::to_json(&registered.attributes),
            of,
        }
    }
}

/// A page of registered resources.
///
/// ```
/// use viewlink::wire::{Query, Resources};
/// # use viewlink::{NewResource, Options, ResourceType};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # project.put_resources([NewResource::flag("a"), NewResource::flag("b")])?.all_ok()?;
/// let (flag, query) = (ResourceType::Flag, Query::from_pairs([("limit", "1")])?);
/// let filter = query.resource_filter(flag)?;
/// let page = project.read()?.resources(flag, &filter, query.resource_paging()?)?;
/// let answer = Resources::new(&page, project.key(), (flag, None), &query);
/// assert_eq!((answer.total_count, answer.items.len()), (2, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources<'a> {
    /// The resources, in order.
    pub items: Vec<Resource<'a>>,
    /// The number of resources on all pages.
    pub total_count: u64,
    /// To the other pages.
    #[serde(rename = "_links")]
    pub links: PageLinks,
}

impl<'a> Resources<'a> {
    /// The answer for a page of the resources of a type (for segments, of an environment), which `query` requested.
    ///
    /// Cost: O(items).
    #[must_use]
    pub fn new(
        page: &'a Page<RegisteredResource>,
        project: &ProjectKey,
        (resource_type, environment): (ResourceType, Option<&EnvironmentId>),
        query: &Query,
    ) -> Self {
        let list = path::registered(project, resource_type, environment);
        Self {
            items: page.items.iter().map(|item| Resource::new(item, project)).collect(),
            total_count: page.total,
            links: PageLinks::new(&list, query, page.total),
        }
    }
}
