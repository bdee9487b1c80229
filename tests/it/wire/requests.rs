//! The bodies that clients send.

use viewlink::wire::{
    AlwaysFalse, LinkRequest, RequestError, SegmentIdentifier, ViewPatch, ViewPost,
};
use viewlink::{Batch, Maintainer, NewView, ResourceType};

use super::assert_golden;

fn keys(keys: &[&str], comment: Option<&str>) -> LinkRequest {
    LinkRequest::Keys {
        keys: keys.iter().map(ToString::to_string).collect(),
        filter: None,
        environment_id: None,
        comment: comment.map(Into::into),
    }
}

fn segment(environment: &str, key: &str) -> SegmentIdentifier {
    SegmentIdentifier { environment_id: environment.into(), segment_key: key.into() }
}

fn parse(body: &str) -> Result<LinkRequest, RequestError> {
    LinkRequest::from_json(body.as_bytes())
}

fn batch(body: &str, resource_type: ResourceType) -> Result<Batch, RequestError> {
    parse(body)?.into_batch(resource_type)
}

#[test]
fn each_shape_of_a_link_request_has_its_json() {
    assert_golden(
        &keys(&["checkout-v2", "no-such-flag"], Some("")),
        r#"{"keys":["checkout-v2","no-such-flag"],"comment":""}"#,
    );
    assert_golden(&keys(&[], None), r#"{"keys":[]}"#);
    assert_golden(
        &LinkRequest::SegmentIdentifiers {
            segment_identifiers: vec![segment("5f0", "beta"), segment("5f1", "beta")],
            filter: Some("unbounded = true".into()),
            environment_id: Some("5f0".into()),
            comment: Some("why".into()),
        },
        concat!(
            r#"{"segmentIdentifiers":[{"environmentId":"5f0","segmentKey":"beta"},"#,
            r#"{"environmentId":"5f1","segmentKey":"beta"}],"filter":"unbounded = true","#,
            r#""environmentId":"5f0","comment":"why"}"#
        ),
    );
    assert_golden(
        &LinkRequest::Filter {
            filter: "tags:a+b".into(),
            environment_id: None,
            comment: Some("why".into()),
        },
        r#"{"filter":"tags:a+b","comment":"why"}"#,
    );
    assert_golden(
        &LinkRequest::Keys {
            keys: vec!["a".into()],
            filter: Some("f".into()),
            environment_id: Some("e".into()),
            comment: None,
        },
        r#"{"keys":["a"],"filter":"f","environmentId":"e"}"#,
    );
}

#[test]
fn null_is_the_same_as_a_missing_field() {
    let body = r#"{"keys":["a"],"segmentIdentifiers":null,"filter":null,"environmentId":null,"comment":null}"#;
    assert_eq!(parse(body).unwrap(), keys(&["a"], None));
}

#[test]
fn the_error_of_a_malformed_link_request_names_the_problem_and_position() {
    for (body, expected) in [
        ("", "EOF"),
        ("{", "line 1 column 1"),
        ("[]", "line 1"),
        ("7", "invalid type"),
        ("{}", "give keys, segmentIdentifiers or filter"),
        (r#"{"comment":"why"}"#, "give keys, segmentIdentifiers or filter"),
        (r#"{"keys":null}"#, "give keys, segmentIdentifiers or filter"),
        (r#"{"keys":[],"segmentIdentifiers":[]}"#, "keys and segmentIdentifiers exclude"),
        (r#"{"keys":[],"environmentId":"e"}"#, "environmentId is for"),
        (r#"{"keys":["a"],"filtre":"tags:a"}"#, "unknown field `filtre`"),
        (r#"{"keys":"a"}"#, "at keys: invalid type: string"),
        (r#"{"keys":["a",7]}"#, "at keys[1]: invalid type: integer `7`"),
        (
            "{\"keys\":[\"a\",\n \"b\",null]}",
            "at keys[2]: invalid type: null, expected a string at line 2",
        ),
        (r#"{"keys":["a"],"keys":["b"]}"#, "duplicate field `keys`"),
        (r#"{"keys":["a"]} x"#, "trailing characters at line 1 column 16"),
        (
            r#"{"segmentIdentifiers":[{"environmentId":"e"}]}"#,
            "at segmentIdentifiers[0]: missing field `segmentKey`",
        ),
        (
            r#"{"segmentIdentifiers":[{"environmentId":"e","segmentKey":"s","key":"s"}]}"#,
            "segmentIdentifiers[0].key: unknown field `key`",
        ),
    ] {
        let error = parse(body).unwrap_err();
        assert!(matches!(error, RequestError::Body { .. }), "{body}: {error:?}");
        let text = error.to_string();
        assert!(text.starts_with("the body is invalid"), "{body}: {text}");
        assert!(text.contains(expected), "{body}: {text}");
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.is::<serde_json::Error>(), "{body}");
    }
}

#[test]
fn a_json_array_is_not_accepted_as_a_body() {
    let refused = |error: RequestError| {
        let text = error.to_string();
        assert!(text.contains("invalid type: sequence, expected an object"), "{text}");
        text
    };
    for body in [r#"[["a"],null,null,null,null]"#, "[]"] {
        refused(parse(body).unwrap_err());
    }
    let text = refused(parse(r#"{"segmentIdentifiers":[["5f0","beta"]]}"#).unwrap_err());
    assert!(text.contains("at segmentIdentifiers[0]"), "{text}");
    refused(ViewPost::from_json(br#"["key","name",null,null,null,null]"#).unwrap_err());
    refused(ViewPatch::from_json(br#"["name",null,null,null,null]"#).unwrap_err());

    let text = parse("null").unwrap_err().to_string();
    assert!(text.contains("invalid type: null, expected an object"), "{text}");
}

#[test]
fn a_link_request_becomes_a_batch() {
    for (resource_type, expected) in [
        (ResourceType::Flag, Batch::flags(["a", "", "a"])),
        (ResourceType::AiConfig, Batch::ai_configs(["a", "", "a"])),
        (ResourceType::Metric, Batch::metrics(["a", "", "a"])),
        (ResourceType::Segment, Batch::segment_ids(["a", "", "a"])),
    ] {
        let body = r#"{"keys":["a","","a"],"comment":"why"}"#;
        assert_eq!(batch(body, resource_type).unwrap(), expected.clone().comment("why"));
        let body = r#"{"keys":["a","","a"],"comment":""}"#;
        assert_eq!(batch(body, resource_type).unwrap(), expected, "an empty comment is none");
    }
    let body =
        r#"{"segmentIdentifiers":[{"environmentId":"e","segmentKey":"s"}],"environmentId":"e"}"#;
    assert_eq!(batch(body, ResourceType::Segment).unwrap(), Batch::segments([("e", "s")]));
}

#[test]
fn segment_identifiers_are_refused_for_every_other_type() {
    let body = r#"{"segmentIdentifiers":[]}"#;
    for resource_type in ResourceType::ALL {
        let result = batch(body, resource_type);
        if resource_type == ResourceType::Segment {
            assert!(result.unwrap().is_empty());
        } else {
            let error = result.unwrap_err();
            assert!(error.to_string().contains("for segments only"), "{error}");
        }
    }
}

#[test]
fn the_bodies_of_a_view_have_their_json() {
    let post = ViewPost {
        key: "Checkout".into(),
        name: "Checkout team".into(),
        description: Some("all of it".into()),
        maintainer_id: None,
        maintainer_team_key: Some("checkout".into()),
        tags: Some(vec!["web".into()]),
    };
    assert_golden(
        &post,
        concat!(
            r#"{"key":"Checkout","name":"Checkout team","description":"all of it","#,
            r#""maintainerTeamKey":"checkout","tags":["web"]}"#
        ),
    );
    let post = ViewPost { key: "k".into(), name: "n".into(), ..ViewPost::default() };
    assert_golden(&post, r#"{"key":"k","name":"n"}"#);
    assert_golden(&ViewPatch::default(), "{}");
    let patch = ViewPatch {
        name: Some("n".into()),
        description: Some(String::new()),
        maintainer_id: Some(String::new()),
        maintainer_team_key: None,
        tags: Some(vec![]),
        archived: Some(AlwaysFalse),
        generate_sdk_keys: None,
    };
    let json = r#"{"name":"n","description":"","maintainerId":"","tags":[],"archived":false}"#;
    assert_golden(&patch, json);
}

#[test]
fn a_view_post_becomes_a_new_view() {
    let view = |body: &str| ViewPost::from_json(body.as_bytes()).and_then(ViewPost::into_new_view);
    let member = || Maintainer::Member("m".into());
    let team = || Maintainer::Team("t".into());
    let plain = || NewView::new("k", "n");
    for (body, expected) in [
        (r#"{"key":"k","name":"n"}"#, plain()),
        (
            r#"{"key":"k","name":"n","tags":["b","a"],"description":"d"}"#,
            plain().tags(["a", "b"]).description("d"),
        ),
        (r#"{"key":"k","name":"n","maintainerId":"m"}"#, plain().maintainer(member())),
        (r#"{"key":"k","name":"n","maintainerTeamKey":"t"}"#, plain().maintainer(team())),
        (
            r#"{"key":"k","name":"n","maintainerId":"","maintainerTeamKey":"t"}"#,
            plain().maintainer(team()),
        ),
        (r#"{"key":"k","name":"n","maintainerId":"","maintainerTeamKey":""}"#, plain()),
        (
            r#"{"key":"k","name":"n","generateSdkKeys":true,"archived":{"at":[1]},"description":null}"#,
            plain(),
        ),
    ] {
        assert_eq!(view(body).unwrap(), expected, "{body}");
    }
    for (body, expected) in [
        (r#"{"name":"n"}"#, "missing field `key`"),
        (r#"{"key":"k"}"#, "missing field `name`"),
        (r#"{"key":"k","name":null}"#, "at name: invalid type: null"),
        (r#"{"key":"k","name":"n","tags":"a"}"#, "at tags: invalid type: string"),
        (
            r#"{"key":"k","name":"n","maintainerId":"m","maintainerTeamKey":"t"}"#,
            "exclude each other",
        ),
    ] {
        let error = view(body).unwrap_err().to_string();
        assert!(error.contains(expected), "{body}: {error}");
    }
}

#[test]
fn a_view_patch_becomes_a_patch() {
    use viewlink::ViewPatch as Change;
    let patch = |body: &str| ViewPatch::from_json(body.as_bytes()).and_then(ViewPatch::into_patch);
    for (body, expected) in [
        ("{}", Change::new()),
        (r#"{"name":"n","archived":false,"generateSdkKeys":false}"#, Change::new().name("n")),
        (r#"{"archived":null}"#, Change::new()),
        (r#"{"description":"","tags":[]}"#, Change::new().description("").tags([""; 0])),
        (r#"{"maintainerId":""}"#, Change::new().no_maintainer()),
        (r#"{"maintainerTeamKey":""}"#, Change::new().no_maintainer()),
        (r#"{"maintainerId":null}"#, Change::new()),
        (r#"{"maintainerId":"m"}"#, Change::new().maintainer(Maintainer::Member("m".into()))),
        (
            r#"{"maintainerId":"","maintainerTeamKey":"t"}"#,
            Change::new().maintainer(Maintainer::Team("t".into())),
        ),
    ] {
        assert_eq!(patch(body).unwrap(), expected, "{body}");
    }
    for body in [r#"{"maintainerId":"m","maintainerTeamKey":"t"}"#, "[]", "null", r#"{"name":1}"#] {
        patch(body).unwrap_err();
    }
}

#[test]
fn the_error_of_a_view_patch_names_the_unsupported_field() {
    for (field, value) in [
        ("archived", "true"),
        ("archived", "0"),
        ("generateSdkKeys", "true"),
        ("key", "\"other\""),
        ("merge", "{}"),
        ("patch", "[]"),
        ("instructions", "[]"),
        ("descripton", "\"misspelt\""),
        ("maintainerID", "null"),
    ] {
        let body = format!(r#"{{"name": "n", "{field}": {value}}}"#);
        let error = ViewPatch::from_json(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(field), "{error}");
    }
}
