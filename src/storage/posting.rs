//! Posting lists: the views of a resource as sorted ids.

use super::run::Member;
use super::varint;
use crate::model::error::{Error, Result, StoreFile};

/// The ids of views, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Posting {
    ids: Vec<u32>,
}

impl Posting {
    /// A list from the gaps between its ids, the first one counted from 0.
    pub(super) fn from_gaps(gaps: impl IntoIterator<Item = Option<u32>>) -> Result<Self> {
        let mut ids = Vec::new();
        for gap in gaps {
            let id = match ids.last() {
                None => gap,
                Some(&last) => gap.filter(|&gap| gap > 0).and_then(|gap| gap.checked_add(last)),
            };
            ids.push(id.ok_or_else(|| {
                Error::damaged(StoreFile::State, "posting list", "its view ids do not ascend")
            })?);
        }
        Ok(Self { ids })
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// Cost: O(ids).
    pub(super) fn decode(mut bytes: &[u8]) -> Result<Self> {
        Self::from_gaps(std::iter::from_fn(|| {
            if bytes.is_empty() {
                return None;
            }
            let split = varint::split(bytes);
            bytes = split.map_or(&[], |(_, rest)| rest);
            Some(split.map(|(gap, _)| gap))
        }))
    }

    /// The gaps between the ids, as varints.
    ///
    /// Cost: O(ids).
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.ids.len() * 2);
        let before = std::iter::once(0).chain(self.ids.iter().copied());
        for (id, before) in self.ids.iter().zip(before) {
            varint::push(&mut bytes, id - before);
        }
        bytes
    }

    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds an id; `false` when it was there.
    pub(super) fn insert(&mut self, id: u32) -> bool {
        match self.ids.binary_search(&id) {
            Ok(_) => false,
            Err(place) => {
                self.ids.insert(place, id);
                true
            }
        }
    }

    /// Takes an id out; `false` when it was not there.
    pub(super) fn remove(&mut self, id: u32) -> bool {
        let found = self.ids.binary_search(&id);
        found.map(|place| self.ids.remove(place)).is_ok()
    }

    /// Puts ids in or takes them out, whatever the list says; later ones count.
    pub(super) fn apply(&mut self, members: impl IntoIterator<Item = Member>) {
        for Member { view, present } in members {
            if present {
                self.insert(view);
            } else {
                self.remove(view);
            }
        }
    }

    /// Keeps the ids for which `keep` holds.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(u32) -> Result<bool>) -> Result<()> {
        let mut failure = None;
        self.ids.retain(|&id| {
            keep(id).unwrap_or_else(|error| {
                failure.get_or_insert(error);
                true
            })
        });
        failure.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_posting_list_is_a_sorted_set(edits in prop::collection::vec((any::<bool>(), 0..40_u32), 0..80)) {
            let mut model = BTreeSet::new();
            let mut posting = Posting::default();
            for (insert, id) in edits {
                if insert {
                    prop_assert_eq!(posting.insert(id), model.insert(id));
                } else {
                    prop_assert_eq!(posting.remove(id), model.remove(&id));
                }
            }
            prop_assert!(posting.ids().iter().eq(&model));
            prop_assert_eq!(Posting::decode(&posting.encode()).unwrap(), posting);
        }

        #[test]
        fn arbitrary_bytes_are_a_list_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(posting) = Posting::decode(&bytes) {
                prop_assert!(posting.ids().is_sorted_by(|a, b| a < b));
            }
        }
    }

    #[test]
    fn ids_that_do_not_ascend_are_damage() {
        assert!(Posting::decode(&[3, 0]).is_err());
        assert!(Posting::from_gaps([Some(u32::MAX), Some(1)]).is_err());
        assert!(Posting::decode(&[3, 0x80]).is_err());
    }

    #[test]
    fn the_bytes_of_a_list_are_pinned() {
        let mut posting = Posting::default();
        for id in [70_000, 1, 129] {
            posting.insert(id);
        }
        assert_eq!(posting.encode(), [1, 0x80, 1, 0xef, 0xa1, 4]);
    }
}
