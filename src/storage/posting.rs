//! Posting lists: the views of a resource as sorted ids.

use super::records::PostingRecord;
use super::run::Member;
use crate::error::{Error, Result, StoreFile};

/// The ids of views, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Posting {
    ids: Vec<u32>,
}

impl Posting {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let gaps = PostingRecord::decode(bytes)?.gaps;
        let mut ids = Vec::with_capacity(gaps.len());
        let mut last = None;
        for gap in gaps {
            let id = match last {
                None => Some(gap),
                Some(last) if gap > 0 => gap.checked_add(last),
                Some(_) => None,
            };
            last = id;
            ids.push(id.ok_or_else(|| {
                Error::damaged(StoreFile::State, "posting list", "its view ids do not ascend")
            })?);
        }
        Ok(Self { ids })
    }

    /// Cost: O(ids).
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let before = std::iter::once(0).chain(self.ids.iter().copied());
        let gaps = self.ids.iter().zip(before).map(|(id, before)| id - before).collect();
        PostingRecord { gaps }.encode()
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
            prop_assert_eq!(Posting::decode(&posting.encode().unwrap()).unwrap(), posting);
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
        let bytes = PostingRecord { gaps: vec![3, 0] }.encode().unwrap();
        assert!(Posting::decode(&bytes).is_err());
        let bytes = PostingRecord { gaps: vec![u32::MAX, 1] }.encode().unwrap();
        assert!(Posting::decode(&bytes).is_err());
    }
}
