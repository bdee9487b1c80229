//! Who made a change, and why.

use serde::{Deserialize, Serialize};

/// Who made a change, why, and which change it reverts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeMeta {
    pub(crate) actor: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) reverts: Option<u64>,
}

impl ChangeMeta {
    /// These values, and those of `other` where this has none.
    pub(crate) fn or(self, other: &Self) -> Self {
        Self {
            actor: self.actor.or_else(|| other.actor.clone()),
            comment: self.comment.or_else(|| other.comment.clone()),
            reverts: self.reverts.or(other.reverts),
        }
    }
}
