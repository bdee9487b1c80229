//! Filters and searches of requests, and their answers.

use proptest::prelude::*;
use viewlink::wire::{self, LinkReport, LinkRequest, LinkedResources, Query, RequestError};
use viewlink::{
    Batch, EnvironmentId, NewResource, NewView, Project, Resource, ResourceCondition,
    ResourceFilter, ResourceType, Store, ViewCondition, ViewFilter,
};

use crate::support::{create, memory, project};

fn batch(body: &str, resource_type: ResourceType) -> Result<Batch, RequestError> {
    LinkRequest::from_json(body.as_bytes())?.into_batch(resource_type)
}

fn query(pairs: &[(&str, &str)]) -> Query {
    Query::from_pairs(pairs.iter().copied()).unwrap()
}

fn filter(resource_type: ResourceType, text: &str) -> ResourceFilter {
    ResourceFilter::parse(resource_type, text).unwrap()
}

fn environment(id: &str) -> ResourceCondition {
    ResourceCondition::Environment(EnvironmentId::parse(id).unwrap())
}

/// A store with a registry and the view `v` without links.
fn registered() -> (Store, Project) {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let segment =
        |environment, key, id, tag| NewResource::segment_with_id(environment, key, id).tags([tag]);
    let resources = [
        NewResource::flag("a").name("Zebra").tags(["web"]),
        NewResource::flag("b").name("Ant").tags(["web", "c++ & more"]),
        NewResource::flag("c"),
        segment("e1", "beta", "id1", "web"),
        segment("e2", "beta", "id2", "web"),
    ];
    project.put_resources(resources).unwrap().all_ok().unwrap();
    (store, project)
}

#[test]
fn a_filter_becomes_a_batch_in_each_of_the_three_shapes() {
    let of_flags = || filter(ResourceType::Flag, "tags:a+b");
    let of_segments = || filter(ResourceType::Segment, "unbounded = true").and(environment("e"));
    for (body, resource_type, expected) in [
        (
            r#"{"filter":"tags:a+b","comment":"why"}"#,
            ResourceType::Flag,
            Batch::matching(ResourceType::Flag, of_flags()).comment("why"),
        ),
        (
            r#"{"keys":["x","x"],"filter":"tags:a+b"}"#,
            ResourceType::Flag,
            Batch::flags(["x", "x"]).and_matching(of_flags()),
        ),
        (
            r#"{"filter":"unbounded = true","environmentId":"e"}"#,
            ResourceType::Segment,
            Batch::matching(ResourceType::Segment, of_segments()),
        ),
        (
            r#"{"keys":["id"],"filter":"unbounded = true","environmentId":"e"}"#,
            ResourceType::Segment,
            Batch::segment_ids(["id"]).and_matching(of_segments()),
        ),
        (
            r#"{"segmentIdentifiers":[{"environmentId":"o","segmentKey":"s"}],
                "filter":"unbounded = true","environmentId":"e"}"#,
            ResourceType::Segment,
            Batch::segments([("o", "s")]).and_matching(of_segments()),
        ),
    ] {
        assert_eq!(batch(body, resource_type).unwrap(), expected, "{body}");
    }
}

#[test]
fn a_filter_for_segments_needs_an_environment_and_other_filters_refuse_it() {
    for body in [
        r#"{"filter":"tags = \"a\""}"#,
        r#"{"filter":"tags = \"a\"","environmentId":null}"#,
        r#"{"filter":"tags = \"a\"","environmentId":""}"#,
        r#"{"keys":["id"],"filter":"tags = \"a\""}"#,
        r#"{"segmentIdentifiers":[{"environmentId":"e","segmentKey":"s"}],"filter":"tags = \"a\""}"#,
    ] {
        let error = batch(body, ResourceType::Segment).unwrap_err();
        assert!(matches!(error, RequestError::Parameter { name: "environmentId", .. }), "{body}");
        assert!(error.to_string().starts_with("environmentId is missing: "), "{error}");
    }
    let body = r#"{"filter":"query:a","environmentId":"no key"}"#;
    let error = batch(body, ResourceType::Segment).unwrap_err().to_string();
    assert!(error.starts_with("environmentId is \"no key\": "), "{error}");
    for resource_type in [ResourceType::Flag, ResourceType::AiConfig, ResourceType::Metric] {
        let body = r#"{"filter":"query:a","environmentId":"e"}"#;
        let error = batch(body, resource_type).unwrap_err();
        assert!(matches!(error, RequestError::Shape(_)), "{error:?}");
    }
}

#[test]
fn an_empty_filter_is_refused() {
    for text in ["", " ", "\\n"] {
        for keys in ["", r#""keys":["a"],"#] {
            let body = format!(r#"{{{keys}"filter":"{text}"}}"#);
            // Together with keys, an empty text cannot mean everything.
            if text.is_empty() && !keys.is_empty() {
                assert_eq!(batch(&body, ResourceType::Flag).unwrap(), Batch::flags(["a"]));
                continue;
            }
            let error = batch(&body, ResourceType::Flag).unwrap_err();
            assert!(matches!(error, RequestError::Filter { what: "filter", .. }), "{body}");
        }
    }
}

#[test]
fn a_list_is_selected_by_filter_query_and_environment() {
    let asked = query(&[
        ("filter", "name startsWith Z"),
        ("query", "eB"),
        ("environmentId", "e"),
        ("sort", "name"),
    ]);
    for resource_type in ResourceType::ALL {
        let found = filter(resource_type, "name startsWith Z");
        let found = found.and(ResourceCondition::Query("eB".into()));
        let expected = match resource_type {
            ResourceType::Segment => found.and(environment("e")),
            _ => found,
        };
        assert_eq!(asked.resource_filter(resource_type).unwrap(), expected);
    }
    let views = ViewFilter::parse("name startsWith Z").unwrap();
    let views = views.and(ViewCondition::Query("eB".into()));
    assert_eq!(asked.view_filter().unwrap(), views);

    let empty = query(&[("query", ""), ("filter", "")]);
    assert_eq!(empty.resource_filter(ResourceType::Flag).unwrap(), ResourceFilter::all());
    assert_eq!(empty.view_filter().unwrap(), ViewFilter::all());
    empty.linked_view_paging().unwrap();

    let wrong = query(&[("filter", "tag = a, colour = b")]);
    for error in
        [wrong.resource_filter(ResourceType::Flag).unwrap_err(), wrong.view_filter().unwrap_err()]
    {
        assert!(matches!(error, RequestError::Filter { .. }), "{error:?}");
    }
}

#[test]
fn the_views_of_a_resource_are_not_filtered() {
    for name in ["query", "filter"] {
        let error = query(&[(name, "a")]).linked_view_paging().unwrap_err();
        assert!(matches!(error, RequestError::Unsupported { what, .. } if what == name));
        assert!(error.to_string().contains("cannot be filtered"), "{error}");
    }
}

/// The keys of a page, and the query of the link to the next one.
fn page(store: &Store, asked: &Query) -> (Vec<String>, u64, Option<String>) {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let (of, view) = (ResourceType::Flag, "v".parse().unwrap());
    let filter = asked.resource_filter(of).unwrap();
    let paging = asked.link_paging().unwrap();
    let page = reader.linked_resources_matching("v", of, &filter, paging).unwrap();
    let answer = LinkedResources::new(&page, &reader.info().key, &view, of, asked);
    let next = answer.links.unwrap().next.map(|link| link.href.split_once('?').unwrap().1.into());
    (answer.items.into_iter().map(|item| item.resource_key).collect(), answer.total_count, next)
}

#[test]
fn a_filter_links_its_resources_and_the_page_links_keep_it() {
    let (store, project) = registered();
    let request = batch(r#"{"keys":["c","x"],"filter":"tags:web"}"#, ResourceType::Flag).unwrap();
    let report = project.link("v", request).unwrap();
    assert_eq!(LinkReport::new(&report).success_count, 4);

    let asked = query(&[("limit", "1"), ("sort", "name"), ("query", "A"), ("filter", "tags:web")]);
    let (keys, total, next) = page(&store, &asked);
    assert_eq!((keys, total), (vec!["b".to_owned()], 2), "Ant is before Zebra");
    let next = next.unwrap();
    assert_eq!(next, "limit=1&offset=1&sort=name&query=A&filter=tags%3Aweb");

    let asked = query(&[("filter", r#"tags = "c++ & more""#)]);
    assert_eq!(page(&store, &asked).0, ["b"]);
    let body = r#"{"filter":"query:a"}"#;
    let report = project.unlink("v", batch(body, ResourceType::Flag).unwrap()).unwrap();
    assert_eq!((report.success_count(), report.failure_count()), (2, 0), "{report:?}");
}

/// The query of a URL, as a server parses it.
fn decoded(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    let digits = std::str::from_utf8(&digits).unwrap();
                    bytes.push(u8::from_str_radix(digits, 16).unwrap());
                }
                b'+' => bytes.push(b' '),
                _ => bytes.push(byte),
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_link_to_a_page_is_the_query_that_asked_for_it(
        search in "\\PC{0,12}", filter in "[ -~é\u{1f600}]{0,12}", expand in "|maintainer,allFlags",
        sort in "linkedAt|name",
    ) {
        let (store, _) = registered();
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        let asked = query(&[
            ("query", &search), ("filter", &filter), ("expand", &expand), ("sort", &sort),
            ("environmentId", "e.1"), ("limit", "7"), ("offset", "3"),
        ]);
        let page = reader.views(viewlink::Paging::first(7).offset(3)).unwrap();
        let views = wire::Views::of_project(&page, &reader.info(), "acc", &asked);
        let own = views.links.unwrap().own.href;
        let visible = own.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>#\\^`{|}".contains(&byte));
        prop_assert!(visible, "{}", own);
        let again = Query::from_pairs(decoded(own.split_once('?').unwrap().1)).unwrap();
        prop_assert_eq!(again, asked);
    }
}

#[test]
fn the_failure_of_a_segment_by_id_names_the_segment() {
    let (_store, project) = registered();
    let body = r#"{"keys":["id2","nobody"]}"#;
    let report = project.unlink("v", batch(body, ResourceType::Segment).unwrap()).unwrap();
    let reported = serde_json::to_value(LinkReport::new(&report)).unwrap();
    let failed = &reported["failedResources"];
    assert_eq!(
        (&failed[0]["resourceKey"], &failed[0]["environmentId"], &failed[0]["code"]),
        (&"beta".into(), &"e2".into(), &"not_linked".into())
    );
    assert_eq!(
        (&failed[1]["resourceKey"], failed[1].get("environmentId"), &failed[1]["code"]),
        (&"nobody".into(), None, &"unknown_resource".into())
    );
}

#[test]
fn a_path_names_a_segment_by_key_or_else_by_id() {
    let (store, project) = registered();
    let find = |environment: &str, text: &str| {
        let snapshot = store.snapshot().unwrap();
        let named = Resource::segment(environment, text).unwrap();
        let found = wire::find_resource(&snapshot.project("p").unwrap(), named).unwrap();
        found.to_string()
    };
    assert_eq!(find("e1", "beta"), "e1/beta");
    assert_eq!(find("e1", "id1"), "e1/beta");
    assert_eq!(find("e2", "id1"), "e2/id1", "the id is of another environment");
    assert_eq!(find("e1", "nobody"), "e1/nobody");

    project.link("v", Batch::segments([("e1", "id1")])).unwrap().all_ok().unwrap();
    assert_eq!(find("e1", "id1"), "e1/id1", "a segment with that key is linked");
    project.unlink("v", Batch::segments([("e1", "id1")])).unwrap().all_ok().unwrap();
    assert_eq!(find("e1", "id1"), "e1/beta");
    project.put_resources([NewResource::segment("e1", "id1")]).unwrap().all_ok().unwrap();
    assert_eq!(find("e1", "id1"), "e1/id1", "a segment with that key is registered");

    let snapshot = store.snapshot().unwrap();
    let flag = Resource::flag("id1").unwrap();
    assert_eq!(wire::find_resource(&snapshot.project("p").unwrap(), flag.clone()).unwrap(), flag);
}

#[test]
fn the_views_of_a_project_are_filtered() {
    let (store, project) = registered();
    project.create_view(NewView::new("shop", "Shop").tags(["web"])).unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for (pairs, expected) in [
        (&[("filter", r#"tag anyOf ["web"]"#)][..], &["shop"][..]),
        (&[("filter", "key notEquals shop")], &["v"]),
        (&[("query", "SHO")], &["shop"]),
        (&[("filter", "isPayloadView = true")], &[]),
        (&[], &["shop", "v"]),
    ] {
        let asked = query(pairs);
        let (filter, paging) = (asked.view_filter().unwrap(), asked.view_paging().unwrap());
        let page = reader.views_matching(&filter, paging).unwrap();
        let keys: Vec<_> = page.items.iter().map(|view| view.key.as_str()).collect();
        assert_eq!((keys.as_slice(), page.total), (expected, expected.len() as u64), "{pairs:?}");
    }
}
