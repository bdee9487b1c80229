//! A project: answers and requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::link::{Link, PageLinks};
use super::path;
use super::query::Query;
use super::request_error::RequestError;
use super::{always_false::AlwaysFalse, json};
use crate::model::page::Page;
use crate::model::project_info::ProjectInfo;
use crate::model::project_settings::{self, ProjectSettings};

/// A project, as clients read it. Fields that clients require and the store does not have are always `false` or empty.
///
/// ```
/// use viewlink::{Options, ProjectSettings, wire};
///
/// let project = Options::new().open_in_memory()?.project("shop")?;
/// let info = project.put(ProjectSettings::new().require_view_for_new_flags(true))?;
/// let json = serde_json::to_value(wire::Project::new(&info)).unwrap();
/// assert_eq!((&json["key"], &json["name"]), (&"shop".into(), &"shop".into()));
/// assert_eq!(json["requireViewAssociationForNewFlags"], true);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// To the project itself, as `self`.
    #[serde(rename = "_links")]
    pub links: BTreeMap<String, Link>,
    /// The id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The key.
    pub key: String,
    /// The display name; the key if there is none.
    pub name: String,
    /// Whether a new flag must be in a view.
    pub require_view_association_for_new_flags: bool,
    /// Whether a new segment must be in a view.
    pub require_view_association_for_new_segments: bool,
    /// Always `false`.
    pub include_in_snippet_by_default: AlwaysFalse,
    /// Always empty.
    pub tags: [String; 0],
}

impl Project {
    /// The answer for a project.
    ///
    /// Cost: O(bytes of its texts).
    #[must_use]
    pub fn new(project: &ProjectInfo) -> Self {
        let (key, settings) = (project.key.to_string(), &project.settings);
        let own = Link::to_json(path::project(&project.key));
        Self {
            links: BTreeMap::from([("self".to_owned(), own)]),
            id: project.id.to_string(),
            name: if settings.name.is_empty() { key.clone() } else { settings.name.clone() },
            key,
            require_view_association_for_new_flags: settings.require_view_for_new_flags,
            require_view_association_for_new_segments: settings.require_view_for_new_segments,
            include_in_snippet_by_default: AlwaysFalse,
            tags: [],
        }
    }
}

/// A page of the projects of a store.
///
/// ```
/// use viewlink::wire::{Projects, Query};
/// # use viewlink::{NewView, Options};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Options::new().open_in_memory()?;
/// # for key in ["app", "shop"] { store.project(key)?.create_view(NewView::new("v", "V"))?; }
/// let query = Query::from_pairs([("limit", "1")])?;
/// let page = store.snapshot()?.projects(query.project_paging()?)?;
/// let answer = Projects::new(&page, &query);
/// assert_eq!((answer.total_count, answer.items[0].key.as_str()), (2, "app"));
/// let next = answer.links.and_then(|links| links.next).expect("there is more");
/// assert_eq!(next.href, "/api/v2/projects?limit=1&offset=1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Projects {
    /// The projects, in key order.
    pub items: Vec<Project>,
    /// How many there are on all pages.
    pub total_count: u64,
    /// To the other pages.
    #[serde(rename = "_links", default, skip_serializing_if = "Option::is_none")]
    pub links: Option<PageLinks>,
}

impl Projects {
    /// The answer for a page of the projects, which `query` requested.
    ///
    /// Cost: O(items).
    #[must_use]
    pub fn new(page: &Page<ProjectInfo>, query: &Query) -> Self {
        Self {
            items: page.items.iter().map(Project::new).collect(),
            total_count: page.total,
            links: Some(PageLinks::new(path::PROJECTS, query, page.total)),
        }
    }
}

/// The body that sets the settings of a project; missing settings get their defaults.
///
/// Unknown fields are refused: if they were ignored, the client would believe that they took effect.
///
/// ```
/// use viewlink::{ProjectSettings, wire::ProjectPut};
///
/// let put = ProjectPut::from_json(br#"{"name": "Web shop"}"#)?;
/// assert_eq!(put.into_settings(), ProjectSettings::new().name("Web shop"));
/// assert!(ProjectPut::from_json(br#"{"title": "Web shop"}"#).is_err());
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectPut {
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a new flag must be in a view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_view_association_for_new_flags: Option<bool>,
    /// Whether a new segment must be in a view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_view_association_for_new_segments: Option<bool>,
}

impl ProjectPut {
    /// Parses a body. Example: at [`ProjectPut`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are not a JSON object, or a field is of another type or unknown.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        json::parse(body)
    }

    /// The settings in it. Example: at [`ProjectPut`].
    #[must_use]
    pub fn into_settings(self) -> ProjectSettings {
        let Self {
            name,
            require_view_association_for_new_flags: flags,
            require_view_association_for_new_segments: segments,
        } = self;
        ProjectSettings::new()
            .name(name.unwrap_or_default())
            .require_view_for_new_flags(flags.unwrap_or_default())
            .require_view_for_new_segments(segments.unwrap_or_default())
    }
}

/// The body that changes the settings of a project: an object with the settings to change, or a JSON Patch that
/// replaces them, as the API's own clients send.
///
/// ```
/// use viewlink::wire::ProjectPatch;
///
/// let fields = ProjectPatch::from_json(br#"{"name": "Web shop"}"#)?;
/// let patch = br#"[{"op": "replace", "path": "/name", "value": "Web shop"}]"#;
/// assert_eq!(ProjectPatch::from_json(patch)?, fields);
/// assert_eq!(fields.into_patch(), viewlink::ProjectPatch::new().name("Web shop"));
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectPatch(pub ProjectPut);

/// A step of a JSON Patch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    op: String,
    path: String,
    value: Value,
}

/// The value of a field.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or true or false")]
enum Value {
    Text(String),
    Flag(bool),
}

impl ProjectPatch {
    /// Parses a body. Example: at [`ProjectPatch`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are neither of the two, or a field has another type or is unknown;
    /// [`RequestError::Parameter`] when a step of a JSON Patch does anything but replace a field.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        if body.trim_ascii_start().first() != Some(&b'[') {
            return json::parse(body).map(Self);
        }
        let mut fields = ProjectPut::default();
        for step in json::parse_list::<Step>(body)? {
            fields.take(step)?;
        }
        Ok(Self(fields))
    }

    /// The requested change. Example: at [`ProjectPatch`].
    #[must_use]
    pub fn into_patch(self) -> project_settings::ProjectPatch {
        let ProjectPut {
            name,
            require_view_association_for_new_flags: flags,
            require_view_association_for_new_segments: segments,
        } = self.0;
        let mut patch = project_settings::ProjectPatch::new();
        if let Some(name) = name {
            patch = patch.name(name);
        }
        if let Some(required) = flags {
            patch = patch.require_view_for_new_flags(required);
        }
        match segments {
            Some(required) => patch.require_view_for_new_segments(required),
            None => patch,
        }
    }
}

impl ProjectPut {
    /// Applies a step of a JSON Patch.
    fn take(&mut self, Step { op, path, value }: Step) -> Result<(), RequestError> {
        if op != "replace" && op != "add" {
            let expected = "use replace, the only operation for the settings of a project";
            return Err(RequestError::parameter("op", &op, expected));
        }
        match (path.as_str(), value) {
            ("/name", Value::Text(name)) => self.name = Some(name),
            ("/requireViewAssociationForNewFlags", Value::Flag(required)) => {
                self.require_view_association_for_new_flags = Some(required);
            }
            ("/requireViewAssociationForNewSegments", Value::Flag(required)) => {
                self.require_view_association_for_new_segments = Some(required);
            }
            _ => {
                let expected = "use /name with a text, or /requireViewAssociationForNewFlags or \
                                /requireViewAssociationForNewSegments with true or false";
                return Err(RequestError::parameter("path", &path, expected));
            }
        }
        Ok(())
    }
}
