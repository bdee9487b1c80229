//! Arbitrary bytes and texts: an answer or an error, and never a panic.

use proptest::prelude::*;
use viewlink::ResourceType;
use viewlink::wire::{LinkRequest, Query, ViewPost};

use super::parse_all::{parse_all, query_all};

/// JSON that is nearly a request.
fn nearly() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "keys",
        "segmentIdentifiers",
        "filter",
        "environmentId",
        "comment",
        "key",
        "name",
        "maintainerId",
        "maintainerTeamKey",
        "tags",
        "resourceType",
        "_id",
        "creationDate",
        "archived",
        "other",
    ]);
    let value = prop::sample::select(vec![
        "null",
        "7",
        "\"\"",
        "\"a\"",
        "\"tags:a\"",
        "\"segment\"",
        "true",
        "[]",
        "[\"a\",\"a\"]",
        "[null]",
        "{}",
        "[[",
        "[{\"environmentId\":\"e\",\"segmentKey\":\"s\"}]",
        "\"\\ud800\"",
        "1e999",
        "tru",
    ]);
    prop::collection::vec((name, value), 0..5).prop_map(|fields| {
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_are_a_request_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        parse_all(&bytes);
    }

    #[test]
    fn json_that_is_nearly_a_request_is_valid_or_an_error(text in nearly()) {
        parse_all(text.as_bytes());
    }

    #[test]
    fn arbitrary_parameters_are_a_query_or_an_error(
        pairs in prop::collection::vec(("limit|offset|sort|query|filter|expand|environmentId|\\PC{0,5}", "[0-9]{0,3}|\\PC{0,20}"), 0..5),
        key in "\\PC{0,10}",
    ) {
        if let Ok(query) = Query::from_pairs(pairs) {
            query_all(&query, &key);
        }
    }
}

#[test]
fn json_with_very_deep_nesting_is_an_error() {
    for open in ["[", "{\"a\":", "{\"keys\":[", "{\"other\":["] {
        parse_all(open.repeat(100_000).as_bytes());
    }
    // Unknown fields are ignored at any depth, and without recursion.
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let post = format!("{{\"key\":\"k\",\"name\":\"n\",\"x\":{open}{close}}}");
    ViewPost::from_json(post.as_bytes()).unwrap();
}

#[test]
fn a_hundred_thousand_keys_parse() {
    let keys: Vec<String> = (0..100_000).map(|number| format!("\"key-{number}\"")).collect();
    let body = format!("{{\"keys\":[{}]}}", keys.join(","));
    let batch = LinkRequest::from_json(body.as_bytes()).unwrap().into_batch(ResourceType::Flag);
    assert_eq!(batch.unwrap().len(), 100_000);
}
