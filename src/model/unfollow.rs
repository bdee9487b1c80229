//! What happens to links when a view stops following a filter.

use serde::{Deserialize, Serialize};

/// What happens to links that only the filter holds when a view stops following it. Example: at
/// [`unfollow`](crate::Project::unfollow).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Unfollow {
    /// They stay, as links that were made by keys.
    KeepLinks,
    /// They are removed. Links that keys also hold stay.
    RemoveLinks,
    /// They are removed, except links of resources that would then be in no view: these stay, as links made by
    /// keys, and are reported as [`LastView`](crate::FailureReason::LastView).
    RemoveLinksKeepLastView,
}
