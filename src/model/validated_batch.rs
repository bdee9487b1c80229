//! Checks of a batch's keys that do not need the state: malformed and repeated keys.

use serde::{Deserialize, Serialize};

use super::batch::BatchKeys;
use super::key::MAX_KEY_LEN;
use super::key_outcome::FailureReason;
use super::leading_number::leading_number;
use super::resource::{KeyPart, ResourceType};

/// The keys of a batch after the checks that need no store.
///
/// Encoded as the request and the limit it was validated with, so decoding validates again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Request", into = "Request")]
pub(crate) struct ValidatedBatch {
    keys: BatchKeys,
    environment_limit: usize,
    /// The keys that fail whatever the state is, by their index in the request; in no order.
    failed: Vec<(u32, FailureReason)>,
    /// The names and ids of the valid keys.
    texts: String,
    /// The ranges of the names in `texts`, in key order, without duplicates.
    names: Vec<ValidKey>,
    /// The ranges of the ids of segments, in order, without duplicates.
    ids: Vec<ValidKey>,
    /// The ranges of names that only exceed a limit: they may already be linked.
    beyond: Vec<ValidKey>,
}

/// The input of the validation.
#[derive(Serialize, Deserialize)]
struct Request {
    keys: BatchKeys,
    environment_limit: usize,
}

impl From<Request> for ValidatedBatch {
    fn from(Request { keys, environment_limit }: Request) -> Self {
        Self::new(keys, environment_limit)
    }
}

impl From<ValidatedBatch> for Request {
    fn from(ValidatedBatch { keys, environment_limit, .. }: ValidatedBatch) -> Self {
        Self { keys, environment_limit }
    }
}

/// A valid key: its range in `texts`, and its index in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ValidKey {
    start: usize,
    end: usize,
    request_index: u32,
}

impl ValidatedBatch {
    /// Parses the keys of a batch and finds repeated ones.
    ///
    /// A batch has fewer than 2^32 keys.
    ///
    /// Cost: O(n log n) with n keys.
    pub(crate) fn new(keys: BatchKeys, environment_limit: usize) -> Self {
        let mut failed = Vec::new();
        let mut texts = String::with_capacity(keys.iter().map(|key| key.name_len()).sum());
        let (mut names, mut ids) = (Vec::with_capacity(keys.len()), Vec::new());
        let mut beyond = Vec::new();
        for (request_index, key) in (0_u32..).zip(keys.iter()) {
            let start = texts.len();
            let reason = match key.push_name(&mut texts, environment_limit) {
                Ok(()) => {
                    let passed =
                        if keys.is_id(request_index as usize) { &mut ids } else { &mut names };
                    passed.push(ValidKey { start, end: texts.len(), request_index });
                    continue;
                }
                Err(KeyPart::Key(error)) => FailureReason::InvalidKey(error),
                Err(KeyPart::Environment(error)) => {
                    if key.push_name(&mut texts, MAX_KEY_LEN).is_ok() {
                        beyond.push(ValidKey { start, end: texts.len(), request_index });
                    }
                    FailureReason::InvalidEnvironment(error)
                }
            };
            failed.push((request_index, reason));
        }
        for passed in [&mut names, &mut ids] {
            refuse_repeated(passed, &texts, &mut failed);
        }
        Self { keys, environment_limit, failed, texts, names, ids, beyond }
    }

    pub(crate) const fn resource_type(&self) -> ResourceType {
        self.keys.resource_type()
    }

    /// The keys as the request named them.
    pub(crate) fn into_keys(self) -> BatchKeys {
        self.keys
    }

    /// How many keys the request has, with those that failed.
    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys that fail whatever the state is, by their index in the request; in no order.
    pub(crate) fn failed(&self) -> &[(u32, FailureReason)] {
        &self.failed
    }

    /// The names to look for, in key order, each with its index in the request.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = (&str, u32)> + Clone {
        self.names.iter().map(|key| (text_of(&self.texts, *key), key.request_index))
    }

    /// The names that exceed the limit but may have been linked under another one.
    pub(crate) fn beyond_limit(&self) -> impl Iterator<Item = &str> {
        self.beyond.iter().map(|key| text_of(&self.texts, *key))
    }

    /// Whether a key is the id of a segment.
    pub(crate) const fn has_ids(&self) -> bool {
        !self.ids.is_empty()
    }

    /// The ids of segments, each with its first index in the request.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (&str, u32)> {
        self.ids.iter().map(|id| (text_of(&self.texts, *id), id.request_index))
    }
}

fn text_of(texts: &str, ValidKey { start, end, .. }: ValidKey) -> &str {
    texts.get(start..end).unwrap_or_default()
}

/// Keeps the first of equal texts, by index in the request.
fn refuse_repeated(
    passed: &mut Vec<ValidKey>,
    texts: &str,
    failed: &mut Vec<(u32, FailureReason)>,
) {
    sort(passed, texts);
    passed.dedup_by(|later, first| {
        let repeated = text_of(texts, *later) == text_of(texts, *first);
        if repeated {
            failed.push((later.request_index, FailureReason::Repeated));
        }
        repeated
    });
}

/// Sorts by text; equal ones in request order, so that the first one of a run is kept.
///
/// Keys of a project often have the same beginning. The bytes after it become a number, which decides most comparisons
/// without reading the texts.
fn sort(passed: &mut Vec<ValidKey>, texts: &str) {
    let Some(&first) = passed.first() else { return };
    let first = text_of(texts, first).as_bytes();
    let alike =
        |text: &str| text.bytes().zip(first).take_while(|(one, other)| one == *other).count();
    let shared = passed.iter().map(|&key| alike(text_of(texts, key))).min().unwrap_or_default();
    let number = |key: &ValidKey| {
        leading_number(text_of(texts, *key).as_bytes().get(shared..).unwrap_or_default())
    };
    let mut numbered: Vec<_> = passed.iter().map(|key| (number(key), *key)).collect();
    numbered.sort_unstable_by(|(one, left), (other, right)| {
        let by_text = || text_of(texts, *left).cmp(text_of(texts, *right));
        one.cmp(other).then_with(by_text).then(left.request_index.cmp(&right.request_index))
    });
    passed.clear();
    passed.extend(numbered.into_iter().map(|(_, key)| key));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Batch, SegmentRef};

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_their_names_each_with_its_first_index(
            alike in "[a-c]{0,9}",
            segments in prop::collection::vec(("[ab]{1,9}", "[ab.]{0,9}"), 0..40),
        ) {
            let segments: Vec<_> =
                segments.into_iter().map(|(e, key)| (format!("{alike}{e}"), format!("k{key}"))).collect();
            let mut expected = std::collections::BTreeMap::new();
            for (place, (environment, key)) in (0_u32..).zip(&segments) {
                expected.entry(format!("{environment}\0{key}")).or_insert(place);
            }
            let batch = Batch::segments(segments);
            let validated = ValidatedBatch::new(batch.keys, 256);
            let kept = validated.names().map(|(name, at)| (name.to_owned(), at));
            prop_assert!(kept.eq(expected));
        }

        #[test]
        fn flags_are_in_the_order_of_their_keys_each_with_its_first_index(
            alike in "[a-c]{1,9}", flags in prop::collection::vec("[ab]{0,20}", 0..40),
        ) {
            let flags: Vec<_> = flags.into_iter().map(|flag| format!("{alike}{flag}")).collect();
            let mut expected = std::collections::BTreeMap::new();
            for (place, flag) in (0_u32..).zip(&flags) {
                expected.entry(flag.clone()).or_insert(place);
            }
            let batch = Batch::flags(flags);
            let validated = ValidatedBatch::new(batch.keys, 256);
            let kept = validated.names().map(|(name, at)| (name.to_owned(), at));
            prop_assert!(kept.eq(expected));
        }
    }

    fn codes(batch: Batch) -> Vec<Option<&'static str>> {
        let validated = ValidatedBatch::new(batch.keys, 256);
        let mut codes = vec![None; validated.len()];
        for (at, reason) in validated.failed() {
            let before = codes[*at as usize].replace(reason.code().as_str());
            assert_eq!(before, None, "a key fails once");
        }
        codes
    }

    #[test]
    fn the_first_of_equal_keys_counts_and_the_others_are_repeated() {
        let batch = Batch::flags(["b", "a", "b", "", "b", "A", ""]);
        let expected = [
            None,
            None,
            Some("repeated"),
            Some("invalid_key"),
            Some("repeated"),
            None,
            Some("invalid_key"),
        ];
        assert_eq!(codes(batch.clone()), expected);
        let validated = ValidatedBatch::new(batch.keys, 256);
        let kept = validated.names().map(|(name, at)| (name.to_owned(), at));
        let expected = [("A", 5), ("a", 1), ("b", 0)].map(|(key, at)| (key.to_owned(), at));
        assert_eq!(kept.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn segments_are_equal_when_both_parts_are() {
        let batch = Batch::segments([("e", "s"), ("f", "s"), ("e", "s"), ("", "s"), ("e", "/")]);
        let expected = [None, None, Some("repeated"), Some("invalid_key"), Some("invalid_key")];
        assert_eq!(codes(batch.clone()), expected);
    }

    #[test]
    fn well_formed_ids_of_segments_are_checked_later_in_the_registry() {
        let id = |id: &str| SegmentRef::Id(id.into());
        let name = SegmentRef::Named { environment: "e".into(), key: "5f".into() };
        let batch = Batch::segment_refs([id("5f"), id(""), name, id("5f"), id("60")]);
        assert_eq!(codes(batch.clone()), [None, Some("invalid_key"), None, Some("repeated"), None]);
        let validated = ValidatedBatch::new(batch.keys, 256);
        assert_eq!(validated.ids().collect::<Vec<_>>(), [("5f", 0), ("60", 4)]);
        assert_eq!(validated.names().count(), 1);
    }

    #[test]
    fn an_environment_id_has_a_limit_of_its_own() {
        let batch = Batch::segments([("abc", "s"), ("abcd", "s")]);
        let validated = ValidatedBatch::new(batch.keys, 3);
        let [(1, reason)] = validated.failed() else { panic!("{:?}", validated.failed()) };
        let reason = reason.to_string();
        assert!(reason.contains("environment id") && reason.contains("the limit is 3"), "{reason}");
    }
}
