//! The bodies of resources to register.

use viewlink::wire::{self, RequestError, ResourcePut};
use viewlink::{Attribute, AttributeValue, Maintainer, NewResource, Timestamp};

use super::assert_golden;

fn parse(text: &str) -> Result<(String, NewResource), RequestError> {
    let (project, resource) = ResourcePut::from_json(text.as_bytes())?.into_new_resource()?;
    Ok((project.to_string(), resource))
}

#[test]
fn a_resource_to_register_has_its_json() {
    let put = ResourcePut {
        project_key: Some("p".into()),
        resource_type: Some("segment".into()),
        key: "beta".into(),
        name: Some("Beta".into()),
        tags: Some(vec!["web".into()]),
        maintainer_team_key: Some("t".into()),
        unbounded: Some(true),
        creation_date: Some(5),
        environment_id: Some("e".into()),
        id: Some("5f".into()),
        segment_type: Some(wire::Attribute(AttributeValue::texts(["rule", "list"]))),
        external: Some(wire::Attribute(7.into())),
        ..ResourcePut::default()
    };
    assert_golden(
        &put,
        concat!(
            r#"{"projectKey":"p","resourceType":"segment","key":"beta","name":"Beta","#,
            r#""tags":["web"],"maintainerTeamKey":"t","unbounded":true,"creationDate":5,"#,
            r#""environmentId":"e","_id":"5f","type":["list","rule"],"external":7}"#
        ),
    );
    assert_golden(&ResourcePut { key: "k".into(), ..ResourcePut::default() }, r#"{"key":"k"}"#);
}

#[test]
fn each_field_has_its_meaning_in_the_api() {
    let flag = || NewResource::flag("a");
    let member = Maintainer::Member("m".into());
    let full = flag()
        .name("A")
        .tags(["x", "y"])
        .maintainer(member)
        .archived(true)
        .temporary(true)
        .created_at(Timestamp::from_millis(7));
    for (text, project, expected) in [
        (r#"{"resourceType":"flag","key":"a"}"#, "default", flag()),
        (r#"{"kind":"flags","key":"a","projectKey":"p"}"#, "p", flag()),
        (r#"{"resourceType":"flag","kind":"boolean","key":"a"}"#, "default", flag()),
        (
            r#"{"resourceType":"flags","key":"a","name":"A","tags":["y","x"],"maintainerId":"m",
                "archived":true,"temporary":true,"creationDate":7}"#,
            "default",
            full,
        ),
        (
            r#"{"kind":"flag","key":"a","maintainerId":"","name":null,"_id":"x","variations":[[1]]}"#,
            "default",
            flag(),
        ),
        (r#"{"kind":"metric","key":"a"}"#, "default", NewResource::metric("a")),
        (r#"{"kind":"aiConfigs","key":"a"}"#, "default", NewResource::ai_config("a")),
        (
            r#"{"kind":"segment","key":"a","environmentId":"e","unbounded":true}"#,
            "default",
            NewResource::segment("e", "a").unbounded(true),
        ),
        (
            r#"{"kind":"segment","key":"a","environmentId":"e","id":"5f"}"#,
            "default",
            NewResource::segment_with_id("e", "a", "5f"),
        ),
    ] {
        assert_eq!(parse(text).unwrap(), (project.to_owned(), expected), "{text}");
    }
}

#[test]
fn a_resource_accepts_only_the_attributes_of_its_type() {
    let reported = r#""status":"active","staleState":-3,"targeting":null,"filterEnv":["b","a","b"],
        "followerId":"m","type":"rule","external":"amplitude""#;
    let flag = NewResource::flag("a")
        .attribute(Attribute::Status, "active")
        .attribute(Attribute::StaleState, -3)
        .attribute(Attribute::FilterEnv, AttributeValue::texts(["a", "b"]))
        .attribute(Attribute::FollowerId, "m".to_owned());
    let segment = NewResource::segment("e", "a")
        .attribute(Attribute::Type, "rule")
        .attribute(Attribute::External, "amplitude");
    for (head, expected) in [
        (r#""kind":"flag","key":"a""#, flag),
        (r#""kind":"segment","environmentId":"e","key":"a""#, segment),
        (r#""kind":"metric","key":"a""#, NewResource::metric("a")),
    ] {
        assert_eq!(parse(&format!("{{{head},{reported}}}")).unwrap().1, expected);
    }
}

#[test]
fn the_error_of_an_invalid_resource_names_the_problem() {
    for (text, expected) in [
        (r#"{"kind":"flag"}"#, "missing field `key`"),
        (r#"["flag","a"]"#, "expected an object"),
        (r#"{"kind":"flag","key":"a"} {}"#, "trailing characters"),
        (r#"{"kind":"flag","key":"a","tags":"x"}"#, "at tags: invalid type: string"),
        (r#"{"kind":"flag","key":"a","archived":"no"}"#, "at archived: invalid type: string"),
        (r#"{"kind":"flag","key":"a","creationDate":-1}"#, "at creationDate: invalid value"),
        (r#"{"kind":"segment","key":"a","environmentId":"e","_id":"x","id":"y"}"#, "duplicate"),
        (
            r#"{"kind":"flag","key":"a","status":true}"#,
            "at status: invalid type: boolean `true`, expected a text, a whole number or a list of texts",
        ),
        (r#"{"kind":"flag","key":"a","staleState":1.5}"#, "at staleState: invalid type: floating"),
        (r#"{"kind":"flag","key":"a","status":["a",1]}"#, "at status[1]: invalid type: integer"),
        (r#"{"kind":"flag","key":"a","status":9223372036854775808}"#, "the number is too large"),
        (r#"{"key":"a"}"#, "resourceType is missing: use flag, segment, aiConfig or metric"),
        (r#"{"kind":"boolean","key":"a"}"#, "resourceType is \"boolean\""),
        (r#"{"kind":"flag","key":"a","projectKey":"no key"}"#, "projectKey is \"no key\""),
        (r#"{"kind":"segment","key":"a"}"#, "environmentId is missing"),
        (r#"{"kind":"flag","key":"a","environmentId":"e"}"#, "for segments only"),
        (
            r#"{"kind":"flag","key":"a","maintainerId":"m","maintainerTeamKey":"t"}"#,
            "exclude each other",
        ),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
