//! The debug output of handles, which ends up in logs and messages of tests.

use viewlink::sequencer::Mark;
use viewlink::{Attribute, Options};

use crate::support::two_views;

#[test]
fn debug_output_names_the_type_and_where_the_handle_is() {
    let (store, project) = two_views();
    let snapshot = store.snapshot().unwrap();
    let feed = store.feed(1).unwrap().page_bytes(5);
    let stream = store.feed(1).unwrap().into_stream();
    let reader = project.read().unwrap();
    for (debug, expected) in [
        (format!("{snapshot:?}"), "Snapshot { revision: 2, .. }"),
        (format!("{feed:?}"), "Feed { revision: 1, page_bytes: 5, .. }"),
        (format!("{stream:?}"), "FeedStream { revision: 1, .. }"),
    ] {
        assert_eq!(debug, expected);
    }
    let reader = format!("{reader:?}");
    assert!(reader.starts_with("ProjectSnapshot { project: ProjectInfo {"), "{reader}");
    assert!(reader.ends_with("revision: 2, .. }"), "{reader}");
    let options = format!("{:?}", Options::new().batch_limit(7));
    assert!(options.starts_with("Options {") && options.contains("batch_limit: 7"), "{options}");
}

#[test]
fn a_mark_is_shown_as_hexadecimal_digits_and_an_attribute_as_its_name() {
    assert_eq!(format!("{:?}", Mark::new(&[0, 10, 255]).unwrap()), "000aff");
    assert_eq!(Attribute::StaleState.to_string(), "staleState");
}
