//! The memory of a state, by part.

use super::State;
use super::project::{ProjectState, Resources};
use crate::model::memory_use::MemoryUse;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;

impl State {
    /// The bytes of the state. Nodes of ordered maps are not counted.
    ///
    /// Cost: O(views + resources + links / 384).
    pub(crate) fn memory_use(&self) -> MemoryUse {
        let mut all = MemoryUse::default();
        self.projects.into_iter().for_each(|(_, project)| all += project.memory_use());
        all
    }
}

impl ProjectState {
    fn settings_memory(&self) -> usize {
        size_of::<ProjectSettings>() + self.settings.name.len()
    }

    fn memory_use(&self) -> MemoryUse {
        let (views, mut links) = self.views.memory();
        links += self.dead.iter().map(|dead| dead.view.memory().1).sum::<usize>();
        let of = |part: fn(&Resources) -> usize| -> u64 {
            let parts = ResourceType::ALL.into_iter();
            parts.map(|resource_type| part(self.of(resource_type)) as u64).sum()
        };
        MemoryUse {
            views: (views + size_of::<Self>() + self.settings_memory()) as u64,
            links: links as u64,
            names: of(|resources| resources.names.memory()),
            backlinks: of(|resources| resources.postings.memory()),
            registry: self.registry.memory() as u64 + of(|resources| resources.registered.memory()),
        }
    }
}
