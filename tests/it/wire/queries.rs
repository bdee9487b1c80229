//! The parameters of reading requests.

use viewlink::wire::{Expansion, Query, RequestError};
use viewlink::{LinkSort, Paging, Resource, ResourceType, ViewSort};

fn query(pairs: &[(&str, &str)]) -> Result<Query, RequestError> {
    Query::from_pairs(pairs.iter().copied())
}

#[track_caller]
fn refused(pairs: &[(&str, &str)], expected: &str) {
    let error = query(pairs).unwrap_err().to_string();
    assert!(error.contains(expected), "{pairs:?}: {error}");
}

#[test]
fn a_page_has_the_first_twenty_items_by_default() {
    for pairs in [&[][..], &[("limit", ""), ("offset", "")], &[("_", "123"), ("archived", "true")]]
    {
        let query = query(pairs).unwrap();
        assert_eq!((query.limit(), query.offset()), (20, 0));
        assert_eq!(query.link_paging().unwrap(), Paging::first(20).sort(LinkSort::LinkedAt));
        assert_eq!(query.view_paging().unwrap(), Paging::first(20).sort(ViewSort::Key));
        assert_eq!(query.linked_view_paging().unwrap(), Paging::first(20));
        assert!(query.expand().is_empty());
    }
}

#[test]
fn limit_and_offset_are_numbers_in_their_range() {
    let asked = query(&[("limit", "1000"), ("offset", "4294967296")]).unwrap();
    let expected = Paging::first(1000).offset(4_294_967_296).sort(LinkSort::LinkedAt);
    assert_eq!(asked.link_paging().unwrap(), expected);
    assert_eq!(query(&[("limit", "0")]).unwrap().limit(), 0);
    for limit in
        ["-1", "1001", "1e3", "+5", " 5", "5 ", "x", "0x10", "1.0", "٣", "99999999999999999999"]
    {
        refused(&[("limit", limit)], "limit is \"");
    }
    for offset in ["-1", "x", "1.5", "+1", "99999999999999999999"] {
        refused(&[("offset", offset)], "offset is \"");
    }
    refused(&[("limit", "5"), ("limit", "5")], "limit is \"5\": it is given twice");
}

#[test]
fn each_list_has_its_sort_orders() {
    let sorted = |sort| query(&[("sort", sort)]).unwrap();
    let by_link_time = Paging::first(20).sort(LinkSort::LinkedAt);
    assert_eq!(sorted("linkedAt").link_paging().unwrap(), by_link_time);
    for (name, sort) in
        [("key", ViewSort::Key), ("name", ViewSort::Name), ("updatedAt", ViewSort::UpdatedAt)]
    {
        assert_eq!(sorted(name).view_paging().unwrap(), Paging::first(20).sort(sort));
    }
    let by_name = Paging::first(20).sort(LinkSort::Name);
    assert_eq!(sorted("name").link_paging().unwrap(), by_name);
    for other in ["key", "updatedAt"] {
        let error = sorted(other).link_paging().unwrap_err().to_string();
        assert!(error.contains("use linkedAt"), "{error}");
    }
    let error = sorted("linkedAt").view_paging().unwrap_err().to_string();
    assert!(error.contains("use key, name or updatedAt"), "{error}");
    assert_eq!(sorted("key").linked_view_paging().unwrap(), Paging::first(20));
    for other in ["name", "updatedAt", "linkedAt"] {
        let error = sorted(other).linked_view_paging().unwrap_err().to_string();
        assert!(error.contains("use key"), "{error}");
    }
    for unknown in ["-name", "Name", "linked_at", "name,key"] {
        refused(&[("sort", unknown)], "sort is \"");
    }
}

#[test]
fn expand_may_be_repeated_or_have_commas() {
    let names = [
        "flagsSummary",
        "segmentsSummary",
        "aiConfigsSummary",
        "metricsSummary",
        "resourceSummary",
        "allFlags",
        "allSegments",
        "allResources",
        "maintainer",
        "resourceDetails",
    ];
    let each: Vec<(&str, &str)> = names.iter().map(|name| ("expand", *name)).collect();
    let joined = names.join(",");
    let with_gaps = format!(" {} ,,{},", names[..5].join(" , "), names[5..].join(","));
    let expected = query(&each).unwrap();
    assert_eq!(query(&[("expand", &joined)]).unwrap(), expected);
    assert_eq!(query(&[("expand", &with_gaps), ("expand", "")]).unwrap(), expected);
    assert_eq!(query(&[("expand", &joined), ("expand", "maintainer")]).unwrap(), expected);
    assert_eq!(expected.expand().to_string(), joined);
    let brackets: Vec<_> = names.iter().map(|name| ("expand[]", *name)).collect();
    assert_eq!(query(&brackets).unwrap(), expected);
    let places: Vec<_> = (0..10).map(|place| format!("expand[{place}]")).collect();
    let places: Vec<_> = places.iter().map(String::as_str).zip(names).collect();
    assert_eq!(query(&places).unwrap(), expected);
    refused(&[("expand[12]", "everything")], "expand is \"everything\"");
    let one = query(&[("expand", "maintainer")]).unwrap();
    assert!(one.expand().contains(Expansion::Maintainer));
    assert!(!one.expand().contains(Expansion::AllFlags));
    refused(&[("expand", "maintainer,everything")], "expand is \"everything\": use");
}

#[test]
fn only_a_segment_is_looked_up_in_an_environment() {
    let none = query(&[]).unwrap();
    let some = query(&[("environmentId", "5f0")]).unwrap();
    for asked in [&none, &some] {
        let resource = |of, key| asked.resource(of, key).unwrap();
        assert_eq!(resource(ResourceType::Flag, "A.b"), Resource::flag("A.b").unwrap());
        assert_eq!(resource(ResourceType::AiConfig, "a"), Resource::ai_config("a").unwrap());
        assert_eq!(resource(ResourceType::Metric, "a"), Resource::metric("a").unwrap());
    }
    let segment = some.resource(ResourceType::Segment, "beta").unwrap();
    assert_eq!(segment, Resource::segment("5f0", "beta").unwrap());
    let error = none.resource(ResourceType::Segment, "beta").unwrap_err().to_string();
    assert!(error.starts_with("environmentId is missing"), "{error}");
    let error = some.resource(ResourceType::Segment, "not a key").unwrap_err().to_string();
    assert!(error.starts_with("resourceKey is \"not a key\""), "{error}");
    refused(&[("environmentId", "a b")], "environmentId is \"a b\"");
}
