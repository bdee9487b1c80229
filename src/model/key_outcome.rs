//! The result of one key, and why it failed.

use std::fmt;

use super::key::KeyError;
use super::limit::TooLong;
use super::resource::{RawResource, Resource};

/// The action of a batch.
///
/// ```
/// # use viewlink::{Action, Batch, NewView, Options};
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// let report = project.link("v", Batch::flags(["a"]))?;
/// assert_eq!(report.action(), Action::Link);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Link the keys to the view.
    Link,
    /// Unlink the keys from the view.
    Unlink,
    /// Link the keys to the view, and unlink the others of their type.
    Replace,
    /// Register the resources.
    Put,
    /// Unlink the keys from the view, and link them to another one.
    Move,
    /// Link all resources that match a filter, now and after every change.
    Follow,
    /// Stop following a filter.
    Unfollow,
}

/// The result of one key.
///
/// ```
/// # use viewlink::{Batch, FailureReason, KeyOutcome, NewView, Options};
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// let report = project.link("v", Batch::flags(["a", "a"]))?;
/// let outcomes: Vec<_> = report.outcomes().map(|(_, outcome)| outcome.clone()).collect();
/// assert_eq!(outcomes, [KeyOutcome::Linked, KeyOutcome::Failed(FailureReason::Repeated)]);
/// assert!(outcomes[1].is_failure());
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyOutcome {
    /// It was linked.
    Linked,
    /// It was already linked; the time of the link stays. If only a [standing filter](crate::Project::follow) held the
    /// link, keys hold it too now: it stays when the filter no longer finds the resource.
    AlreadyLinked,
    /// It was unlinked.
    Unlinked,
    /// Keys no longer hold it, and it is still linked: a [standing filter](crate::Project::follow) holds it.
    Released,
    /// It was not linked, and the batch [allows](crate::Batch::ignore_missing) that.
    NotLinked,
    /// The resource was not registered before and is now.
    Registered,
    /// Its registered fields changed.
    Updated,
    /// It was already registered with the same fields.
    Unchanged,
    /// It was unlinked from one view and linked to the other.
    Moved,
    /// Nothing was done for it.
    Failed(FailureReason),
}

impl KeyOutcome {
    /// Whether the key failed.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

/// Why a key failed; it is displayed as a plain sentence.
///
/// The checks of a key run in this order, and the first one that fails is the reason: malformed, repeated, unknown,
/// state.
///
/// ```
/// use viewlink::{FailureCode, FailureReason};
///
/// let reason = FailureReason::NotLinked;
/// assert_eq!(reason.code(), FailureCode::NotLinked);
/// assert_eq!(reason.to_string(), "not linked to this view");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureReason {
    /// The key is malformed.
    #[error("{0}")]
    InvalidKey(KeyError),
    /// The environment id of a segment is malformed.
    #[error("the environment id is invalid: {0}")]
    InvalidEnvironment(KeyError),
    /// The id of a segment to be registered is malformed.
    #[error("the segment id is invalid: {0}")]
    InvalidId(KeyError),
    /// A text or list of a resource to be registered exceeds its [limit](crate::Limits).
    #[error("{0}")]
    TooLong(TooLong),
    /// The id of a segment to be registered belongs to another segment.
    #[error("the id already belongs to segment {owner}: choose another one")]
    IdTaken {
        /// The segment that has the id.
        owner: Resource,
    },
    /// The resource is already registered, and had to be [new](crate::Project::register).
    #[error("already registered in the project")]
    AlreadyRegistered,
    /// The project requires new resources of this type to be [in a view](crate::ProjectSettings), and none was given.
    #[error("the project requires new resources of this type to be in a view: name one")]
    ViewRequired,
    /// The resource occurs earlier in the same request, under the same or another name, with any result.
    #[error("occurs earlier in the same request")]
    Repeated,
    /// A segment's id is not registered, or the key is not, and [only registered resources](crate::LinkPolicy::Closed)
    /// may be linked.
    #[error("not registered in the project")]
    UnknownResource,
    /// The resource was not in the view.
    #[error("not linked to this view")]
    NotLinked,
    /// The resource was in the view, and the batch [refuses](crate::Batch::refuse_existing) that.
    #[error("already linked to this view")]
    AlreadyLinked,
    /// The resource is in no other view, and the batch [keeps](crate::Batch::keep_last_view) it there.
    #[error("it would be in no view at all: link it to another one first")]
    LastView,
    /// It was changed again after the change to be [reverted](crate::Project::revert).
    #[error("changed again later")]
    ChangedSince,
    /// No key holds the link: a [standing filter](crate::Project::follow) made it, and still finds the resource.
    #[error("the filter that the view follows still finds it: change the filter or the resource")]
    HeldByFilter,
}

impl FailureReason {
    /// The code a client can act on.
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        match self {
            Self::InvalidKey(_) | Self::InvalidEnvironment(_) | Self::InvalidId(_) => {
                FailureCode::InvalidKey
            }
            Self::TooLong(_) => FailureCode::TooLong,
            Self::IdTaken { .. } => FailureCode::IdTaken,
            Self::AlreadyRegistered => FailureCode::AlreadyRegistered,
            Self::ViewRequired => FailureCode::ViewRequired,
            Self::Repeated => FailureCode::Repeated,
            Self::UnknownResource => FailureCode::UnknownResource,
            Self::NotLinked => FailureCode::NotLinked,
            Self::AlreadyLinked => FailureCode::AlreadyLinked,
            Self::LastView => FailureCode::LastView,
            Self::ChangedSince => FailureCode::ChangedSince,
            Self::HeldByFilter => FailureCode::HeldByFilter,
        }
    }
}

/// The stable name of a kind of failure; displayed as the REST API sends it.
///
/// ```
/// assert_eq!(viewlink::FailureCode::NotLinked.as_str(), "not_linked");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureCode {
    /// `invalid_key`: the key, the environment id or the segment's id is malformed.
    InvalidKey,
    /// `too_long`: a text or list exceeds its limit.
    TooLong,
    /// `id_taken`: the id of a segment belongs to another one.
    IdTaken,
    /// `already_registered`: the resource is registered, and had to be new.
    AlreadyRegistered,
    /// `view_required`: a new resource must be in a view.
    ViewRequired,
    /// `repeated`: the key occurs earlier in the same request.
    Repeated,
    /// `unknown_resource`: the resource is not registered.
    UnknownResource,
    /// `not_linked`: the resource was not in the view.
    NotLinked,
    /// `already_linked`: the resource was in the view.
    AlreadyLinked,
    /// `last_view`: the resource is in no other view.
    LastView,
    /// `changed_since`: the item changed again after the change to be reverted.
    ChangedSince,
    /// `held_by_filter`: a standing filter made the link and still finds the resource.
    HeldByFilter,
}

impl FailureCode {
    /// Every code, in the order of the enum.
    pub(crate) const ALL: [Self; 12] = [
        Self::InvalidKey,
        Self::TooLong,
        Self::IdTaken,
        Self::AlreadyRegistered,
        Self::ViewRequired,
        Self::Repeated,
        Self::UnknownResource,
        Self::NotLinked,
        Self::AlreadyLinked,
        Self::LastView,
        Self::ChangedSince,
        Self::HeldByFilter,
    ];

    /// The code as the REST API sends it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidKey => "invalid_key",
            Self::TooLong => "too_long",
            Self::IdTaken => "id_taken",
            Self::AlreadyRegistered => "already_registered",
            Self::ViewRequired => "view_required",
            Self::Repeated => "repeated",
            Self::UnknownResource => "unknown_resource",
            Self::NotLinked => "not_linked",
            Self::AlreadyLinked => "already_linked",
            Self::LastView => "last_view",
            Self::ChangedSince => "changed_since",
            Self::HeldByFilter => "held_by_filter",
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key that failed; displayed as `resource: reason (code)`.
///
/// ```
/// # use viewlink::{Batch, NewView, Options};
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// let report = project.unlink("v", Batch::flags(["a"]))?;
/// let failed = report.failures().next().expect("it is not linked");
/// assert_eq!((failed.resource().key(), failed.code().as_str()), ("a", "not_linked"));
/// assert_eq!(failed.to_string(), format!("a: {} (not_linked)", failed.reason()));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    resource: RawResource<'a>,
    reason: &'a FailureReason,
}

impl<'a> Failure<'a> {
    /// The failure of a resource with this outcome, if it is one.
    pub(crate) const fn of(resource: RawResource<'a>, outcome: &'a KeyOutcome) -> Option<Self> {
        match outcome {
            KeyOutcome::Failed(reason) => Some(Self { resource, reason }),
            _ => None,
        }
    }

    /// The resource as the request named it.
    #[must_use]
    pub const fn resource(&self) -> RawResource<'a> {
        self.resource
    }

    /// Why it failed.
    #[must_use]
    pub const fn reason(&self) -> &'a FailureReason {
        self.reason
    }

    /// The code of the reason.
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        self.reason.code()
    }
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.resource, self.reason, self.code())
    }
}
