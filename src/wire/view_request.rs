//! The bodies that create and change a view.

use serde::{Deserialize, Serialize};

use super::always_false::AlwaysFalse;
use super::json;
use super::request_error::RequestError;
use crate::model::view::{self, Maintainer, NewView};

/// The body that creates a view. Unknown fields are ignored, since older clients send more.
///
/// ```
/// use viewlink::wire::ViewPost;
///
/// let post = ViewPost::from_json(br#"{"key": "Checkout", "name": "Checkout team"}"#)?;
/// let view = post.into_new_view()?;
/// # let _ = view;
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewPost {
    /// The key; upper case is folded to lower case.
    pub key: String,
    /// The display name.
    pub name: String,
    /// What the view is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The maintaining member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_id: Option<String>,
    /// The maintaining team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_team_key: Option<String>,
    /// The tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

/// The body that changes a view; missing fields stay the same.
///
/// Unknown fields are refused, and so are changes that the store does not support: if they were ignored, the client
/// would believe that they took effect.
///
/// ```
/// use viewlink::wire::ViewPatch;
///
/// let patch = ViewPatch::from_json(br#"{"name": "Checkout team", "maintainerId": ""}"#)?;
/// let expected = viewlink::ViewPatch::new().name("Checkout team").no_maintainer();
/// assert_eq!(patch.into_patch()?, expected);
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ViewPatch {
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the view is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The maintaining member; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_id: Option<String>,
    /// The maintaining team; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_team_key: Option<String>,
    /// All its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Whether it is archived: always false; older clients send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<AlwaysFalse>,
    /// Whether SDK keys are made for it: always false; older clients send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_sdk_keys: Option<AlwaysFalse>,
}

impl ViewPost {
    /// Parses a body. Example: at [`ViewPost`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are not a JSON object, the key or the name is missing, or a field has
    /// another type.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        json::parse(body)
    }

    /// The requested view. Example: at [`ViewPost`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Shape`] when both a member and a team are given as maintainer.
    pub fn into_new_view(self) -> Result<NewView, RequestError> {
        let mut view = NewView::new(self.key, self.name)
            .description(self.description.unwrap_or_default())
            .tags(self.tags.unwrap_or_default());
        if let Some(Some(who)) = maintainer(self.maintainer_id, self.maintainer_team_key)? {
            view = view.maintainer(who);
        }
        Ok(view)
    }
}

impl ViewPatch {
    /// Parses a body. Example: at [`ViewPatch`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are not a JSON object, a field has another type or is unknown, or
    /// `archived` or `generateSdkKeys` are true.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        json::parse(body)
    }

    /// The requested change. Example: at [`ViewPatch`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Shape`] when both a member and a team are given as maintainer.
    pub fn into_patch(self) -> Result<view::ViewPatch, RequestError> {
        let mut patch = view::ViewPatch::new();
        if let Some(name) = self.name {
            patch = patch.name(name);
        }
        if let Some(description) = self.description {
            patch = patch.description(description);
        }
        if let Some(tags) = self.tags {
            patch = patch.tags(tags);
        }
        Ok(match maintainer(self.maintainer_id, self.maintainer_team_key)? {
            Some(Some(who)) => patch.maintainer(who),
            Some(None) => patch.no_maintainer(),
            None => patch,
        })
    }
}

/// The maintainer of a view or resource: nobody if the texts are empty; `None` if both are missing.
pub(super) fn maintainer(
    member: Option<String>,
    team: Option<String>,
) -> Result<Option<Option<Maintainer>>, RequestError> {
    let is_given = member.is_some() || team.is_some();
    let named = |text: Option<String>| text.filter(|text| !text.is_empty());
    match (named(member), named(team)) {
        (Some(_), Some(_)) => Err(RequestError::Shape(
            "maintainerId and maintainerTeamKey exclude each other: give one of them",
        )),
        (Some(id), None) => Ok(Some(Some(Maintainer::Member(id)))),
        (None, Some(key)) => Ok(Some(Some(Maintainer::Team(key)))),
        (None, None) => Ok(is_given.then_some(None)),
    }
}
