//! Loading stored links into both orders.

use super::{Link, LinkSet, has_members};
use crate::model::Stamp;
use crate::state::id_set::IdSet;
use crate::state::names::Name;
use crate::state::placed::{PlacedLink, PlacedLinks, Sound, require};

/// Up to this number of sequences for each link, links are sorted by using their sequences as indexes.
const SPARSE: u64 = 4;
/// No link has this sequence.
const NO_SEQUENCE: u32 = u32::MAX;

impl LinkSet {
    /// Loads links in key order; `names` are the places and ids of all names by rank.
    pub(in crate::state) fn load(names: &[Name], placed: &PlacedLinks) -> Sound<Self> {
        let ordered =
            |one: &Stamp, other: &Stamp| one.revision < other.revision && one.time <= other.time;
        require(placed.changes.is_sorted_by(ordered), "changes are out of order")?;
        let (firsts, next) = firsts(placed)?;
        let link = |link: &PlacedLink| {
            let place = names.get(link.rank as usize).ok_or("a link has no name")?.place;
            let first = firsts.get(link.change as usize).ok_or("a link has no change")?;
            // It is less than `next`, because the first sequence of the next change is.
            Ok(Link { place, sequence: first.saturating_add(link.request_index) })
        };
        let by_key = placed.links.iter().map(link).collect::<Sound<Vec<Link>>>()?;
        let by_time = in_link_order(&by_key, next)?;
        let mut set = Self { len: by_key.len() as u64, next, ..Self::default() };
        let mut rest = by_time.as_slice();
        let ends = firsts.iter().skip(1).copied().chain([next]);
        for ((first, stamp), end) in firsts.iter().zip(&placed.changes).zip(ends) {
            let (links, later) = rest.split_at(rest.partition_point(|link| link.sequence < end));
            require(!links.is_empty(), "a change made no link")?;
            set.by_time.push(links, *first, *stamp);
            rest = later;
        }
        set.by_key.fill(&by_key);
        // There are fewer than 2^32 names.
        if has_members(set.len, names.len() as u32, false) {
            let ids = placed.links.iter().filter_map(|link| names.get(link.rank as usize));
            set.members = Some(IdSet::new(ids.map(|name| name.id)));
        }
        Ok(set)
    }

    /// The change that made the newest link.
    pub(in crate::state) fn newest(&self) -> Option<Stamp> {
        self.by_time.newest()
    }
}

/// The first sequence of each change, and the next one after all of them.
///
/// A link keeps its request index, so a change needs as many sequences as its last link.
fn firsts(placed: &PlacedLinks) -> Sound<(Vec<u32>, u32)> {
    let mut spans = vec![0_u64; placed.changes.len()];
    for link in &placed.links {
        let span = spans.get_mut(link.change as usize).ok_or("a link has no change")?;
        *span = (*span).max(u64::from(link.request_index) + 1);
    }
    let mut next = 0_u64;
    let mut firsts = Vec::with_capacity(spans.len());
    for span in spans {
        // If the sequence after all changes is valid, all of them are.
        firsts.push(u32::try_from(next).unwrap_or(NO_SEQUENCE));
        next = next.saturating_add(span);
    }
    let next = u32::try_from(next).ok().filter(|next| *next < NO_SEQUENCE);
    Ok((firsts, next.ok_or("the places of links are too far apart")?))
}

/// Links sorted by their sequences, which are below `next`.
fn in_link_order(links: &[Link], next: u32) -> Sound<Vec<Link>> {
    let taken = "two links have the same position";
    if u64::from(next) <= SPARSE * links.len() as u64 {
        let mut slots = vec![NO_SEQUENCE; next as usize];
        for link in links {
            let slot = slots.get_mut(link.sequence as usize).ok_or(taken)?;
            require(*slot == NO_SEQUENCE, taken)?;
            *slot = link.place;
        }
        let links = (0..).zip(slots).filter(|(_, place)| *place != NO_SEQUENCE);
        return Ok(links.map(|(sequence, place)| Link { place, sequence }).collect());
    }
    let mut sorted = links.to_vec();
    sorted.sort_unstable_by_key(|link| link.sequence);
    let once = sorted.is_sorted_by(|one, other| one.sequence < other.sequence);
    require(once, taken)?;
    Ok(sorted)
}
