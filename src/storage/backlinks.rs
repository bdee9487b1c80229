//! The links the other way round: which views a resource is in (invariant 2).
//!
//! A change of links is remembered in the [tail](super::tail) and folded into the lists later.
//!
//! Deleting a view leaves its id in posting lists, so that it costs nothing there. A reader drops
//! an id with no view, and any rewrite of a list drops them for good, as does the
//! [sweep](super::sweep) of lists that nobody writes; ids are never used again.

use std::collections::{BTreeSet, HashMap};

use redb::WriteTransaction;

use super::block::{Block, Entry};
use super::blocks::{self, Fate};
use super::pack::Packer;
use super::posting::Posting;
use super::records::ViewRow;
use super::run::{Member, RunKey};
use super::tables::{self, Lazy};
use super::tail::Slice;
use super::write::WriteTables;
use crate::model::error::Result;
use crate::model::resource::ResourceType;
use crate::model::resource_name::ResourceName;

/// Which view ids still have a view.
pub(super) struct LiveViews<'t> {
    pub(super) view_keys: Lazy<'t>,
    /// Without any deleted view there is nothing to look up.
    any_deleted: bool,
    known: HashMap<u32, bool>,
}

impl<'t> LiveViews<'t> {
    pub(super) fn new(any_deleted: bool) -> Self {
        Self { view_keys: Lazy::new(tables::VIEW_KEYS), any_deleted, known: HashMap::new() }
    }

    /// Whether there can be any dead id.
    pub(super) fn any_deleted(&self) -> bool {
        self.any_deleted
    }

    /// Drops the dead ids of a list.
    ///
    /// Cost: O(ids), and one look-up for each id not seen before in the transaction.
    pub(super) fn retain(
        &mut self,
        transaction: &'t WriteTransaction,
        posting: &mut Posting,
    ) -> Result<()> {
        if !self.any_deleted {
            return Ok(());
        }
        let table = self.view_keys.get(transaction)?;
        let known = &mut self.known;
        posting.retain(|id| match known.get(&id) {
            Some(&live) => Ok(live),
            None => {
                let live = tables::get(table, &id.to_be_bytes(), |_| Ok(()))?.is_some();
                known.insert(id, live);
                Ok(live)
            }
        })
    }

    /// Says that a view is gone.
    pub(super) fn bury(&mut self, transaction: &'t WriteTransaction, id: u32) -> Result<()> {
        self.any_deleted = true;
        self.known.insert(id, false);
        self.view_keys.get(transaction)?.remove(&id.to_be_bytes()[..])?;
        Ok(())
    }
}

impl WriteTables<'_> {
    /// The live views of a resource.
    pub(super) fn posting(
        &mut self,
        resource_type: ResourceType,
        project: u32,
        name: &[u8],
    ) -> Result<Posting> {
        let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
        let stored = blocks::get(table, project, name, |_, entry| Posting::decode(entry.payload))?;
        let mut posting = stored.unwrap_or_default();
        self.tail.apply(&RunKey::new(resource_type, project, name), &mut posting);
        self.live.retain(self.transaction, &mut posting)?;
        Ok(posting)
    }

    /// Whether a resource is linked to a view and to no other one.
    ///
    /// Cost: O(log links + n · log views) with the n views of the resource.
    pub(crate) fn is_only_view(
        &mut self,
        view: &ViewRow,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
    ) -> Result<bool> {
        let posting = self.posting(resource_type, view.project(), name.as_bytes())?;
        Ok(posting.ids() == [view.id()])
    }

    /// Removes the lists of resources, whose names are in order, and what the tail says of them.
    pub(super) fn remove_postings(
        &mut self,
        resource_type: ResourceType,
        project: u32,
        names: &[&Vec<u8>],
    ) -> Result<()> {
        for name in names {
            self.tail.forget(&RunKey::new(resource_type, project, name));
        }
        let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
        let remove = |_: &&Vec<u8>, found: Option<Entry<'_>>, _: &mut Packer| {
            Ok(if found.is_some() { Fate::Replace } else { Fate::Keep })
        };
        self.rows += blocks::edit(table, project, names, |name| name, remove)?;
        Ok(())
    }

    /// The resources of a project whose names start with a prefix, and that are in a view or were.
    ///
    /// Cost: O(log rows + resources with the prefix).
    pub(super) fn names_from(
        &mut self,
        resource_type: ResourceType,
        project: u32,
        prefix: &[u8],
    ) -> Result<BTreeSet<Vec<u8>>> {
        let waiting = self.tail.keys_from(&RunKey::new(resource_type, project, prefix));
        let waiting = waiting.iter().filter_map(RunKey::split);
        let mut names: BTreeSet<_> = waiting.map(|(.., name)| name.to_vec()).collect();
        let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
        for row in blocks::rows_from(table, project, prefix)? {
            let value = row?.1;
            let block = Block::parse(value.value())?;
            let (Ok(from) | Err(from)) = block.find(0, prefix)?;
            for place in from..block.len() {
                let name = block.name(place)?;
                if !name.starts_with(prefix) {
                    return Ok(names);
                }
                names.insert(name);
            }
        }
        Ok(names)
    }

    /// Whether a slice is to be folded, when up to `limit` changes may wait.
    pub(crate) fn is_fold_due(&self, limit: usize) -> bool {
        self.tail.is_fold_due(limit)
    }

    /// Folds all there is.
    pub(crate) fn fold_all(&mut self) -> Result<()> {
        while !self.tail.is_empty() {
            self.fold(usize::MAX)?;
        }
        Ok(())
    }

    /// Brings posting lists up to date: one slice of a fold, which begins where none is under way.
    /// Tells how many changes of backlinks it wrote.
    ///
    /// Goes on with the sweep of dead ids, too.
    ///
    /// Cost: O(changes + blocks they are in · entries of a block + views of their resources).
    pub(crate) fn fold(&mut self, limit: usize) -> Result<usize> {
        self.tail.begin_fold(self.head.revision);
        let Some(Slice { resources, next }) = self.tail.slice(limit) else {
            return Ok(0);
        };
        let changes = resources.iter().map(|(_, members)| members.len()).sum();
        for part in resources.chunk_by(|(one, _), (other, _)| one.is_beside(other)) {
            self.rows += self.fold_part(part)?;
        }
        if let Some(until) = self.tail.folded(next) {
            self.head.unfolded_from = until;
        }
        self.sweep(changes)?;
        Ok(changes)
    }

    /// Folds what changed for resources of one type and project.
    fn fold_part(&mut self, resources: &[(RunKey, Vec<Member>)]) -> Result<u64> {
        let first = resources.first().and_then(|(key, _)| key.split());
        let Some((resource_type, project, _)) = first else { return Ok(0) };
        let Self { live, backlinks, transaction, .. } = self;
        let table = backlinks.get_mut(resource_type).get(transaction)?;
        blocks::edit(table, project, resources, changed_name, |(key, members), found, packer| {
            let stored = found.map(|entry| Posting::decode(entry.payload)).transpose()?;
            let mut posting = stored.unwrap_or_default();
            posting.apply(members.iter().copied());
            live.retain(transaction, &mut posting)?;
            if posting.is_empty() && found.is_none() {
                return Ok(Fate::Keep);
            }
            if !posting.is_empty() {
                packer.push(&[key.name()], 0, &posting.encode());
            }
            Ok(Fate::Replace)
        })
    }
}

/// What the changes of a resource are ordered by.
fn changed_name((key, _): &(RunKey, Vec<Member>)) -> &[u8] {
    key.name()
}
