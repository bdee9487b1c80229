//! Which resources may be linked.

use serde::{Deserialize, Serialize};

/// Which resources may be linked; see [`Options::link_policy`](crate::Options::link_policy). Example: at [`Options`](crate::Options).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LinkPolicy {
    /// Any resource with a valid key.
    #[default]
    Open,
    /// Only those of the [registry](crate::Project::put_resources). Any other fails as
    /// [`UnknownResource`](crate::FailureReason::UnknownResource), decided in the change that would link it.
    Closed,
}
