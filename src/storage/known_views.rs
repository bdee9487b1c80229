//! What readers have learnt of views and need again and again: which id a key leads to, and which
//! key an id has.
//!
//! Both stay as they are as long as the view lives; an id is never given twice and a view never
//! gets another key. So what was found in one snapshot is right in all that see the same number of
//! deleted views, from that snapshot on.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::records::Head;
use crate::model::error::Result;
use crate::model::key::ViewKey;

/// How many views are remembered; then it is begun anew.
const CAPACITY: usize = 65_536;

/// Keys and ids of views that live.
#[derive(Debug, Default)]
pub(super) struct KnownViews {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// How many views had been deleted in the snapshots all of this is from.
    deleted_views: u64,
    /// By project and key: the id, and the revision it was found at.
    ids: HashMap<u32, HashMap<ViewKey, (u32, u64)>>,
    keys: HashMap<u32, ViewKey>,
    len: usize,
}

impl KnownViews {
    /// The id of a view, which `find` finds where it is not known.
    pub(super) fn id(
        &self,
        head: Head,
        project: u32,
        key: &ViewKey,
        find: impl FnOnce() -> Result<Option<u32>>,
    ) -> Result<Option<u32>> {
        let known = self.look(head, |known| known.ids.get(&project)?.get(key).copied());
        if let Some((id, _)) = known.filter(|&(_, found_at)| found_at <= head.revision) {
            return Ok(Some(id));
        }
        let found = find()?;
        if let Some(id) = found {
            self.learn(head, |known| {
                known.ids.entry(project).or_default().insert(key.clone(), (id, head.revision));
            });
        }
        Ok(found)
    }

    /// The key of the view with this id, which a list of the snapshot names.
    pub(super) fn key(
        &self,
        head: Head,
        id: u32,
        find: impl FnOnce() -> Result<Option<ViewKey>>,
    ) -> Result<Option<ViewKey>> {
        if let Some(key) = self.look(head, |known| known.keys.get(&id).cloned()) {
            return Ok(Some(key));
        }
        let found = find()?;
        if let Some(key) = &found {
            self.learn(head, |known| {
                known.keys.insert(id, key.clone());
            });
        }
        Ok(found)
    }

    fn look<T>(&self, head: Head, look: impl FnOnce(&Known) -> Option<T>) -> Option<T> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.deleted_views == head.deleted_views { look(&known) } else { None }
    }

    fn learn(&self, head: Head, learn: impl FnOnce(&mut Known)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.deleted_views > head.deleted_views {
            return;
        }
        if known.deleted_views < head.deleted_views || known.len >= CAPACITY {
            *known = Known { deleted_views: head.deleted_views, ..Known::default() };
        }
        known.len += 1;
        learn(&mut known);
    }
}
