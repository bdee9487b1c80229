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
use super::blocks::{self, Fate, Guard};
use super::pack::Packer;
use super::posting::Posting;
use super::run::RunKey;
use super::tables::{self, Bytes};
use super::write::WriteTables;
use crate::model::error::Result;
use crate::model::resource::ResourceType;

/// How many ids are looked at for each change that is folded.
const SWEPT: usize = 4;

/// Posting lists of a block that were looked through.
struct Swept {
    /// The last of them. Not the block: lists move between blocks when some are written, and those
    /// that nobody has looked at are to be found wherever they are by then.
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

    /// The last list that was looked at in this round.
    fn swept_to(&self) -> Result<Option<RunKey>> {
        let meta = self.transaction.open_table(tables::META)?;
        let place = tables::get(&meta, tables::SWEPT_NAME, |value| Ok(RunKey::of_bytes(value)))?;
        Ok(place.filter(|place| place.split().is_some()))
    }

    /// Looks through the lists of the first block that has any behind a place.
    fn look_through(&mut self, behind: Option<&RunKey>) -> Result<Option<Swept>> {
        let behind = behind.and_then(RunKey::split);
        for resource_type in ResourceType::ALL {
            let seen = match behind {
                Some((of, ..)) if (resource_type as u8) < (of as u8) => continue,
                Some((of, project, name)) if resource_type == of => Some((project, name)),
                _ => None,
            };
            let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
            let Some((project, value, from)) = unseen(table, seen)? else { continue };
            let block = Block::parse(value.value())?;
            let last = block.name(block.len().saturating_sub(1))?;
            let place = RunKey::new(resource_type, project, &last);
            let mut swept = Swept { place, project, ids: 0, cleaned: Vec::new() };
            for number in from..block.len() {
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

/// The first block with lists behind one that was seen: whose it is, what is in it, and which of
/// its lists is the first of them.
fn unseen<'t>(
    table: &'t impl ReadableTable<Bytes, Bytes>,
    seen: Option<(u32, &[u8])>,
) -> Result<Option<(u32, Guard<'t>, usize)>> {
    let key = seen.map(|(project, name)| tables::row_key(project, name));
    if let Some((project, name)) = seen
        && let Some((_, value)) = blocks::holding(table, project, name)?
    {
        let block = Block::parse(value.value())?;
        let from = block.find(0, name)?.map_or_else(|place| place, |place| place + 1);
        if from < block.len() {
            return Ok(Some((project, value, from)));
        }
    }
    let start = key.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let first = table.range::<&[u8]>((start, Bound::Unbounded))?.next().transpose()?;
    Ok(first.and_then(|(key, value)| {
        tables::split_row_key(key.value()).map(|(project, _)| (project, value, 0))
    }))
}

#[cfg(test)]
mod tests {
    use super::super::links::{Edit, LinkKey};
    use super::super::state::State;
    use super::*;
    use crate::model::Stamp;
    use crate::model::resource_name::ResourceName;
    use crate::model::time::Timestamp;
    use crate::model::view::ViewFields;

    const FLAG: ResourceType = ResourceType::Flag;

    fn write<T>(state: &State, act: impl FnOnce(&mut WriteTables<'_>, Stamp) -> T) -> T {
        let transaction = state.begin().unwrap();
        let mut tables = transaction.tables().unwrap();
        let revision = tables.head().revision + 1;
        let stamp = Stamp { revision, time: Timestamp::from_millis(revision) };
        let done = act(&mut tables, stamp);
        tables.complete(stamp);
        let finished = tables.finish().unwrap();
        transaction.commit(finished).unwrap();
        done
    }

    fn link(state: &State, view: &str, names: &[String]) {
        link_of(state, FLAG, view, names);
    }

    fn link_of(state: &State, resource_type: ResourceType, view: &str, names: &[String]) {
        let (project, key) = ("p".parse().unwrap(), view.parse().unwrap());
        let names = names.iter().map(|name| ResourceName::packed(name));
        let keys: Vec<_> = names.map(|name| LinkKey { name, request_index: 0 }).collect();
        write(state, |tables, stamp| {
            let known = tables.project(&project).unwrap();
            let known = known.and_then(|project| tables.view(project.id, &key).unwrap());
            let mut view = known.unwrap_or_else(|| {
                tables.create_view(&project, &key, ViewFields::default(), stamp).unwrap().1
            });
            tables.change_links(&mut view, resource_type, Edit::Link, &keys, stamp).unwrap();
            tables.complete(stamp);
            tables.fold_all().unwrap();
        });
    }

    /// Sweeps a block at a time until a round is over; tells how many times.
    fn sweep_round(state: &State) -> usize {
        let sweep = |_| {
            write(state, |tables, _| {
                tables.sweep(1).unwrap();
                tables.swept_to().unwrap()
            })
        };
        (0..).map(sweep).take_while(Option::is_some).count()
    }

    /// How many dead ids there are in all lists.
    fn dead(state: &State, names: &[String]) -> usize {
        let tables = state.read().unwrap();
        let dead = names.iter().map(|name| {
            let ids = tables.posting(FLAG, 0, name.as_bytes()).unwrap().ids().len();
            ids - tables.views_of(0, FLAG, &ResourceName::packed(name)).unwrap().len()
        });
        dead.sum()
    }

    #[test]
    fn a_round_goes_through_the_lists_of_every_type_and_writes_those_with_dead_ids() {
        let state = State::in_memory();
        let names: Vec<String> = (0..300).map(|number| format!("{number:03}")).collect();
        for resource_type in ResourceType::ALL {
            link_of(&state, resource_type, "stay", &names);
            link_of(&state, resource_type, "go", &names[..150]);
        }
        write(&state, |tables, _| {
            let view = tables.view(0, &"go".parse().unwrap()).unwrap().unwrap();
            tables.delete_view(&"p".parse().unwrap(), &view).unwrap();
        });
        let sweep = |state: &State| {
            write(state, |tables, _| {
                let before = tables.rows;
                tables.sweep(usize::MAX).unwrap();
                assert!(tables.swept_to().unwrap().is_none(), "the round is over");
                tables.rows - before
            })
        };
        let rows = sweep(&state);
        assert!(rows >= 4, "{rows} rows, one for each type at least");
        assert_eq!(sweep(&state), 0, "nothing is dead any more");
        for resource_type in ResourceType::ALL {
            let table = state.read().unwrap();
            assert!(names.iter().all(|name| {
                table.posting(resource_type, 0, name.as_bytes()).unwrap().ids().len() == 1
            }));
        }
    }

    /// Blocks that lose most of their lists are put together with others while a round goes on.
    #[test]
    fn what_is_dead_before_a_round_is_gone_behind_it() {
        for kept_every in 2..20 {
            let state = State::in_memory();
            let names: Vec<String> =
                (0..300).map(|number| format!("{number:03}{}", "x".repeat(100))).collect();
            let kept: Vec<String> = names.iter().step_by(kept_every).cloned().collect();
            link(&state, "stay", &kept);
            link(&state, "go", &names);
            write(&state, |tables, _| {
                let view = tables.view(0, &"go".parse().unwrap()).unwrap().unwrap();
                tables.delete_view(&"p".parse().unwrap(), &view).unwrap();
            });
            assert_eq!(dead(&state, &names), 300);
            let slices = sweep_round(&state);
            assert!(slices > 5, "{slices}");
            assert_eq!(dead(&state, &names), 0, "one in {kept_every} is kept");
            assert!(kept.iter().all(|name| {
                let name = ResourceName::packed(name);
                state.read().unwrap().views_of(0, FLAG, &name).unwrap().len() == 1
            }));
        }
    }
}
