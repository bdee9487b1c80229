//! The times of many links.

use serde::{Deserialize, Serialize};

use super::link_record::LinkRecord;
use super::time::Timestamp;

/// The times of many links, in the order of a list of their names.
///
/// Links that one change made usually share its time and revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkTimes {
    changes: Vec<(u64, Timestamp)>,
    /// For each link the index of its change, and its own index among the links that the change made.
    links: Vec<(u32, u32)>,
}

impl LinkTimes {
    /// Adds the time of the next link.
    pub(crate) fn push(&mut self, record: LinkRecord) {
        let change = (record.revision, record.linked_at);
        // The newest ones first: links of one change are usually adjacent.
        let found = self.changes.iter().rev().take(SEARCHED).position(|known| *known == change);
        let place = match found {
            Some(from_end) => self.changes.len() - 1 - from_end,
            None => {
                self.changes.push(change);
                self.changes.len() - 1
            }
        };
        // A change has fewer than 2^32 links.
        self.links.push((place as u32, record.request_index));
    }

    pub(crate) const fn len(&self) -> usize {
        self.links.len()
    }

    /// The times in order; a link whose change is unknown is left out.
    pub(crate) fn iter(&self) -> impl Iterator<Item = LinkRecord> {
        self.links.iter().filter_map(|&(change, request_index)| {
            let &(revision, linked_at) = self.changes.get(change as usize)?;
            Some(LinkRecord { linked_at, revision, request_index })
        })
    }
}

/// How many of the newest changes are searched for a match.
const SEARCHED: usize = 16;

impl FromIterator<LinkRecord> for LinkTimes {
    fn from_iter<I: IntoIterator<Item = LinkRecord>>(records: I) -> Self {
        let mut times = Self::default();
        records.into_iter().for_each(|record| times.push(record));
        times
    }
}
