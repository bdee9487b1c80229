//! Links of a view in key order, as stored in a row.

use serde::{Deserialize, Serialize};

use super::numbers::{pack, pack_either, unpack, unpack_either};
use super::tables::{self, MOST};
use crate::model::error::Result;
use crate::model::time::Timestamp;
use crate::model::{LinkRecord, Stamp};
use crate::state::{PlacedLink, PlacedLinks, Sound};

/// Links of a view. Lists of numbers are packed.
#[derive(Serialize, Deserialize)]
struct LinksRow<'a> {
    /// The changes that made them, the oldest first: revision and time, each as the difference to the one before.
    changes: Vec<(u64, u64)>,
    count: u32,
    /// The rank of the first name.
    first: u32,
    /// The number of ranks between each name and the next.
    #[serde(borrow)]
    gaps: &'a [u8],
    /// For each link, the index of its change in this row.
    change_of: &'a [u8],
    /// The request index of the first link.
    first_place: u32,
    /// For each link, its request index.
    places: &'a [u8],
    /// For each link, 1 if only the filter that the view follows holds it.
    by_filter: &'a [u8],
}

/// A link: the rank of its name, when it was made, and whether only the filter that the view follows holds it.
pub(super) type RankedLink = (u32, LinkRecord, bool);

pub(super) fn encode(part: &str, links: &[RankedLink]) -> Result<Vec<u8>> {
    let stamp = |record: &LinkRecord| (record.revision, record.linked_at.as_millis());
    let mut changes: Vec<(u64, u64)> = links.iter().map(|(_, record, _)| stamp(record)).collect();
    changes.sort_unstable();
    changes.dedup();
    // Each change is in the list, which has fewer than 2^32.
    let change_of = |(_, record, _): &RankedLink| {
        changes.partition_point(|change| *change < stamp(record)) as u32
    };
    let change_of: Vec<u32> = match changes.len() {
        1 => Vec::new(),
        _ => links.iter().map(change_of).collect(),
    };
    let change_of = pack(change_of.into_iter());
    let next = links.iter().skip(1);
    let gaps = links.iter().zip(next).map(|((rank, ..), (next, ..))| next.wrapping_sub(rank + 1));
    let places: Vec<u32> = links.iter().map(|(_, record, _)| record.request_index).collect();
    let first_place = places.first().copied().unwrap_or_default();
    let mut before = (0, 0);
    for change in &mut changes {
        let (revision, time) = *change;
        *change = (revision.wrapping_sub(before.0), time.wrapping_sub(before.1));
        before = (revision, time);
    }
    tables::encode(
        part,
        &LinksRow {
            changes,
            count: links.len() as u32,
            first: links.first().map_or(0, |(rank, ..)| *rank),
            gaps: &pack(gaps),
            change_of: &change_of,
            first_place,
            places: &pack_either(first_place, &places),
            by_filter: &pack(links.iter().map(|(.., by_filter)| u32::from(*by_filter))),
        },
    )
}

/// The links of a row.
pub(super) fn decode(part: &str, bytes: &[u8]) -> Result<PlacedLinks> {
    let row: LinksRow<'_> = tables::decode(part, bytes)?;
    row.unpack().map_err(|detail| super::damaged(part, detail))
}

impl LinksRow<'_> {
    fn unpack(self) -> Sound<PlacedLinks> {
        let count = self.count as usize;
        if count == 0 || count > MOST {
            return Err("a row has no links or too many");
        }
        let change_of = unpack(self.change_of, count)?;
        let gaps = unpack(self.gaps, count - 1)?;
        let places = unpack_either(self.first_place, self.places, count)?;
        let by_filter = unpack(self.by_filter, count)?;
        let mut links = Vec::with_capacity(count);
        let mut rank = Some(self.first);
        let mut gaps = gaps.into_iter();
        for ((change, request_index), held) in change_of.into_iter().zip(places).zip(by_filter) {
            let here = rank.ok_or("a rank is too large")?;
            if held > 1 {
                return Err("a link is held neither by keys nor by a filter");
            }
            links.push(PlacedLink { rank: here, change, request_index, by_filter: held == 1 });
            // Nothing follows the last one.
            rank = here.checked_add(1).and_then(|next| next.checked_add(gaps.next().unwrap_or(0)));
        }
        Ok(PlacedLinks { changes: stamps(&self.changes)?, links })
    }
}

fn stamps(changes: &[(u64, u64)]) -> Sound<Vec<Stamp>> {
    let mut last = Stamp { revision: 0, time: Timestamp::from_millis(0) };
    let next = |(revision, time): &(u64, u64)| {
        let revision = last.revision.checked_add(*revision);
        let time = last.time.as_millis().checked_add(*time).map(Timestamp::from_millis);
        let (revision, time) = revision.zip(time).ok_or("a change is too late")?;
        last = Stamp { revision, time };
        Ok(last)
    };
    changes.iter().map(next).collect()
}

/// Adds the links of the next row.
pub(super) fn append(all: &mut PlacedLinks, mut row: PlacedLinks) {
    if all.changes.is_empty() {
        *all = row;
        return;
    }
    if all.changes != row.changes {
        let before = std::mem::take(&mut all.changes);
        all.changes = before.iter().chain(&row.changes).copied().collect();
        all.changes.sort_unstable_by_key(|change| (change.revision, change.time));
        all.changes.dedup();
        renumber(&mut all.links, &before, &all.changes);
        renumber(&mut row.links, &row.changes, &all.changes);
    }
    all.links.append(&mut row.links);
}

/// Converts indexes of changes from one list to another list, which contains all of them.
fn renumber(links: &mut [PlacedLink], from: &[Stamp], to: &[Stamp]) {
    let number = |change: &Stamp| {
        let order = |other: &Stamp| (other.revision, other.time);
        to.partition_point(|other| order(other) < order(change)) as u32
    };
    let numbers: Vec<u32> = from.iter().map(number).collect();
    for link in links {
        // An invalid index stays invalid.
        link.change = numbers.get(link.change as usize).copied().unwrap_or(u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn links_are_the_same_after_decoding_one_row_or_many(
            links in prop::collection::btree_map(
                0_u32..5_000, (0_u64..6, 0_u32..2_000, any::<bool>()), 1..60,
            ),
            each in 1_usize..60,
        ) {
            let record = |(revision, request_index): (u64, u32)| LinkRecord {
                linked_at: Timestamp::from_millis(revision / 2), revision, request_index,
            };
            let links: Vec<RankedLink> = links
                .into_iter()
                .map(|(rank, (revision, place, held))| (rank, record((revision, place)), held))
                .collect();
            let mut all = PlacedLinks::default();
            for part in links.chunks(each) {
                append(&mut all, decode("links", &encode("links", part).unwrap()).unwrap());
            }
            let found: Vec<RankedLink> = all.links.iter().map(|link| {
                let change = all.changes[link.change as usize];
                let (linked_at, revision) = (change.time, change.revision);
                let record = LinkRecord { linked_at, revision, request_index: link.request_index };
                (link.rank, record, link.by_filter)
            }).collect();
            prop_assert_eq!(found, links);
        }
    }

    #[test]
    fn the_bytes_of_links_are_pinned_in_format_1() {
        let record = |revision, request_index| LinkRecord {
            linked_at: Timestamp::from_millis(1_000 + revision),
            revision,
            request_index,
        };
        let links = [(5, record(7, 2), false), (6, record(7, 0), true), (9, record(9, 1), false)];
        let expected = [
            2, 7, 251, 0xef, 3, 2, 2, 3, 5, 2, 2, 0b1000, 2, 1, 0b100, 2, 2, 2, 0b01_00_10, 2, 1,
            0b010,
        ];
        assert_eq!(encode("links", &links).unwrap(), expected);
        for length in 0..expected.len() {
            assert!(decode("links", &expected[..length]).is_err(), "{length}");
        }
    }
}
