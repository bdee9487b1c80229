//! The one place where a link changes, in both directions (invariants 1 to 3).

use super::block::Block;
use super::blocks;
use super::pack::Packer;
use super::records::{LinkRecord, ViewRow};
use super::write::WriteTables;
use crate::change::Stamp;
use crate::error::{Error, Result, StoreFile};
use crate::resource::{ResourceName, ResourceType};

/// What to do with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Make it where it is not.
    Link,
    /// Remove it where it is.
    Unlink,
}

/// A resource to link or unlink, and its place in the request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkKey<'a> {
    pub(crate) name: ResourceName<'a>,
    pub(crate) ordinal: u32,
}

impl WriteTables<'_> {
    /// Links or unlinks resources, each once; tells for each whether that changed anything.
    ///
    /// The view's counts and revision change with them. Keys in key order are the fastest.
    ///
    /// Cost: O(keys · (log rows + views of the resource)).
    pub(crate) fn change_links(
        &mut self,
        view: &mut ViewRow,
        resource_type: ResourceType,
        edit: Edit,
        keys: &[LinkKey<'_>],
        stamp: Stamp,
    ) -> Result<Vec<bool>> {
        let changed = self.change_forward(view.id(), resource_type, edit, keys, stamp)?;
        let names = keys.iter().zip(&changed).filter(|(_, changed)| **changed);
        let names = names.map(|(key, _)| &key.name);
        let edited = names.clone().count() as u64;
        if edited > 0 {
            let names: Vec<_> = names.collect();
            let place = (view.project, view.id());
            self.tail.remember(place, resource_type, edit, names.into_iter());
            view.count(resource_type, edit, edited, stamp)?;
            self.put_view(view)?;
        }
        Ok(changed)
    }

    /// Cost: O(keys · log links + blocks they are in · links of a block).
    pub(super) fn change_forward(
        &mut self,
        view: u32,
        resource_type: ResourceType,
        edit: Edit,
        keys: &[LinkKey<'_>],
        stamp: Stamp,
    ) -> Result<Vec<bool>> {
        let table = self.links.get_mut(resource_type).get(self.transaction)?;
        let mut changed = Vec::with_capacity(keys.len());
        let mut rest = keys;
        while let Some(first) = rest.first() {
            let place = blocks::place_of(table, view, first.name.as_bytes())?;
            // The first one is below the end, so this ends.
            let in_place = rest.partition_point(|key| place.holds(key.name.as_bytes()));
            let (mine, behind) = rest.split_at(in_place.max(1));
            let done = changed.len();
            let packer = place.with_block(|block| merge(block, edit, mine, stamp, &mut changed))?;
            if changed.get(done..).is_some_and(|changed| changed.contains(&true)) {
                place.into_row().replace(table, packer)?;
            }
            rest = behind;
        }
        Ok(changed)
    }
}

/// The links of a block after an edit; adds to `changed` for each key whether it did anything.
fn merge(
    block: Block<'_>,
    edit: Edit,
    keys: &[LinkKey<'_>],
    stamp: Stamp,
    changed: &mut Vec<bool>,
) -> Result<Packer> {
    let mut packer = Packer::default();
    let unpacking = block.unpack(&mut packer);
    let mut done = 0;
    for LinkKey { name, ordinal } in keys {
        let found = block.find(done, name.as_bytes())?;
        let (Ok(place) | Err(place)) = found;
        unpacking.copy(done..place, &mut packer)?;
        done = place;
        changed.push(match (edit, found) {
            (Edit::Unlink, Ok(_)) => {
                done += 1;
                true
            }
            (Edit::Link, Err(_)) => {
                let (linked_at, revision) = (stamp.time, stamp.revision);
                let record = LinkRecord { linked_at, revision, ordinal: *ordinal };
                packer.push_record(name.as_bytes(), &record);
                true
            }
            (Edit::Unlink, Err(_)) | (Edit::Link, Ok(_)) => false,
        });
    }
    unpacking.copy(done..block.len(), &mut packer)?;
    Ok(packer)
}

impl ViewRow {
    /// Counts links that were made or removed (invariant 3).
    pub(super) fn count(
        &mut self,
        resource_type: ResourceType,
        edit: Edit,
        edited: u64,
        stamp: Stamp,
    ) -> Result<()> {
        let count = self.record.links.get_mut(resource_type);
        let after = match edit {
            Edit::Link => count.checked_add(edited),
            Edit::Unlink => count.checked_sub(edited),
        };
        *count = after.ok_or_else(|| {
            let detail = format!("view {} says that it has fewer links than it has", self.key);
            Error::damaged(StoreFile::State, "table views", detail)
        })?;
        self.record.revision = stamp.revision;
        Ok(())
    }
}
