//! The number of rows of each kind.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::counted::counted;

/// The number of projects with fields, views, registered resources and links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RowCounts {
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) projects: u64,
    pub(super) views: u64,
    pub(super) resources: u64,
    pub(super) links: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl RowCounts {
    pub(super) const fn total(self) -> u64 {
        let named = self.projects.saturating_add(self.views);
        named.saturating_add(self.resources).saturating_add(self.links)
    }
}

impl fmt::Display for RowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (views, resources) = (counted(self.views, "view"), counted(self.resources, "resource"));
        if self.projects > 0 {
            write!(f, "{}, ", counted(self.projects, "project"))?;
        }
        write!(f, "{views}, {resources} and {}", counted(self.links, "link"))
    }
}
