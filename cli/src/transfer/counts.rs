//! How many rows there are of each kind.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::counted::counted;

/// A number of views, of registered resources and of links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RowCounts {
    pub(super) views: u64,
    pub(super) resources: u64,
    pub(super) links: u64,
}

impl RowCounts {
    pub(super) const fn total(self) -> u64 {
        self.views.saturating_add(self.resources).saturating_add(self.links)
    }
}

impl fmt::Display for RowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (views, resources) = (counted(self.views, "view"), counted(self.resources, "resource"));
        write!(f, "{views}, {resources} and {}", counted(self.links, "link"))
    }
}
