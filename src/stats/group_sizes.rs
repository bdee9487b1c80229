//! How many changes shared a disk sync.

/// How many groups of changes were made durable, by the number of changes that shared the disk sync.
///
/// They are counted since this process opened the store. More than one change in a group means that callers called at
/// the same time.
///
/// ```
/// # use viewlink::{NewView, Options};
/// let store = Options::new().open_in_memory()?;
/// store.project("default")?.create_view(NewView::new("v", "V"))?;
///
/// let sizes = store.stats().groups;
/// assert_eq!((sizes.groups(), sizes.changes()), (1, 1));
/// assert_eq!(sizes.buckets().next(), Some((1, 1)));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupSizes {
    pub(crate) counts: [u64; BUCKETS],
    pub(crate) changes: u64,
}

/// The number of buckets.
pub(crate) const BUCKETS: usize = 12;

impl GroupSizes {
    /// The number of groups; each took one write and one sync of the journal.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The number of changes in all groups.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Each bucket: its largest size, and the number of groups up to that size that did not fit into the previous one.
    /// The largest sizes are 1, 2, 4, 8 and so on up to 1,024, then `u64::MAX`. Example: at [`GroupSizes`].
    ///
    /// Cost: O(1); there are 12 buckets.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let bound = |place| if place + 1 < BUCKETS { 1_u64 << place } else { u64::MAX };
        self.counts.iter().enumerate().map(move |(place, count)| (bound(place), *count))
    }
}

/// The bucket of a size.
pub(crate) const fn bucket(size: usize) -> usize {
    let place = size.next_power_of_two().trailing_zeros() as usize;
    if place < BUCKETS { place } else { BUCKETS - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_counted_in_the_first_bucket_that_is_large_enough() {
        let sizes = GroupSizes::default();
        let bounds: Vec<u64> = sizes.buckets().map(|(bound, _)| bound).collect();
        assert_eq!((bounds[0], bounds[10], bounds[11]), (1, 1024, u64::MAX));
        for size in (1..3_000).chain([usize::MAX >> 1]) {
            let first = bounds.iter().position(|bound| size as u64 <= *bound);
            assert_eq!(Some(bucket(size)), first, "{size}");
        }
    }
}
