//! The bodies that create and change a view.

use serde::{Deserialize, Serialize};

use super::json;
use super::only_false::OnlyFalse;
use super::request_error::RequestError;
use crate::model::view::{self, Maintainer, NewView};

/// The body that creates a view. Unknown fields are left out, since older clients send more.
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
    /// The name people read.
    pub name: String,
    /// What the view is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The member who looks after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_id: Option<String>,
    /// The team that looks after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_team_key: Option<String>,
    /// The tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

/// The body that changes a view; what is not named stays.
///
/// A field that is none of these is refused, and so is one that would have to change what the store
/// does not keep: passed over, it would be taken for done.
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
    /// The name people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the view is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The member who looks after it; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_id: Option<String>,
    /// The team that looks after it; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_team_key: Option<String>,
    /// All its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Whether it is archived, which it never is; older clients send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<OnlyFalse>,
    /// Whether keys of an SDK are made for it, which they never are; older clients send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_sdk_keys: Option<OnlyFalse>,
}

impl ViewPost {
    /// Parses a body. Example: at [`ViewPost`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are no JSON object, lack the key or the name, or a field
    /// is of another type.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        json::parse(body)
    }

    /// The view it asks for. Example: at [`ViewPost`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Shape`] when a member and a team are to look after it.
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
    /// [`RequestError::Body`] when the bytes are no JSON object, a field is of another type or unknown,
    /// or `archived` or `generateSdkKeys` are true.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        json::parse(body)
    }

    /// The change it asks for. Example: at [`ViewPatch`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Shape`] when a member and a team are to look after the view.
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

/// Who is to look after a view or resource: nobody, if the texts are empty; `None` when nothing is said.
pub(super) fn maintainer(
    member: Option<String>,
    team: Option<String>,
) -> Result<Option<Option<Maintainer>>, RequestError> {
    let said = member.is_some() || team.is_some();
    let named = |text: Option<String>| text.filter(|text| !text.is_empty());
    match (named(member), named(team)) {
        (Some(_), Some(_)) => Err(RequestError::Shape(
            "maintainerId and maintainerTeamKey do not go together: give one of them",
        )),
        (Some(id), None) => Ok(Some(Some(Maintainer::Member(id)))),
        (None, Some(key)) => Ok(Some(Some(Maintainer::Team(key)))),
        (None, None) => Ok(said.then_some(None)),
    }
}
