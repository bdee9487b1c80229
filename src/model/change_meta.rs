//! What a caller says of a change.

use serde::{Deserialize, Serialize};

/// Who made a change, why, and which one it takes back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeMeta {
    pub(crate) actor: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) reverts: Option<u64>,
}

impl ChangeMeta {
    /// This meta, with what it does not say taken from `other`.
    pub(crate) fn or(self, other: &Self) -> Self {
        Self {
            actor: self.actor.or_else(|| other.actor.clone()),
            comment: self.comment.or_else(|| other.comment.clone()),
            reverts: self.reverts.or(other.reverts),
        }
    }
}
