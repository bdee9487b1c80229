//! The lines of an export: JSON objects with one field, which names the kind of the line.
//!
//! The first line is a header and the last one a trailer, so that an incomplete file is noticed. Lines have all fields
//! of the store. Fields that an import cannot restore (ids, revisions, versions) are there for comparisons.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use viewlink::wire::{self, Maintainer, MaintainerKind};
use viewlink::{
    Attribute, LinkedResource, NewResource, NewView, ProjectInfo, ProjectSettings,
    RegisteredResource, ResourceType, Timestamp, View,
};

use super::counts::RowCounts;

/// The name of the format, in the header.
pub(super) const FORMAT: &str = "viewlink-export";

/// The version of the format that is written, and the newest one that can be read.
pub(super) const VERSION: u32 = 1;

/// A line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Line<'a> {
    #[serde(borrow)]
    Header(Header<'a>),
    #[serde(borrow)]
    Project(ProjectLine<'a>),
    #[serde(borrow)]
    View(ViewLine<'a>),
    #[serde(borrow)]
    Resource(ResourceLine<'a>),
    #[serde(borrow)]
    Link(LinkLine<'a>),
    Trailer(RowCounts),
}

impl Line<'_> {
    /// The kind of the line, in words.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Header(_) => "header",
            Self::Project(_) => "project",
            Self::View(_) => "view",
            Self::Resource(_) => "resource",
            Self::Link(_) => "link",
            Self::Trailer(_) => "trailer",
        }
    }
}

/// The header of the file. Fields may be added within a version, so unknown ones are ignored.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header<'a> {
    #[serde(borrow)]
    pub(super) format: Cow<'a, str>,
    pub(super) version: u32,
    /// The store of the lines, and its revision.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) store_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<u64>,
    /// The project, if the export has only one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) project: Option<Cow<'a, str>>,
}

/// The fields of a project.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProjectLine<'a> {
    #[serde(borrow)]
    pub(super) project: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) name: Cow<'a, str>,
    #[serde(default)]
    pub(super) require_view_for_new_flags: bool,
    #[serde(default)]
    pub(super) require_view_for_new_segments: bool,
}

impl<'a> ProjectLine<'a> {
    pub(super) fn new(info: &'a ProjectInfo) -> Self {
        Self {
            project: info.key.as_str().into(),
            name: info.settings.name.as_str().into(),
            require_view_for_new_flags: info.settings.require_view_for_new_flags,
            require_view_for_new_segments: info.settings.require_view_for_new_segments,
        }
    }

    /// The content of the line.
    pub(super) fn to_settings(&self) -> ProjectSettings {
        ProjectSettings::new()
            .name(self.name.as_ref())
            .require_view_for_new_flags(self.require_view_for_new_flags)
            .require_view_for_new_segments(self.require_view_for_new_segments)
    }
}

/// A view. Times are in milliseconds since 1970.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ViewLine<'a> {
    #[serde(borrow)]
    pub(super) project: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) key: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) description: Cow<'a, str>,
    #[serde(default)]
    pub(super) tags: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) maintainer: Option<Maintainer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) updated_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<u64>,
}

impl<'a> ViewLine<'a> {
    pub(super) fn new(project: &'a str, view: &'a View) -> Self {
        Self {
            project: project.into(),
            key: view.key.as_str().into(),
            name: view.name.as_str().into(),
            description: view.description.as_str().into(),
            tags: view.tags.as_slice().into(),
            maintainer: view.maintainer.as_ref().map(Maintainer::from),
            created_at: Some(view.created_at.as_millis()),
            updated_at: Some(view.updated_at.as_millis()),
            id: Some(view.id),
            version: Some(view.version),
            revision: Some(view.revision),
        }
    }

    /// The time when the view's own fields were last changed, if they were changed after its creation.
    pub(super) fn last_change(&self) -> Option<u64> {
        let has_changed = self.version.is_some_and(|version| version > 1);
        self.updated_at.filter(|time| has_changed || Some(*time) > self.created_at)
    }

    /// A temporary name, which is not the view's: the view has it until the time of its last change.
    pub(super) fn name_before(&self) -> &str {
        if self.name == self.key { "" } else { &self.key }
    }

    /// The view with another key and name.
    pub(super) fn to_new_view(&self, key: &str, name: &str) -> NewView {
        let view =
            NewView::new(key, name).description(self.description.as_ref()).tags(self.tags.iter());
        match &self.maintainer {
            Some(maintainer) => view.maintainer(to_maintainer(maintainer)),
            None => view,
        }
    }
}

/// A registered resource.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ResourceLine<'a> {
    #[serde(borrow)]
    pub(super) project: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) resource_type: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) environment: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) key: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) tags: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) maintainer: Option<Maintainer>,
    #[serde(default)]
    pub(super) archived: bool,
    #[serde(default)]
    pub(super) temporary: bool,
    #[serde(default)]
    pub(super) unbounded: bool,
    /// The attributes, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<Attribute, wire::Attribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<u64>,
}

impl<'a> ResourceLine<'a> {
    pub(super) fn new(project: &'a str, registered: &'a RegisteredResource) -> Self {
        let raw = registered.resource.as_raw();
        Self {
            project: project.into(),
            resource_type: raw.resource_type().plural().into(),
            environment: raw.environment().map(Cow::from),
            key: raw.key().into(),
            id: registered.id.as_ref().map(|id| id.as_str().into()),
            name: Some(registered.name.as_str().into()),
            tags: registered.tags.as_slice().into(),
            maintainer: registered.maintainer.as_ref().map(Maintainer::from),
            archived: registered.archived,
            temporary: registered.temporary,
            unbounded: registered.unbounded,
            attributes: attributes(registered),
            created_at: Some(registered.created_at.as_millis()),
            revision: Some(registered.revision),
        }
    }

    /// The content of the line, for a resource of this type.
    pub(super) fn to_new_resource(&self, resource_type: ResourceType) -> NewResource {
        let key = self.key.as_ref();
        let resource = match resource_type {
            ResourceType::Flag => NewResource::flag(key),
            ResourceType::AiConfig => NewResource::ai_config(key),
            ResourceType::Metric => NewResource::metric(key),
            ResourceType::Segment => {
                let environment = self.environment.as_deref().unwrap_or_default();
                match self.id.as_deref() {
                    Some(id) => NewResource::segment_with_id(environment, key, id),
                    None => NewResource::segment(environment, key),
                }
            }
        };
        let mut resource = resource
            .tags(self.tags.iter())
            .archived(self.archived)
            .temporary(self.temporary)
            .unbounded(self.unbounded);
        if let Some(name) = &self.name {
            resource = resource.name(name.as_ref());
        }
        if let Some(maintainer) = &self.maintainer {
            resource = resource.maintainer(to_maintainer(maintainer));
        }
        for (name, wire::Attribute(value)) in &self.attributes {
            resource = resource.attribute(*name, value.clone());
        }
        match self.created_at {
            Some(time) => resource.created_at(Timestamp::from_millis(time)),
            None => resource,
        }
    }
}

/// A link.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LinkLine<'a> {
    #[serde(borrow)]
    pub(super) project: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) view: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) resource_type: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) environment: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) key: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) linked_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<u64>,
}

impl<'a> LinkLine<'a> {
    pub(super) fn new(project: &'a str, view: &'a str, linked: &'a LinkedResource) -> Self {
        let raw = linked.resource.as_raw();
        Self {
            project: project.into(),
            view: view.into(),
            resource_type: raw.resource_type().plural().into(),
            environment: raw.environment().map(Cow::from),
            key: raw.key().into(),
            linked_at: Some(linked.linked_at.as_millis()),
            revision: Some(linked.revision),
        }
    }
}

fn attributes(registered: &RegisteredResource) -> BTreeMap<Attribute, wire::Attribute> {
    let attributes = registered.attributes.iter();
    attributes.map(|(name, value)| (*name, wire::Attribute(value.clone()))).collect()
}

fn to_maintainer(maintainer: &Maintainer) -> viewlink::Maintainer {
    let id = maintainer.id.clone();
    match maintainer.kind {
        MaintainerKind::Member => viewlink::Maintainer::Member(id),
        MaintainerKind::Team => viewlink::Maintainer::Team(id),
    }
}
