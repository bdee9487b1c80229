//! Changes whose bytes contain fields of a view or resource that no store would write.

use super::commands::project_key;
use super::golden::effects;
use crate::model::time::Timestamp;
use crate::model::{ChangeMeta, ChangeRecord, Effect, Stamp};

/// Bytes of fields, their replacement, and the expected error.
const CASES: [(&str, &[u8], &[u8], &str); 4] = [
    (
        "tags of a view",
        b"\x01n\x01d\x01\x01t",
        b"\x01n\x01d\x02\x01t\x01t",
        "tags are not in order",
    ),
    ("tags of a resource", b"\x01n\x01\x01t", b"\x01n\x02\x01u\x01t", "tags are not in order"),
    (
        "texts of an attribute",
        b"\x04\x02\x01\x01a",
        b"\x04\x02\x02\x01a\x01a",
        "texts of an attribute are not in order",
    ),
    ("the id of a segment", b"\x01\x025f", b"\x01\x02 f", "is not allowed"),
];

fn encoded(effect: Effect) -> Vec<u8> {
    let stamp = Stamp { revision: 9, time: Timestamp::from_millis(9) };
    let (meta, project) = (ChangeMeta::default(), project_key(1));
    let effects = vec![effect];
    ChangeRecord { stamp, meta, project, begins_project: false, effects }.encode().unwrap()
}

/// The error with all its causes.
fn told(bytes: &[u8]) -> String {
    match ChangeRecord::decode(bytes) {
        Err(error) => crate::model::error_chain::chain(&error),
        Ok(record) => panic!("taken: {record:?}"),
    }
}

#[test]
fn fields_of_views_and_resources_are_checked_in_every_effect() {
    let mut seen = [0; CASES.len()];
    for effect in effects() {
        let bytes = encoded(effect.clone());
        for ((what, good, bad, said), seen) in CASES.into_iter().zip(&mut seen) {
            let places = bytes.windows(good.len()).enumerate().filter(|(_, found)| *found == good);
            for (at, _) in places {
                let hostile = [&bytes[..at], bad, &bytes[at + good.len()..]].concat();
                let error = told(&hostile);
                assert!(error.contains(said), "{what} at {at} of {effect:?}: {error}");
                *seen += 1;
            }
        }
    }
    // Views: created, changed, deleted alone, deleted with their project, and restored. Resources: before and after a
    // put, removed alone, with their environment and with their project, and removed from the registry.
    assert_eq!(seen, [5, 6, 6, 6]);
}

#[test]
fn resources_and_views_of_a_removal_that_are_out_of_order_are_refused() {
    for effect in effects() {
        let doubled = match effect {
            Effect::RemoveResource { resource_type, name, removed, detail: Some(mut detail) } => {
                let double = detail.registered[0].clone();
                detail.registered.push(double);
                Effect::RemoveResource { resource_type, name, removed, detail: Some(detail) }
            }
            Effect::RemoveEnvironment { environment, removed, detail: Some(mut detail) } => {
                let double = detail.links[0].clone();
                detail.links.push(double);
                Effect::RemoveEnvironment { environment, removed, detail: Some(detail) }
            }
            Effect::DeleteProject { views, unlinked, detail: Some(mut detail) } => {
                let double = detail.views[0].clone();
                detail.views.push(double);
                Effect::DeleteProject { views, unlinked, detail: Some(detail) }
            }
            Effect::DeleteView { view, unlinked, detail: Some(mut detail) } => {
                let double = detail.links[0].clone();
                detail.links.push(double);
                Effect::DeleteView { view, unlinked, detail: Some(detail) }
            }
            _ => continue,
        };
        let error = told(&encoded(doubled));
        assert!(error.contains("out of order"), "{error}");
    }
}
