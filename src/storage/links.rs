//! The one place where a link changes, in both directions (invariants 1 to 3).

use super::block::{self, Block, Entry};
use super::blocks::{self, Fate};
use super::pack::Packer;
use super::records::{LinkRecord, ViewRow};
use super::varint;
use super::write::WriteTables;
pub(crate) use crate::model::LinkKey;
use crate::model::Stamp;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::resource::ResourceType;

/// What to do with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Make it where it is not.
    Link,
    /// Remove it where it is.
    Unlink,
}

impl WriteTables<'_> {
    /// Links or unlinks resources, each once; tells for each whether that changed anything.
    ///
    /// The view's counts and revision change with them. Keys in key order are the fastest.
    ///
    /// Cost: O(keys · log links + blocks they are in).
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
            self.tail.remember(place, resource_type, edit, &names);
            view.count(resource_type, edit, edited, stamp)?;
            self.put_view(view)?;
        }
        Ok(changed)
    }

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
        self.walked += keys.len() as u64;
        self.rows += blocks::edit(table, view, keys, LinkKey::name_bytes, |key, found, packer| {
            let changes = found.is_some() == (edit == Edit::Unlink);
            changed.push(changes);
            if !changes {
                return Ok(Fate::Keep);
            }
            if edit == Edit::Link {
                let (linked_at, revision) = (stamp.time, stamp.revision);
                LinkRecord { linked_at, revision, request_index: key.request_index }
                    .push(key.name_bytes(), packer);
            }
            Ok(Fate::Replace)
        })?;
        Ok(changed)
    }
}

impl LinkRecord {
    /// Adds the link with this name to those that are to be packed.
    pub(super) fn push(self, name: &[u8], packer: &mut Packer) {
        let mut request_index = Vec::new();
        varint::push(&mut request_index, self.request_index);
        let stamp = packer.stamp((self.linked_at, self.revision));
        packer.push(&[name], stamp, &request_index);
    }

    /// Reads the link that an entry of a block stands for.
    pub(super) fn of_entry(block: &Block<'_>, entry: &Entry<'_>) -> Result<Self> {
        let (linked_at, revision) = block.stamp_of(entry)?;
        match varint::split(entry.payload) {
            Some((request_index, [])) => Ok(Self { linked_at, revision, request_index }),
            _ => Err(block::damaged()),
        }
    }
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
