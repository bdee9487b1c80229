//! The walk over the keys of a batch.
//!
//! For each key the checks run in this order: malformed, repeated, unknown, state. All but the last
//! need no store and run before the caller waits for one.

use super::report::{Action, FailureReason, KeyOutcome};
use super::request::BatchKeys;
use crate::change::{Effect, LinkedName, Stamp};
use crate::error::Result;
use crate::resource::{KeyPart, ResourceName, ResourceType};
use crate::storage::{LinkKey, ViewRow, WriteTables};

/// The keys of a batch after the checks that need no store.
#[derive(Debug)]
pub(crate) struct Screened {
    resource_type: ResourceType,
    /// For each key of the request its failure, if it has one already.
    failed: Vec<Option<FailureReason>>,
    /// The names of the others.
    names: String,
    /// Where each of them stands, in key order, each once.
    keys: Vec<Screening>,
}

/// A key that passed: where its name stands among all, and its place in the request.
#[derive(Clone, Copy, Debug)]
struct Screening {
    start: usize,
    end: usize,
    ordinal: u32,
}

impl Screened {
    /// The keys to walk, in key order.
    fn keys(&self) -> Vec<LinkKey<'_>> {
        let key = |key: &Screening| LinkKey {
            name: ResourceName::packed(name_of(&self.names, *key)),
            ordinal: key.ordinal,
        };
        self.keys.iter().map(key).collect()
    }
}

fn name_of(names: &str, Screening { start, end, .. }: Screening) -> &str {
    names.get(start..end).unwrap_or_default()
}

/// Parses the keys of a batch and finds those that stand in it more than once.
///
/// A batch has fewer than 2^32 keys.
///
/// Cost: O(n log n) with n keys.
pub(crate) fn screen(keys: &BatchKeys, environment_limit: usize) -> Screened {
    let mut failed = Vec::with_capacity(keys.len());
    let mut valid = Vec::with_capacity(keys.len());
    let mut names = String::new();
    for (ordinal, key) in (0_u32..).zip(keys.iter()) {
        let start = names.len();
        failed.push(match key.push_name(&mut names, environment_limit) {
            Ok(()) => {
                valid.push(Screening { start, end: names.len(), ordinal });
                None
            }
            Err(KeyPart::Key(error)) => Some(FailureReason::InvalidKey(error)),
            Err(KeyPart::Environment(error)) => Some(FailureReason::InvalidEnvironment(error)),
        });
    }
    // Equal keys in request order, so the first one of a run is the one that counts.
    valid.sort_unstable_by_key(|&key| (name_of(&names, key), key.ordinal));
    valid.dedup_by(|later, first| {
        let repeated = name_of(&names, *later) == name_of(&names, *first);
        if repeated && let Some(slot) = failed.get_mut(later.ordinal as usize) {
            *slot = Some(FailureReason::Repeated);
        }
        repeated
    });
    if matches!(keys, BatchKeys::SegmentIds(_)) {
        for id in valid.drain(..) {
            if let Some(slot) = failed.get_mut(id.ordinal as usize) {
                *slot = Some(FailureReason::UnknownResource);
            }
        }
    }
    Screened { resource_type: keys.resource_type(), failed, names, keys: valid }
}

/// Walks the keys inside the write transaction; tells an outcome for each key of the request, in
/// its order, and what changed, if anything did.
///
/// Cost: O(n · log links) with n keys.
pub(crate) fn run<'a>(
    tables: &mut WriteTables<'_>,
    view: &mut ViewRow,
    action: Action,
    screened: &'a Screened,
    stamp: Stamp,
) -> Result<(Vec<KeyOutcome>, Option<Effect<'a>>)> {
    let Screened { resource_type, failed, .. } = screened;
    let keys = screened.keys();
    let changed = tables.change_links(view, *resource_type, action.edit(), &keys, stamp)?;
    let mut outcomes: Vec<KeyOutcome> = failed
        .iter()
        .map(|failed| match failed {
            Some(reason) => KeyOutcome::Failed(reason.clone()),
            None => action.outcome(false),
        })
        .collect();
    let mut edited = Vec::with_capacity(keys.len());
    for (key, _) in keys.into_iter().zip(changed).filter(|(_, changed)| *changed) {
        if let Some(outcome) = outcomes.get_mut(key.ordinal as usize) {
            *outcome = action.outcome(true);
        }
        edited.push(LinkedName { ordinal: key.ordinal, name: key.name });
    }
    let effect = (!edited.is_empty()).then(|| effect(view, *resource_type, action, edited));
    Ok((outcomes, effect))
}

fn effect<'a>(
    view: &ViewRow,
    resource_type: ResourceType,
    action: Action,
    edited: Vec<LinkedName<'a>>,
) -> Effect<'a> {
    let view = view.to_ref();
    let names = |edited: Vec<LinkedName<'a>>| -> Vec<ResourceName<'a>> {
        edited.into_iter().map(|linked| linked.name).collect()
    };
    let (linked, unlinked) = match action {
        Action::Link => (edited, Vec::new()),
        Action::Unlink => (Vec::new(), names(edited)),
    };
    Effect::ChangeLinks { view, resource_type, linked, unlinked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;

    fn codes(batch: &Batch) -> Vec<Option<&'static str>> {
        let screened = screen(&batch.keys, 256);
        let code = |failed: &Option<FailureReason>| failed.as_ref().map(|f| f.code().as_str());
        screened.failed.iter().map(code).collect()
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
        assert_eq!(codes(&batch), expected);
        let screened = screen(&batch.keys, 256);
        let kept: Vec<_> =
            screened.keys.iter().map(|&key| (name_of(&screened.names, key), key.ordinal)).collect();
        assert_eq!(kept, [("A", 5), ("a", 1), ("b", 0)]);
    }

    #[test]
    fn segments_are_equal_when_both_parts_are() {
        let batch = Batch::segments([("e", "s"), ("f", "s"), ("e", "s"), ("", "s"), ("e", "/")]);
        let expected = [None, None, Some("repeated"), Some("invalid_key"), Some("invalid_key")];
        assert_eq!(codes(&batch), expected);
    }

    #[test]
    fn an_id_of_a_segment_is_unknown_after_it_is_malformed_or_repeated() {
        let batch = Batch::segment_ids(["5f", "", "5f", "60"]);
        let expected = ["unknown_resource", "invalid_key", "repeated", "unknown_resource"];
        assert_eq!(codes(&batch), expected.map(Some));
        assert!(screen(&batch.keys, 256).keys.is_empty());
    }

    #[test]
    fn an_environment_id_has_a_limit_of_its_own() {
        let batch = Batch::segments([("abc", "s"), ("abcd", "s")]);
        let screened = screen(&batch.keys, 3);
        assert!(screened.failed[0].is_none());
        let reason = screened.failed[1].as_ref().unwrap().to_string();
        assert!(reason.contains("environment id") && reason.contains("at most 3"), "{reason}");
    }
}
