//! The postings of a deleted view are removed in small parts, by the changes after it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::resource::ResourceType;
use crate::state::names::Name;
use crate::state::postings::Removed;
use crate::state::project::{DeadView, ProjectState};

/// How many postings a change sweeps, and how many more for each of its names.
const SWEEP: usize = 64;
const SWEEP_EACH: usize = 2;
/// The deletion of a view counts at most this number of its links as work, so deleting a large view does not sweep all
/// its postings. The number of unswept postings stays bounded, because a change that makes postings sweeps up to twice
/// as many.
pub(super) const SWEPT_AT_ONCE: u64 = 1_000;

impl ProjectState {
    /// Sweeps some postings of deleted views; `work` is the work of the change.
    pub(super) fn sweep(&mut self, work: u64) {
        let work = usize::try_from(work).unwrap_or(usize::MAX);
        let mut rest = SWEEP.saturating_add(work.saturating_mul(SWEEP_EACH));
        while rest > 0 {
            let Some(DeadView { slot, view, swept }) = self.dead.front().cloned() else { return };
            let mut skip = swept;
            let mut places = Vec::new();
            for resource_type in ResourceType::ALL {
                let Some(links) = view.links(resource_type) else { continue };
                let len = usize::try_from(links.len()).unwrap_or(usize::MAX);
                let names = &self.of(resource_type).names;
                let links = links.by_key(names, None, skip).take(rest - places.len());
                places.extend(links.map(|link| (resource_type, link.place)));
                skip = skip.saturating_sub(len);
                if places.len() == rest {
                    break;
                }
            }
            rest -= places.len();
            let ended = rest > 0;
            let count = places.len();
            for (resource_type, place) in places {
                // The place may have another name by now. The posting of that name does not have the slot.
                let name = Name { place, id: self.of(resource_type).names.id(place) };
                self.sweep_posting(resource_type, name, slot);
            }
            let dead: &mut VecDeque<DeadView> = Arc::make_mut(&mut self.dead);
            if ended {
                dead.pop_front();
                self.views.release(slot);
            } else if let Some(front) = dead.front_mut() {
                front.swept += count;
            }
        }
    }

    /// Removes the slot of a deleted view from a posting.
    fn sweep_posting(&mut self, resource_type: ResourceType, name: Name, slot: u32) {
        let resources = self.resources.get_mut(resource_type);
        let mut last = false;
        resources.postings.remove_all(&[name.id], slot, |_, removed| {
            last |= removed == Removed::Last;
        });
        if last {
            resources.free(&[name]);
        }
    }
}
