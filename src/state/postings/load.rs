//! Building the postings of many views at once.

use super::long_list::LongList;
use super::{CELL, Cell, LONG, Postings};
use crate::parallel::Threads;
use crate::state::placed::{Sound, require};
use crate::state::shared_vec::{SharedVec, WHOLE};

/// For each thread the resources are split into this number of parts, so that no thread waits long for the others.
const PARTS: usize = 2;

/// The postings of consecutive resources.
struct Part {
    cells: SharedVec<Cell>,
    /// The lists that are stored separately, with the ids of their resources.
    long: Vec<(u32, LongList)>,
}

impl Postings {
    /// The postings of resources with the ids below `ids`: `views` has for each slot the ids in the view; both are in
    /// order.
    ///
    /// Cost: O(ids + links), on the given threads.
    ///
    /// # Errors
    ///
    /// A resource that is in no view.
    pub(in crate::state) fn load(
        ids: u32,
        views: &[(u32, &[u32])],
        threads: Threads,
    ) -> Sound<Self> {
        let size = (ids as usize).div_ceil(threads.count() * PARTS).next_multiple_of(WHOLE);
        // They are ids, so they are below 2^32.
        let starts: Vec<u32> = (0..ids).step_by(size.max(1)).collect();
        let parts = threads
            .map(&starts, |start| part(*start, ids.min(start.saturating_add(size as u32)), views));
        let mut postings = Self::default();
        let mut long = Vec::new();
        for part in parts {
            let part = part?;
            postings.cells.append_whole(part.cells);
            long.extend(part.long);
        }
        for (place, (id, list)) in (0..).zip(long) {
            *postings.long.get_mut(place) = list;
            postings.long_len = place + 1;
            let cell = postings.cells.get_mut(id);
            *cell = Cell { len: LONG, slots: [0; CELL] };
            cell.slots[0] = place;
        }
        Ok(postings)
    }
}

/// The postings of the resources with ids from `start` to before `end`.
fn part(start: u32, end: u32, views: &[(u32, &[u32])]) -> Sound<Part> {
    let within = |ids: &'_ [u32]| {
        let (from, to) =
            (ids.partition_point(|id| *id < start), ids.partition_point(|id| *id < end));
        from..to
    };
    let here = views.iter().map(|(slot, ids)| (*slot, ids.get(within(ids)).unwrap_or_default()));
    let here: Vec<(u32, &[u32])> = here.collect();
    let (begins, slots) = transposed(start, end, &here)?;
    let mut long = Vec::new();
    let bounds = begins.iter().zip(begins.iter().skip(1));
    let cells = (start..).zip(bounds).map(|(id, (from, to))| {
        let list = slots.get(*from as usize..*to as usize).unwrap_or_default();
        require(!list.is_empty(), "a name is linked to nothing")?;
        let mut cell = Cell::default();
        match cell.slots.get_mut(..list.len()) {
            Some(short) => {
                short.copy_from_slice(list);
                cell.len = list.len() as u32; // 15 at most
            }
            None => long.push((id, LongList::new(list))),
        }
        Ok(cell)
    });
    let cells = cells.collect::<Sound<Vec<Cell>>>()?;
    Ok(Part { cells: SharedVec::from_values(cells), long })
}

/// The beginning of the list of each resource and the end of the last one; and the lists.
fn transposed(start: u32, end: u32, views: &[(u32, &[u32])]) -> Sound<(Vec<u32>, Vec<u32>)> {
    // First, the number of views of each resource.
    let mut begins = vec![0_u32; (end - start) as usize + 1];
    for id in views.iter().flat_map(|(_, ids)| *ids) {
        if let Some(count) = begins.get_mut((id - start) as usize) {
            *count += 1;
        }
    }
    let mut sum = 0_u32;
    for begin in &mut begins {
        sum = sum.checked_add(*begin).ok_or("there are too many links")?;
        *begin = sum - *begin;
    }
    let mut slots = vec![0; sum as usize];
    let mut next = begins.clone();
    for (slot, id) in views.iter().flat_map(|(slot, ids)| ids.iter().map(move |id| (*slot, *id))) {
        let Some(at) = next.get_mut((id - start) as usize) else { continue };
        if let Some(place) = slots.get_mut(*at as usize) {
            *place = slot;
        }
        *at += 1;
    }
    Ok((begins, slots))
}
