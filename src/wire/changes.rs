//! A page of the feed of changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::attribute;
use super::maintainer::Maintainer;
use crate::filter::ResourceFilter;
use crate::model::change::{self, ChangeKind, ChangedFields, ChangedHolds, ChangedLinks};
use crate::model::key::ViewKey;
use crate::model::position::Position;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::{RawResource, Resource, ResourceType};
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::{Attribute, RegisteredResource};

/// A page of the changes after a position.
///
/// The original API has no feed, so this crate defines the shape. A client saves `position` and continues after it:
/// [`Store::feed_after`](crate::Store::feed_after). If `position` does not change, there were no newer changes.
///
/// ```
/// use viewlink::{Batch, NewView, Options, wire::Changes};
///
/// let store = Options::new().open_in_memory()?;
/// let project = store.project("p")?;
/// project.create_view(NewView::new("v", "V"))?;
/// project.link("v", Batch::flags(["f"]))?.all_ok()?;
/// let mut feed = store.feed(0)?;
/// let page = feed.next_page(100)?;
/// let position = feed.position()?;
/// let json = serde_json::to_value(Changes::new(&page, position)).unwrap();
/// assert_eq!(json["position"], position.to_string());
/// assert_eq!(json["items"][0]["kind"], "viewCreated");
/// assert_eq!(json["items"][0]["view"]["name"], "V");
/// assert_eq!(json["items"][1]["linked"][0]["resourceKey"], "f");
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes<'a> {
    /// The changes, in order.
    pub items: Vec<Change<'a>>,
    /// Where to continue: after the last change that was read.
    #[serde(serialize_with = "as_text")]
    pub position: Position,
}

impl<'a> Changes<'a> {
    /// A page with these changes.
    ///
    /// Cost: O(changes and their keys).
    #[must_use]
    pub fn new(changes: impl IntoIterator<Item = &'a change::Change>, position: Position) -> Self {
        Self { items: changes.into_iter().map(Change::new).collect(), position }
    }
}

/// A change. Example: at [`Changes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change<'a> {
    /// Its number; one more than that of the previous change.
    pub revision: u64,
    /// The store's position after it.
    #[serde(serialize_with = "as_text")]
    pub position: Position,
    /// When it was made, in milliseconds since 1970.
    pub time: u64,
    /// The project it was made in.
    pub project_key: &'a str,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<&'a str>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'a str>,
    /// The revision of the change that it reverts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverts: Option<u64>,
    /// What it did.
    #[serde(flatten)]
    pub detail: ChangeDetail<'a>,
}

impl<'a> Change<'a> {
    fn new(change: &'a change::Change) -> Self {
        Self {
            revision: change.revision,
            position: change.position,
            time: change.time.as_millis(),
            project_key: change.project.as_str(),
            actor: change.actor.as_deref(),
            comment: change.comment.as_deref(),
            reverts: change.reverts,
            detail: ChangeDetail::new(&change.kind),
        }
    }
}

fn as_text<S: Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(position)
}

/// What a change did, distinguished by `kind`, as [`ChangeKind`] describes it. Example: at [`Changes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs, reason = "the kinds of changes are documented at ChangeKind")]
pub enum ChangeDetail<'a> {
    ViewCreated { view_key: &'a str, view: Fields<'a> },
    ViewUpdated { view_key: &'a str, view: Fields<'a> },
    ViewDeleted { view_key: &'a str, unlinked_count: Counts },
    LinksChanged(Links<'a>),
    ManyLinksChanged { parts: Vec<Links<'a>> },
    ResourcesPut { resources: Vec<Registered<'a>> },
    ResourceRemoved { resource: Name<'a>, unlinked_count: u64 },
    EnvironmentRemoved { environment_id: &'a str, segment_count: u64, unlinked_count: u64 },
    ProjectPut { project: Settings<'a> },
    ProjectDeleted { view_count: u64, unlinked_count: Counts },
    ResourcesUnregistered { resources: Vec<Name<'a>> },
    ViewRenamed { view_key: &'a str, new_view_key: &'a str },
    Followed { view_key: &'a str, resource_type: &'static str, filter: String },
    Unfollowed { view_key: &'a str, resource_type: &'static str },
    Steps { steps: Vec<ChangeDetail<'a>> },
}

impl<'a> ChangeDetail<'a> {
    fn new(kind: &'a ChangeKind) -> Self {
        match kind {
            ChangeKind::ViewCreated { view, fields } => Self::created(view, fields),
            ChangeKind::ViewUpdated { view, fields } => Self::updated(view, fields),
            ChangeKind::ViewDeleted { view, unlinked } => Self::deleted(view, unlinked),
            ChangeKind::LinksChanged {
                view,
                resource_type: of,
                linked,
                unlinked,
                linked_at,
                holds,
            } => Self::LinksChanged(Links::new(view, *of, [linked, unlinked], linked_at, holds)),
            ChangeKind::ManyLinksChanged { parts } => {
                Self::ManyLinksChanged { parts: parts.iter().map(Links::of_part).collect() }
            }
            ChangeKind::Followed { view, resource_type: of, filter } => {
                Self::followed(view, *of, filter)
            }
            ChangeKind::Unfollowed { view, resource_type: of } => Self::unfollowed(view, *of),
            ChangeKind::ResourcesPut { resources } => {
                Self::ResourcesPut { resources: resources.iter().map(Registered::new).collect() }
            }
            ChangeKind::ResourceRemoved { resource, links } => {
                Self::ResourceRemoved { resource: resource.into(), unlinked_count: *links }
            }
            ChangeKind::EnvironmentRemoved { environment, segments, links } => {
                Self::environment_removed(environment.as_str(), *segments, *links)
            }
            ChangeKind::ProjectPut { settings } => Self::ProjectPut { project: settings.into() },
            ChangeKind::ProjectDeleted { views, unlinked } => {
                Self::ProjectDeleted { view_count: *views, unlinked_count: unlinked.into() }
            }
            ChangeKind::ResourcesUnregistered { resources } => Self::ResourcesUnregistered {
                resources: resources.iter().map(Name::from).collect(),
            },
            ChangeKind::ViewRenamed { view, to } => Self::renamed(view, to),
            ChangeKind::Steps { steps } => {
                Self::Steps { steps: steps.iter().map(Self::new).collect() }
            }
        }
    }

    const fn environment_removed(environment_id: &'a str, segments: u64, links: u64) -> Self {
        Self::EnvironmentRemoved { environment_id, segment_count: segments, unlinked_count: links }
    }

    fn created(view: &'a ViewKey, fields: &'a ChangedFields) -> Self {
        Self::ViewCreated { view_key: view.as_str(), view: Fields::new(fields) }
    }

    fn updated(view: &'a ViewKey, fields: &'a ChangedFields) -> Self {
        Self::ViewUpdated { view_key: view.as_str(), view: Fields::new(fields) }
    }

    fn deleted(view: &'a ViewKey, unlinked: &'a TypeCounts) -> Self {
        Self::ViewDeleted { view_key: view.as_str(), unlinked_count: unlinked.into() }
    }

    fn renamed(view: &'a ViewKey, to: &'a ViewKey) -> Self {
        Self::ViewRenamed { view_key: view.as_str(), new_view_key: to.as_str() }
    }

    fn unfollowed(view: &'a ViewKey, of: ResourceType) -> Self {
        Self::Unfollowed { view_key: view.as_str(), resource_type: of.singular() }
    }

    fn followed(view: &'a ViewKey, of: ResourceType, filter: &ResourceFilter) -> Self {
        let (view_key, resource_type) = (view.as_str(), of.singular());
        Self::Followed { view_key, resource_type, filter: filter.to_string() }
    }
}

/// The settings of a project after a change. Example: at [`Changes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings<'a> {
    /// The name; empty by default.
    pub name: &'a str,
    /// Whether a new flag must be in a view.
    pub require_view_association_for_new_flags: bool,
    /// Whether a new segment must be in a view.
    pub require_view_association_for_new_segments: bool,
}

impl<'a> From<&'a ProjectSettings> for Settings<'a> {
    fn from(settings: &'a ProjectSettings) -> Self {
        Self {
            name: settings.name.as_str(),
            require_view_association_for_new_flags: settings.require_view_for_new_flags,
            require_view_association_for_new_segments: settings.require_view_for_new_segments,
        }
    }
}

/// The fields of a view after a change. Example: at [`Changes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fields<'a> {
    /// The name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The tags.
    pub tags: &'a [String],
    /// The maintainer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer: Option<Maintainer>,
}

impl<'a> Fields<'a> {
    fn new(fields: &'a ChangedFields) -> Self {
        let ChangedFields { name, description, tags, maintainer } = fields;
        Self { name, description, tags, maintainer: maintainer.as_ref().map(Into::into) }
    }
}

/// Links of one view and type. Example: at [`Changes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Links<'a> {
    /// The key of the view.
    pub view_key: &'a str,
    /// The type of the resources.
    #[serde(serialize_with = "super::resource_type::serialize")]
    pub resource_type: ResourceType,
    /// What was linked, in request order.
    pub linked: Vec<Name<'a>>,
    /// What was unlinked, in key order.
    pub unlinked: Vec<Name<'a>>,
    /// If links are restored, the original time of each linked resource, in milliseconds since 1970. Otherwise it is
    /// absent, and the links have the time of the change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub linked_at: Vec<u64>,
    /// Whether the filter that the view follows, and not keys, made and removed the links.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_filter: bool,
    /// Links that only the filter held before, and that keys hold too now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Name<'a>>,
    /// Links that keys held too before, and that only the filter holds now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Name<'a>>,
}

impl<'a> Links<'a> {
    fn new(
        view: &'a ViewKey,
        resource_type: ResourceType,
        changed: [&'a [Resource]; 2],
        times: &[Timestamp],
        holds: &'a ChangedHolds,
    ) -> Self {
        let names = |of: &'a [Resource]| of.iter().map(Name::from).collect();
        let [linked, unlinked] = changed.map(names);
        let ChangedHolds { by_filter, held, released } = holds;
        let (by_filter, held, released) = (*by_filter, names(held), names(released));
        let (view_key, linked_at) =
            (view.as_str(), times.iter().map(|at| at.as_millis()).collect());
        Self { view_key, resource_type, linked, unlinked, linked_at, by_filter, held, released }
    }

    /// The JSON of a part of a change.
    pub(crate) fn of_part(part: &'a ChangedLinks) -> Self {
        let ChangedLinks { view, resource_type, linked, unlinked, linked_at, holds } = part;
        Self::new(view, *resource_type, [linked, unlinked], linked_at, holds)
    }
}

/// A resource by its name. Example: at [`Changes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Name<'a> {
    /// The key.
    pub resource_key: &'a str,
    /// The type.
    #[serde(serialize_with = "super::resource_type::serialize")]
    pub resource_type: ResourceType,
    /// The environment, of segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<&'a str>,
}

impl<'a> From<&'a Resource> for Name<'a> {
    fn from(resource: &'a Resource) -> Self {
        resource.as_raw().into()
    }
}

impl<'a> From<RawResource<'a>> for Name<'a> {
    fn from(resource: RawResource<'a>) -> Self {
        Self {
            resource_key: resource.key(),
            resource_type: resource.resource_type(),
            environment_id: resource.environment(),
        }
    }
}

/// The registered fields of a resource after a change. Example: at [`Changes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered<'a> {
    /// The resource.
    #[serde(flatten)]
    pub resource: Name<'a>,
    /// The id, of segments.
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// The display name.
    pub name: &'a str,
    /// The tags.
    pub tags: &'a [String],
    /// The maintainer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer: Option<Maintainer>,
    /// Whether it was taken out of use.
    pub archived: bool,
    /// Whether it is meant to be removed some day.
    pub temporary: bool,
    /// Whether its size is unbounded.
    pub unbounded: bool,
    /// When it was created, in milliseconds since 1970.
    pub creation_date: u64,
    /// Its attributes, each under its name.
    #[serde(flatten)]
    pub attributes: BTreeMap<Attribute, super::Attribute>,
}

impl<'a> Registered<'a> {
    fn new(put: &'a RegisteredResource) -> Self {
        Self {
            resource: (&put.resource).into(),
            id: put.id.as_ref().map(AsRef::as_ref),
            name: &put.name,
            tags: &put.tags,
            maintainer: put.maintainer.as_ref().map(Into::into),
            archived: put.archived,
            temporary: put.temporary,
            unbounded: put.unbounded,
            creation_date: put.created_at.as_millis(),
            attributes: attribute::to_json(&put.attributes),
        }
    }
}

/// A number for each type, of removed links. Example: at [`Changes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Flags.
    pub flags: u64,
    /// Segments.
    pub segments: u64,
    /// AI configs.
    pub ai_configs: u64,
    /// Metrics.
    pub metrics: u64,
}

impl From<&TypeCounts> for Counts {
    fn from(counts: &TypeCounts) -> Self {
        Self {
            flags: counts.get(ResourceType::Flag),
            segments: counts.get(ResourceType::Segment),
            ai_configs: counts.get(ResourceType::AiConfig),
            metrics: counts.get(ResourceType::Metric),
        }
    }
}
