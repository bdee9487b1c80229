//! Dropping the ids of deleted views from posting lists that nothing else writes.
//!
//! A deleted view leaves its id in the lists of its resources. A resource that is never linked again
//! has a list that no fold writes, and where resources come and go such lists would pile up without
//! end. So a fold goes on through all lists in turn, from where the one before it stopped, in
//! proportion to what it folds: what died before one round is gone after it, and a round is as many
//! changes as a quarter of all ids.

use std::ops::Bound;

use redb::ReadableTable;

use super::block::{Block, Entry};
use super::blocks::{self, Fate};
use super::pack::Packer;
use super::posting::Posting;
use super::run::RunKey;
use super::tables;
use super::write::WriteTables;
use crate::error::Result;
use crate::resource::ResourceType;

/// How many ids are looked at for each change that is folded.
const SWEPT: usize = 4;

/// A block of posting lists that was looked through.
struct Swept {
    /// The key of its row, with the type in front.
    place: RunKey,
    project: u32,
    ids: usize,
    /// The lists that had dead ids, as they are without.
    cleaned: Vec<(Vec<u8>, Posting)>,
}

impl WriteTables<'_> {
    /// Goes on through the lists, after so many changes were folded, up to the last one at most.
    ///
    /// Cost: O(changes) in ids, whole blocks of them.
    pub(super) fn sweep(&mut self, changes: usize) -> Result<()> {
        if !self.live.any_deleted() {
            return Ok(());
        }
        let started = self.swept_to()?;
        let (mut to, mut left) = (started.clone(), changes.saturating_mul(SWEPT));
        while left > 0 {
            let Some(Swept { place, project, ids, cleaned }) = self.look_through(to.as_ref())?
            else {
                // All were seen; the next sweep begins a new round.
                to = None;
                break;
            };
            if let Some((resource_type, ..)) = place.split() {
                self.put_cleaned(resource_type, project, &cleaned)?;
            }
            to = Some(place);
            left = left.saturating_sub(ids.max(1));
        }
        if to != started {
            let mut meta = self.transaction.open_table(tables::META)?;
            meta.insert(tables::SWEPT_NAME, to.as_ref().map_or(&[][..], RunKey::as_bytes))?;
        }
        Ok(())
    }

    /// The last block that was looked through in this round.
    fn swept_to(&self) -> Result<Option<RunKey>> {
        let meta = self.transaction.open_table(tables::META)?;
        let place = tables::get(&meta, tables::SWEPT_NAME, |value| Ok(RunKey::of_bytes(value)))?;
        Ok(place.filter(|place| place.split().is_some()))
    }

    /// Looks through the first block behind a place.
    fn look_through(&mut self, behind: Option<&RunKey>) -> Result<Option<Swept>> {
        let behind = behind.and_then(|place| {
            place.split().map(|(of, project, name)| (of, tables::row_key(project, name)))
        });
        for resource_type in ResourceType::ALL {
            let start = match &behind {
                Some((of, _)) if (resource_type as u8) < (*of as u8) => continue,
                Some((of, key)) if resource_type == *of => Bound::Excluded(&**key),
                _ => Bound::Unbounded,
            };
            let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
            let mut rows = table.range::<&[u8]>((start, Bound::Unbounded))?;
            let Some((key, value)) = rows.next().transpose()? else { continue };
            let Some((project, from)) = tables::split_row_key(key.value()) else { continue };
            let place = RunKey::new(resource_type, project, from);
            let mut swept = Swept { place, project, ids: 0, cleaned: Vec::new() };
            let block = Block::parse(value.value())?;
            for number in 0..block.len() {
                let mut posting = Posting::decode(block.entry(number)?.payload)?;
                let ids = posting.ids().len();
                self.live.retain(self.transaction, &mut posting)?;
                swept.ids += ids;
                if posting.ids().len() < ids {
                    swept.cleaned.push((block.name(number)?, posting));
                }
            }
            return Ok(Some(swept));
        }
        Ok(None)
    }

    fn put_cleaned(
        &mut self,
        resource_type: ResourceType,
        project: u32,
        cleaned: &[(Vec<u8>, Posting)],
    ) -> Result<()> {
        let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
        let put =
            |(name, posting): &(Vec<u8>, Posting), _: Option<Entry<'_>>, packer: &mut Packer| {
                if !posting.is_empty() {
                    packer.push(&[name], 0, &posting.encode());
                }
                Ok(Fate::Replace)
            };
        self.rows += blocks::edit(table, project, cleaned, |(name, _)| name, put)?;
        Ok(())
    }
}
