//! A view, and a page of views.

use serde::{Deserialize, Serialize};

use super::expand::{Expand, Expansion};
use super::link::{Link, PageLinks, ResourceLinks};
use super::path;
use super::query::Query;
use super::view_maintainer::ViewMaintainer;
use crate::model::key::ProjectKey;
use crate::model::page::Page;
use crate::model::project_info::ProjectInfo;
use crate::model::resource::{Resource, ResourceType};
use crate::model::{StandingFilter, view};

/// A view.
///
/// Here views do not affect the payload of an SDK, are never archived, and no longer exist after they are deleted.
/// Clients require the fields for this.
///
/// ```
/// use viewlink::wire::{MaintainerKind, Query, Views};
/// # use viewlink::{Maintainer, NewView, Options};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Options::new().open_in_memory()?;
/// # let ada = Maintainer::Member("ada".into());
/// # store.project("default")?.create_view(NewView::new("v", "V").maintainer(ada))?;
/// let query = Query::from_pairs([("expand", "maintainer,resourceSummary"), ("sort", "name")])?;
/// let snapshot = store.snapshot()?;
/// let reader = snapshot.project("default")?;
/// let page = reader.views_matching(&query.view_filter()?, query.view_paging()?)?;
/// let answer = Views::of_project(&page, &reader.info(), "my-account", &query);
/// let view = &answer.items[0];
/// assert_eq!((view.project_key.as_str(), view.key.as_str()), ("default", "v"));
/// assert_eq!(view.resource_summary.map(|summary| summary.total_count), Some(0));
/// assert_eq!(view.maintainer.as_ref().map(|who| who.kind), Some(MaintainerKind::Member));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// To the view and to the list it is in.
    #[serde(rename = "_links")]
    pub links: ResourceLinks,
    /// The id, unique in the store.
    pub id: String,
    /// The account of the host.
    pub account_id: String,
    /// The id of the project.
    pub project_id: String,
    /// The key of the project.
    pub project_key: String,
    /// The key, in lower case.
    pub key: String,
    /// The display name.
    pub name: String,
    /// What the view is for.
    pub description: String,
    /// Always false.
    #[serde(rename = "_affectsSdkPayload")]
    pub affects_sdk_payload: bool,
    /// Always false; older clients require it.
    pub generate_sdk_keys: bool,
    /// Always false; older clients require it.
    pub archived: bool,
    /// 1 when created, one more with each change of the view's own fields.
    pub version: u64,
    /// The tags, sorted, each once.
    pub tags: Vec<String>,
    /// When it was created, in milliseconds since 1970.
    pub created_at: u64,
    /// When its own fields last changed, in milliseconds since 1970.
    pub updated_at: u64,
    /// Always false.
    pub deleted: bool,
    /// The maintainer, if there is one; in lists only if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintainer: Option<ViewMaintainer>,
    /// How many flags it has, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags_summary: Option<Count>,
    /// How many segments it has, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments_summary: Option<Count>,
    /// How many AI configs it has, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_configs_summary: Option<Count>,
    /// How many metrics it has, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_summary: Option<Count>,
    /// How many resources it has, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_summary: Option<ResourceSummary>,
    /// The filters that it follows. The original API has no such field. It is absent if there are none.
    #[serde(rename = "_follows", default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<Following>,
}

/// A filter that a view follows.
///
/// ```
/// use viewlink::wire::{Expand, View};
/// # use viewlink::{NewView, Options, ResourceFilter, ResourceType};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// project.follow("v", ResourceType::Flag, ResourceFilter::parse(ResourceType::Flag, "tags:beta")?)?.all_ok()?;
/// let reader = project.read()?;
/// let shown = View::new(&reader.view("v")?, &reader.info(), "my-account", &Expand::default());
/// assert_eq!(shown.follows[0].filter, r#"tags contains ["beta"]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Following {
    /// The type of the resources.
    #[serde(with = "super::resource_type")]
    pub resource_type: ResourceType,
    /// The filter, as text.
    pub filter: String,
}

/// A number of resources. Example: at [`View`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The number.
    pub count: u64,
}

/// Numbers of resources of several types. Example: at [`View`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSummary {
    /// The number of flags.
    pub flag_count: u64,
    /// The number of segments.
    pub segment_count: u64,
    /// The number of resources of all types, including AI configs and metrics.
    pub total_count: u64,
}

/// A page of views. Example: at [`View`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Views {
    /// The views, in order.
    pub items: Vec<View>,
    /// The number of views on all pages.
    pub total_count: u64,
    /// To the other pages.
    #[serde(rename = "_links", default, skip_serializing_if = "Option::is_none")]
    pub links: Option<PageLinks>,
}

impl View {
    /// The answer for a view of a project, with the host's constant account id. It always has the maintainer, since
    /// clients reject a view without one.
    ///
    /// Cost: O(bytes of its texts).
    #[must_use]
    pub fn new(view: &view::View, project: &ProjectInfo, account: &str, expand: &Expand) -> Self {
        Self::of(view, (&project.key, project.id.to_string()), account, expand)
    }

    /// The answer for a view of a dry run that would create its project: the project has no id yet, so that text is
    /// empty.
    ///
    /// Cost: O(bytes of its texts).
    #[must_use]
    pub fn of_new_project(view: &view::View, project: &ProjectKey, account: &str) -> Self {
        Self::of(view, (project, String::new()), account, &Expand::default())
    }

    fn of(
        view: &view::View,
        (project, project_id): (&ProjectKey, String),
        account: &str,
        expand: &Expand,
    ) -> Self {
        let count = |resource_type| {
            let asked = expand.contains(Expansion::summary_of(resource_type));
            asked.then(|| Count { count: view.links.get(resource_type) })
        };
        Self {
            links: ResourceLinks {
                own: Link::to_json(path::view(project, &view.key)),
                parent: Link::to_json(path::views(project)),
            },
            id: view.id.to_string(),
            account_id: account.to_owned(),
            project_id,
            project_key: project.to_string(),
            key: view.key.to_string(),
            name: view.name.clone(),
            description: view.description.clone(),
            affects_sdk_payload: false,
            generate_sdk_keys: false,
            archived: false,
            version: view.version,
            tags: view.tags.clone(),
            created_at: view.created_at.as_millis(),
            updated_at: view.updated_at.as_millis(),
            deleted: false,
            maintainer: view.maintainer.as_ref().map(ViewMaintainer::from),
            flags_summary: count(ResourceType::Flag),
            segments_summary: count(ResourceType::Segment),
            ai_configs_summary: count(ResourceType::AiConfig),
            metrics_summary: count(ResourceType::Metric),
            resource_summary: expand.contains(Expansion::ResourceSummary).then(|| {
                ResourceSummary {
                    flag_count: view.links.get(ResourceType::Flag),
                    segment_count: view.links.get(ResourceType::Segment),
                    total_count: view.links.total(),
                }
            }),
            follows: view.follows.iter().map(Following::new).collect(),
        }
    }
}

impl Following {
    fn new(of: &StandingFilter) -> Self {
        Self { resource_type: of.resource_type, filter: of.filter.to_string() }
    }
}

impl Views {
    /// The answer for a page of the views of a project, which `query` requested.
    ///
    /// Cost: O(items).
    #[must_use]
    pub fn of_project(
        page: &Page<view::View>,
        project: &ProjectInfo,
        account: &str,
        query: &Query,
    ) -> Self {
        Self::new(page, &path::views(&project.key), project, account, query)
    }

    /// The answer for a page of the views of a resource, which `query` requested.
    ///
    /// Cost: O(items).
    #[must_use]
    pub fn of_resource(
        page: &Page<view::View>,
        resource: &Resource,
        project: &ProjectInfo,
        account: &str,
        query: &Query,
    ) -> Self {
        Self::new(page, &path::views_of(&project.key, resource), project, account, query)
    }

    fn new(
        page: &Page<view::View>,
        list: &str,
        project: &ProjectInfo,
        account: &str,
        query: &Query,
    ) -> Self {
        let asked = query.expand().contains(Expansion::Maintainer);
        let item = |view| {
            let shown = View::new(view, project, account, query.expand());
            let maintainer = shown.maintainer.filter(|_| asked);
            View { maintainer, ..shown }
        };
        Self {
            items: page.items.iter().map(item).collect(),
            total_count: page.total,
            links: Some(PageLinks::new(list, query, page.total)),
        }
    }
}
