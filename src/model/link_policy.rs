//! Which resources may be linked.

use serde::{Deserialize, Serialize};

/// Which resources may be linked; see [`Options::link_policy`](crate::Options::link_policy). Example: at [`Options`](crate::Options).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LinkPolicy {
    /// Any with a valid key.
    #[default]
    Open,
    /// Those of the [registry](crate::Project::put_resources) only; another one is the failure
    /// [`UnknownResource`](crate::FailureReason::UnknownResource) of its key, decided in the change
    /// that would have linked it.
    Closed,
}
