//! The views of a change, tracked through the later changes: another view may get the key of a view.

use std::collections::BTreeMap;

use super::change_record::{ChangeRecord, Effect, RemovalDetail, RestoredView};
use super::key::{ProjectKey, ViewKey};
use super::time::Timestamp;

/// The views of a change that exist after it, as later changes leave them.
#[derive(Debug)]
pub(crate) struct ViewTrace {
    project: ProjectKey,
    /// By the current key of a view: the key that it had after the change.
    existing: BTreeMap<ViewKey, ViewKey>,
    /// Views that were deleted later, and may be restored.
    gone: Vec<Gone>,
}

#[derive(Debug)]
struct Gone {
    /// The change that deleted it.
    revision: u64,
    /// A restored view is identified by this key and this time.
    key: ViewKey,
    created_at: Timestamp,
    /// The key that it had after the tracked change.
    named: ViewKey,
}

impl ViewTrace {
    /// Cost: O(n log n) with the n parts of the change.
    pub(crate) fn new(change: &ChangeRecord) -> Self {
        let (existing, gone) = (BTreeMap::new(), Vec::new());
        let mut trace = Self { project: change.project.clone(), existing, gone };
        change.effects.iter().for_each(|effect| trace.name(effect));
        trace
    }

    /// Whether there are no more views to track.
    pub(crate) fn is_empty(&self) -> bool {
        self.existing.is_empty() && self.gone.is_empty()
    }

    /// The project, and the keys of the views whose key is the same as after the change.
    pub(crate) fn same(&self) -> (&ProjectKey, impl Iterator<Item = &ViewKey>) {
        let same = self.existing.iter().filter(|(now, then)| now == then);
        (&self.project, same.map(|(key, _)| key))
    }

    /// Adds the views of an effect of the change itself.
    fn name(&mut self, effect: &Effect) {
        let mut name = |view: &ViewKey| drop(self.existing.insert(view.clone(), view.clone()));
        match effect {
            Effect::CreateView { view, .. } | Effect::UpdateView { view, .. } => name(view),
            Effect::ChangeFilter(change) => name(&change.view),
            Effect::ChangeLinks(parts) => parts.iter().for_each(|part| name(&part.view)),
            Effect::RemoveResource { detail, .. } | Effect::RemoveEnvironment { detail, .. } => {
                let links = detail.iter().flat_map(|RemovalDetail { links, .. }| links);
                links.for_each(|from| name(&from.view));
            }
            Effect::RenameView { view, to, .. } => {
                name(to);
                self.existing.remove(view);
            }
            Effect::DeleteView { view, .. } => drop(self.existing.remove(view)),
            Effect::DeleteProject { .. } => self.existing.clear(),
            Effect::PutResources(_) | Effect::Unregister(_) | Effect::PutProject { .. } => {}
        }
    }

    /// Tracks the views through the next change.
    ///
    /// Cost: O(effects log views).
    pub(crate) fn follow(&mut self, change: &ChangeRecord) {
        if change.project != self.project {
            return;
        }
        for effect in &change.effects {
            match effect {
                Effect::RenameView { view, to, .. } => {
                    if let Some(named) = self.existing.remove(view) {
                        self.existing.insert(to.clone(), named);
                    }
                }
                Effect::DeleteView { view, detail, .. } => {
                    let created_at = detail.as_ref().map(|detail| detail.view.created_at);
                    self.delete(view, created_at, change.stamp.revision);
                }
                Effect::DeleteProject { detail, .. } => {
                    for detail in detail.iter().flat_map(|detail| &detail.views) {
                        let created_at = Some(detail.view.created_at);
                        self.delete(&detail.view.key, created_at, change.stamp.revision);
                    }
                    self.existing.clear();
                }
                Effect::CreateView { view, restored: Some(restored), .. } => {
                    self.restore(view, restored, change.meta.reverts);
                }
                _ => {}
            }
        }
    }

    /// Deletes a view. If its deletion has only counts, it cannot be restored.
    fn delete(&mut self, key: &ViewKey, created_at: Option<Timestamp>, revision: u64) {
        let named = self.existing.remove(key);
        if let (Some(named), Some(created_at)) = (named, created_at) {
            self.gone.push(Gone { revision, key: key.clone(), created_at, named });
        }
    }

    /// Restores a view: the one whose deletion is reverted, or else the last one with that key and time.
    fn restore(&mut self, key: &ViewKey, restored: &RestoredView, reverts: Option<u64>) {
        let is_it = |gone: &Gone| gone.key == *key && gone.created_at == restored.created_at;
        let found = self.gone.iter().enumerate().filter(|(_, gone)| is_it(gone));
        let found = found.max_by_key(|(_, gone)| Some(gone.revision) == reverts);
        if let Some((at, _)) = found {
            let Gone { key, named, .. } = self.gone.remove(at);
            self.existing.insert(key, named);
        }
    }
}
