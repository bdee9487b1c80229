//! How much memory a state takes, part by part.

use super::State;
use super::project::{ProjectState, Resources};
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;

/// The bytes that a project takes, by what they are for, as it asked the allocator for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// What is said of views.
    pub(crate) views: usize,
    /// Links in key order and in link order.
    pub(crate) links: usize,
    /// Names of linked resources.
    pub(crate) names: usize,
    /// How many such names there are.
    pub(crate) name_count: u64,
    /// Which views each resource is in.
    pub(crate) postings: usize,
    /// What is known of resources.
    pub(crate) registry: usize,
}

impl State {
    /// The bytes that a project takes; `None` when there is none. What snapshots alone hold is not counted.
    ///
    /// Cost: O(views + resources + links / 384).
    pub(crate) fn memory(&self, project: &ProjectKey) -> Option<Memory> {
        self.projects.get(project).map(|project| project.memory())
    }
}

impl ProjectState {
    fn memory(&self) -> Memory {
        let (views, mut links) = self.views.memory();
        links += self.dead.iter().map(|dead| dead.view.memory().1).sum::<usize>();
        let of = |part: fn(&Resources) -> usize| -> usize {
            ResourceType::ALL.into_iter().map(|resource_type| part(self.of(resource_type))).sum()
        };
        Memory {
            views: views + size_of::<Self>(),
            links,
            names: of(|resources| resources.names.memory()),
            name_count: of(|resources| resources.names.len() as usize) as u64,
            postings: of(|resources| resources.postings.memory()),
            registry: self.registry.memory(),
        }
    }
}
