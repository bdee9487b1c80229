//! A number for each resource type.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::resource::ResourceType;

/// A number for each resource type: of a view's links, or of a project's registered resources.
///
/// ```
/// use viewlink::{Batch, NewView, Options, ResourceType};
///
/// let project = Options::new().open_in_memory()?.project("default")?;
/// project.ensure_view(NewView::new("my-view", "My view"))?;
/// project.link("my-view", Batch::flags(["a", "b"]))?.all_ok()?;
/// let links = project.delete_view("my-view")?.unlinked;
/// assert_eq!((links.get(ResourceType::Flag), links.total()), (2, 2));
/// assert_eq!(links.to_string(), "2 flags, 0 segments, 0 aiConfigs, 0 metrics");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeCounts {
    flags: u64,
    segments: u64,
    ai_configs: u64,
    metrics: u64,
}

impl TypeCounts {
    /// The number of one type.
    #[must_use]
    pub const fn get(&self, resource_type: ResourceType) -> u64 {
        match resource_type {
            ResourceType::Flag => self.flags,
            ResourceType::Segment => self.segments,
            ResourceType::AiConfig => self.ai_configs,
            ResourceType::Metric => self.metrics,
        }
    }

    /// The number of all types together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.flags
            .saturating_add(self.segments)
            .saturating_add(self.ai_configs)
            .saturating_add(self.metrics)
    }

    pub(crate) const fn get_mut(&mut self, resource_type: ResourceType) -> &mut u64 {
        match resource_type {
            ResourceType::Flag => &mut self.flags,
            ResourceType::Segment => &mut self.segments,
            ResourceType::AiConfig => &mut self.ai_configs,
            ResourceType::Metric => &mut self.metrics,
        }
    }
}

impl AddAssign for TypeCounts {
    fn add_assign(&mut self, other: Self) {
        for resource_type in ResourceType::ALL {
            let count = self.get_mut(resource_type);
            *count = count.saturating_add(other.get(resource_type));
        }
    }
}

impl fmt::Display for TypeCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, resource_type) in ResourceType::ALL.into_iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            let count = self.get(resource_type);
            let name = if count == 1 { resource_type.singular() } else { resource_type.plural() };
            write!(f, "{separator}{count} {name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_type_by_type() {
        let mut counts = TypeCounts::default();
        *counts.get_mut(ResourceType::Metric) = 2;
        counts += counts;
        assert_eq!((counts.get(ResourceType::Metric), counts.total()), (4, 4));
        *counts.get_mut(ResourceType::Flag) = 1;
        assert_eq!(counts.to_string(), "1 flag, 0 segments, 0 aiConfigs, 4 metrics");
    }
}
