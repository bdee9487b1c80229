//! One value for each resource type.

use super::resource::ResourceType;

/// One value for each resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByType<T>([T; 4]);

impl<T> ByType<T> {
    pub(crate) fn from_fn(make: impl Fn(ResourceType) -> T) -> Self {
        Self(ResourceType::ALL.map(make))
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
    #[cfg(feature = "testing")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ResourceType, &T)> {
        ResourceType::ALL.into_iter().zip(&self.0)
    }
}
