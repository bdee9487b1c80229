//! What becomes of links when a view follows a filter no more.

use serde::{Deserialize, Serialize};

/// What becomes of the links that a standing filter alone holds when the view follows it no more. Example: at
/// [`unfollow`](crate::Project::unfollow).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Unfollow {
    /// They stay, as links that were made by keys.
    KeepLinks,
    /// They go. Links that keys hold, too, stay.
    TakeOut,
    /// They are removed, except links of resources that would then be in no view: these stay, as links made by
    /// keys, and are reported as [`LastView`](crate::FailureReason::LastView).
    TakeOutKeepLastView,
}
