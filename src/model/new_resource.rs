//! Resources as a caller registers them.

use serde::{Deserialize, Serialize};

use super::attribute::{Attribute, AttributeValue, Attributes};
use super::resource::{RawResource, ResourceType};
use super::time::Timestamp;
use super::view::{Maintainer, sorted_tags};

/// A resource to be registered or registered again.
///
/// The keys are raw: a malformed key fails alone and does not stop the others. A field that is not set is empty or
/// `false`, with two exceptions. A name that is not set is the key. A time of creation that is not set is taken from
/// the current registration, or is the time of the change if there is none.
///
/// ```
/// use viewlink::{Maintainer, NewResource};
///
/// let flag = NewResource::flag("checkout-v2")
///     .name("Checkout, second version")
///     .tags(["payments", "web"])
///     .maintainer(Maintainer::Team("checkout".into()))
///     .temporary(true);
/// let segment = NewResource::segment_with_id("production", "beta-users", "61f3b0c2");
/// # let _ = (flag, segment);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewResource {
    pub(crate) named: Named,
    pub(crate) name: Option<String>,
    /// Sorted, each once.
    pub(crate) tags: Vec<String>,
    pub(crate) maintainer: Option<Maintainer>,
    pub(crate) archived: bool,
    pub(crate) temporary: bool,
    pub(crate) unbounded: bool,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) attributes: Attributes,
}

/// The raw texts that name a resource: only segments have an environment and an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Named {
    Plain { resource_type: ResourceType, key: String },
    Segment { environment: String, key: String, id: Option<String> },
}

impl Named {
    pub(crate) fn as_raw(&self) -> RawResource<'_> {
        match self {
            Self::Plain { resource_type, key } => {
                RawResource { resource_type: *resource_type, environment: None, key }
            }
            Self::Segment { environment, key, .. } => {
                let resource_type = ResourceType::Segment;
                RawResource { resource_type, environment: Some(environment), key }
            }
        }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Segment { id, .. } => id.as_deref(),
            Self::Plain { .. } => None,
        }
    }
}

impl NewResource {
    /// A flag by key.
    pub fn flag(key: impl Into<String>) -> Self {
        Self::plain(ResourceType::Flag, key.into())
    }

    /// An AI config by key.
    pub fn ai_config(key: impl Into<String>) -> Self {
        Self::plain(ResourceType::AiConfig, key.into())
    }

    /// A metric by key.
    pub fn metric(key: impl Into<String>) -> Self {
        Self::plain(ResourceType::Metric, key.into())
    }

    /// A segment by environment id and key, without an id.
    pub fn segment(environment: impl Into<String>, key: impl Into<String>) -> Self {
        let (environment, key) = (environment.into(), key.into());
        Self::named(Named::Segment { environment, key, id: None })
    }

    /// A segment by environment id and key, with an id. An id follows the rules of keys and is unique in the project.
    pub fn segment_with_id(
        environment: impl Into<String>,
        key: impl Into<String>,
        id: impl Into<String>,
    ) -> Self {
        let (environment, key) = (environment.into(), key.into());
        Self::named(Named::Segment { environment, key, id: Some(id.into()) })
    }

    fn plain(resource_type: ResourceType, key: String) -> Self {
        Self::named(Named::Plain { resource_type, key })
    }

    const fn named(named: Named) -> Self {
        Self {
            named,
            name: None,
            tags: Vec::new(),
            maintainer: None,
            archived: false,
            temporary: false,
            unbounded: false,
            created_at: None,
            attributes: Attributes::new(),
        }
    }

    /// Sets the display name. Default: the key.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the tags; they are sorted, without duplicates.
    #[must_use]
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = sorted_tags(tags);
        self
    }

    /// Sets the maintainer.
    #[must_use]
    pub fn maintainer(mut self, maintainer: Maintainer) -> Self {
        self.maintainer = Some(maintainer);
        self
    }

    /// Sets whether it was taken out of use.
    #[must_use]
    pub const fn archived(mut self, archived: bool) -> Self {
        self.archived = archived;
        self
    }

    /// Sets whether it is meant to be removed some day, such as a temporary flag.
    #[must_use]
    pub const fn temporary(mut self, temporary: bool) -> Self {
        self.temporary = temporary;
        self
    }

    /// Sets whether its size is unbounded, as a segment's may be.
    #[must_use]
    pub const fn unbounded(mut self, unbounded: bool) -> Self {
        self.unbounded = unbounded;
        self
    }

    /// Sets when it was created. Default: the time in the registry, or that of the change.
    #[must_use]
    pub const fn created_at(mut self, time: Timestamp) -> Self {
        self.created_at = Some(time);
        self
    }

    /// Sets the value of an attribute and replaces an earlier value. Default: no attributes. Example: at [`Attribute`].
    #[must_use]
    pub fn attribute(mut self, name: Attribute, value: impl Into<AttributeValue>) -> Self {
        self.attributes.insert(name, value.into().in_order());
        self
    }
}
