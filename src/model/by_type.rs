//! One value for each resource type.

use super::resource::ResourceType;

/// One value for each resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByType<T>([T; 4]);

impl<T> ByType<T> {
    /// One value for each type, or the first error in the fixed order of the types.
    pub(crate) fn try_from_fn<E>(
        mut make: impl FnMut(ResourceType) -> Result<T, E>,
    ) -> Result<Self, E> {
        let [flag, segment, ai_config, metric] = ResourceType::ALL;
        Ok(Self([make(flag)?, make(segment)?, make(ai_config)?, make(metric)?]))
    }

    /// Each type with its value, in the fixed order of the types.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (ResourceType, T)> {
        ResourceType::ALL.into_iter().zip(self.0)
    }

    /// Applies `each` to each value.
    pub(crate) fn map<R>(self, each: impl FnMut(T) -> R) -> ByType<R> {
        ByType(self.0.map(each))
    }

    pub(crate) const fn get(&self, resource_type: ResourceType) -> &T {
        let [flag, segment, ai_config, metric] = &self.0;
        match resource_type {
            ResourceType::Flag => flag,
            ResourceType::Segment => segment,
            ResourceType::AiConfig => ai_config,
            ResourceType::Metric => metric,
        }
    }

    pub(crate) const fn get_mut(&mut self, resource_type: ResourceType) -> &mut T {
        let [flag, segment, ai_config, metric] = &mut self.0;
        match resource_type {
            ResourceType::Flag => flag,
            ResourceType::Segment => segment,
            ResourceType::AiConfig => ai_config,
            ResourceType::Metric => metric,
        }
    }

    /// Each type with its value, in the fixed order of the types.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ResourceType, &T)> {
        ResourceType::ALL.into_iter().zip(&self.0)
    }
}
