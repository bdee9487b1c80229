//! What a batch did, key by key.

use std::fmt;

use super::request::BatchKeys;
use crate::error::{Error, Result};
use crate::key::KeyError;
use crate::resource::RawResource;
use crate::storage::Edit;

/// What a batch was to do with its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Link them to the view.
    Link,
    /// Unlink them from the view.
    Unlink,
}

impl Action {
    pub(crate) const fn edit(self) -> Edit {
        match self {
            Self::Link => Edit::Link,
            Self::Unlink => Edit::Unlink,
        }
    }

    /// The outcome of a valid key: what is done, or that it is so already.
    pub(crate) const fn outcome(self, changed: bool) -> KeyOutcome {
        match (self, changed) {
            (Self::Link, true) => KeyOutcome::Linked,
            (Self::Link, false) => KeyOutcome::AlreadyLinked,
            (Self::Unlink, true) => KeyOutcome::Unlinked,
            (Self::Unlink, false) => KeyOutcome::Failed(FailureReason::NotLinked),
        }
    }
}

/// What became of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyOutcome {
    /// It was linked.
    Linked,
    /// It was linked before; the time of the link stays.
    AlreadyLinked,
    /// It was unlinked.
    Unlinked,
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

/// Why a key failed; displayed as a plain sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureReason {
    /// The key is malformed.
    #[error("{0}")]
    InvalidKey(KeyError),
    /// The environment id of a segment is malformed.
    #[error("the environment id is malformed: {0}")]
    InvalidEnvironment(KeyError),
    /// The key stood earlier in the same request, whatever became of it there.
    #[error("stood earlier in the same request")]
    Repeated,
    /// The request names the resource in a way that leads to none, as a segment's id does.
    #[error("no resource is known by this id: name a segment by environment id and key")]
    UnknownResource,
    /// The resource was not in the view.
    #[error("not linked to this view")]
    NotLinked,
}

impl FailureReason {
    /// The code a client can act on.
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        match self {
            Self::InvalidKey(_) | Self::InvalidEnvironment(_) => FailureCode::InvalidKey,
            Self::Repeated => FailureCode::Repeated,
            Self::UnknownResource => FailureCode::UnknownResource,
            Self::NotLinked => FailureCode::NotLinked,
        }
    }
}

/// The stable name of a kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureCode {
    /// `invalid_key`: the key or environment id is malformed.
    InvalidKey,
    /// `repeated`: the key stood earlier in the same request.
    Repeated,
    /// `unknown_resource`: nothing is known by this name.
    UnknownResource,
    /// `not_linked`: the resource was not in the view.
    NotLinked,
}

impl FailureCode {
    /// The code as it goes over the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidKey => "invalid_key",
            Self::Repeated => "repeated",
            Self::UnknownResource => "unknown_resource",
            Self::NotLinked => "not_linked",
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key that failed; displayed as `resource: reason (code)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    resource: RawResource<'a>,
    reason: &'a FailureReason,
}

impl<'a> Failure<'a> {
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

/// What a batch did: one outcome for each key, in request order.
///
/// A failed key is easily lost, so the compiler warns where a report is dropped unread.
/// [`all_ok`](Self::all_ok) turns a report with failures into an error.
///
/// ```
/// # use viewlink::{Batch, KeyOutcome, NewView, Options};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # project.ensure_view(NewView::new("v", "V"))?;
/// # project.link("v", Batch::flags(["a"]))?.all_ok()?;
/// let report = project.unlink("v", Batch::flags(["a", "b"]))?;
/// assert_eq!((report.success_count(), report.failure_count()), (1, 1));
/// let failed: Vec<String> = report.failures().map(|failed| failed.to_string()).collect();
/// assert_eq!(failed, ["b: not linked to this view (not_linked)"]);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "some keys may have failed: look at the failures, or use all_ok()"]
pub struct Report {
    action: Action,
    keys: BatchKeys,
    /// As many as there are keys.
    outcomes: Vec<KeyOutcome>,
    failures: usize,
    revision: Option<u64>,
}

impl Report {
    pub(crate) fn new(
        action: Action,
        keys: BatchKeys,
        outcomes: Vec<KeyOutcome>,
        revision: Option<u64>,
    ) -> Self {
        let failures = outcomes.iter().filter(|outcome| outcome.is_failure()).count();
        Self { action, keys, outcomes, failures, revision }
    }

    /// What was to be done.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The revision the batch made; `None` when it changed nothing.
    #[must_use]
    pub const fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// How many keys the request had.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether the request had no keys.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// How many keys did not fail.
    #[must_use]
    pub const fn success_count(&self) -> usize {
        self.outcomes.len() - self.failures
    }

    /// How many keys failed.
    #[must_use]
    pub const fn failure_count(&self) -> usize {
        self.failures
    }

    /// Each key with its outcome, in request order.
    pub fn outcomes(&self) -> impl Iterator<Item = (RawResource<'_>, &KeyOutcome)> {
        self.keys.iter().zip(&self.outcomes)
    }

    /// The keys that failed, in request order.
    pub fn failures(&self) -> impl Iterator<Item = Failure<'_>> {
        self.outcomes().filter_map(|(resource, outcome)| match outcome {
            KeyOutcome::Failed(reason) => Some(Failure { resource, reason }),
            _ => None,
        })
    }

    /// The revision the batch made, if no key failed; `None` when it changed nothing.
    ///
    /// # Errors
    ///
    /// [`Error::KeysFailed`] with the report when a key failed. What the other keys asked for is
    /// done all the same.
    pub fn all_ok(self) -> Result<Option<u64>> {
        if self.failures == 0 { Ok(self.revision) } else { Err(Error::KeysFailed(Box::new(self))) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ok, {} failed", self.success_count(), self.failure_count())
    }
}
