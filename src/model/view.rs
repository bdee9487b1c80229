//! Views: their fields, new views, changes of fields.

use serde::{Deserialize, Serialize};

use super::change_id::ChangeId;
use super::key::ViewKey;
use super::standing_filter::StandingFilter;
use super::time::Timestamp;
use super::type_counts::TypeCounts;

/// The maintainer of a view or a resource. The store keeps the text and does not check it.
///
/// ```
/// assert_eq!(viewlink::Maintainer::Team("checkout".into()).id(), "checkout");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Maintainer {
    /// A member, by id.
    Member(String),
    /// A team, by key.
    Team(String),
}

impl Maintainer {
    /// The id of the member or the key of the team.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Member(id) | Self::Team(id) => id,
        }
    }
}

/// A view as a snapshot sees it, or as a change left it.
///
/// ```
/// # use viewlink::{NewView, Options, ResourceType};
/// # let store = Options::new().open_in_memory()?;
/// # store.project("default")?.create_view(NewView::new("v", "V"))?;
/// let view = store.snapshot()?.project("default")?.view("v")?;
/// println!("{}: {} flags", view.name, view.links.get(ResourceType::Flag));
/// assert_eq!((view.version, view.updated_at), (1, view.created_at));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct View {
    /// A number that no other view of this store ever has, not even after this one is deleted.
    pub id: u32,
    /// The key, unique in the project, in lower case.
    pub key: ViewKey,
    /// The display name.
    pub name: String,
    /// What the view is for; empty by default.
    pub description: String,
    /// The tags, sorted, each once.
    pub tags: Vec<String>,
    /// The maintainer.
    pub maintainer: Option<Maintainer>,
    /// 1 when created, one more with each change of the view's own fields.
    pub version: u64,
    /// The revision of the last change to its fields or links.
    pub revision: u64,
    /// The identity of that change across stores.
    pub change: ChangeId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its own fields last changed.
    pub updated_at: Timestamp,
    /// How many links it has, per type.
    pub links: TypeCounts,
    /// The filters that it follows, at most one for each type, in the fixed order of the types.
    pub follows: Vec<StandingFilter>,
}

/// A view to be created.
///
/// The key is raw here and parsed when the view is created.
///
/// ```
/// use viewlink::{Maintainer, NewView};
///
/// let view = NewView::new("checkout", "Checkout")
///     .description("everything the checkout team owns")
///     .tags(["payments", "web"])
///     .maintainer(Maintainer::Team("checkout".into()));
/// # let _ = view;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewView {
    pub(crate) key: String,
    pub(crate) fields: ViewFields,
}

impl NewView {
    /// A view with this key and name, and nothing else.
    pub fn new(key: impl Into<String>, name: impl Into<String>) -> Self {
        Self { key: key.into(), fields: ViewFields { name: name.into(), ..ViewFields::default() } }
    }

    /// Sets what the view is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.fields.description = description.into();
        self
    }

    /// Sets the tags; they are sorted, without duplicates.
    #[must_use]
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.fields.tags = sorted_tags(tags);
        self
    }

    /// Sets the maintainer.
    #[must_use]
    pub fn maintainer(mut self, maintainer: Maintainer) -> Self {
        self.fields.maintainer = Some(maintainer);
        self
    }
}

/// The changes to a view's fields; fields that are not set stay the same.
///
/// ```
/// use viewlink::ViewPatch;
///
/// let patch = ViewPatch::new().name("Checkout and payments").tags(["web"]).no_maintainer();
/// assert_ne!(patch, ViewPatch::new());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewPatch {
    name: Option<String>,
    description: Option<String>,
    tags: Option<Vec<String>>,
    maintainer: Option<Option<Maintainer>>,
}

impl ViewPatch {
    /// A patch that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Changes the description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Replaces all tags.
    #[must_use]
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = Some(sorted_tags(tags));
        self
    }

    /// Changes the maintainer.
    #[must_use]
    pub fn maintainer(mut self, maintainer: Maintainer) -> Self {
        self.maintainer = Some(Some(maintainer));
        self
    }

    /// Removes the maintainer.
    #[must_use]
    pub fn no_maintainer(mut self) -> Self {
        self.maintainer = Some(None);
        self
    }

    /// The fields after the change.
    pub(crate) fn apply(self, mut fields: ViewFields) -> ViewFields {
        fields.name = self.name.unwrap_or(fields.name);
        fields.description = self.description.unwrap_or(fields.description);
        fields.tags = self.tags.unwrap_or(fields.tags);
        fields.maintainer = self.maintainer.unwrap_or(fields.maintainer);
        fields
    }
}

/// The fields of a view that its owner sets, in the form tables and journal keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViewFields {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Sorted, each once.
    pub(crate) tags: Vec<String>,
    pub(crate) maintainer: Option<Maintainer>,
}

pub(crate) fn sorted_tags<T: Into<String>>(tags: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut tags: Vec<String> = tags.into_iter().map(Into::into).collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_only_the_given_fields() {
        let fields = NewView::new("k", "name").description("d").tags(["b", "a", "b"]).fields;
        assert_eq!(fields.tags, ["a", "b"]);
        let patched = ViewPatch::new().name("other").apply(fields.clone());
        assert_eq!(patched, ViewFields { name: "other".into(), ..fields });
    }

    #[test]
    fn a_patch_can_remove_the_maintainer() {
        let fields = NewView::new("k", "n").maintainer(Maintainer::Member("m".into())).fields;
        assert_eq!(ViewPatch::new().apply(fields.clone()).maintainer, fields.maintainer);
        assert_eq!(ViewPatch::new().no_maintainer().apply(fields).maintainer, None);
    }
}
