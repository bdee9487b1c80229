//! The bodies that set or change the settings of a project, and the body to follow a filter.

use viewlink::wire::{FollowRequest, ProjectPatch, ProjectPut};
use viewlink::{ProjectSettings, ResourceFilter, ResourceType};

/// The change that a JSON Patch asks for, or why it is refused.
fn patch(body: &str) -> Result<viewlink::ProjectPatch, String> {
    ProjectPatch::from_json(body.as_bytes())
        .map(ProjectPatch::into_patch)
        .map_err(|error| error.to_string())
}

#[test]
fn each_setting_of_a_project_is_set_or_gets_its_default() {
    let put = |body: &str| ProjectPut::from_json(body.as_bytes()).unwrap().into_settings();
    let none = ProjectSettings::new();
    assert_eq!(put("{}"), none);
    assert_eq!(put(r#"{"name": "Shop"}"#), none.clone().name("Shop"));
    let flags = r#"{"requireViewAssociationForNewFlags": true}"#;
    assert_eq!(put(flags), none.clone().require_view_for_new_flags(true));
    let segments = r#"{"requireViewAssociationForNewSegments": true}"#;
    assert_eq!(put(segments), none.require_view_for_new_segments(true));
}

#[test]
fn a_change_of_a_project_has_only_the_fields_that_were_sent() {
    let none = viewlink::ProjectPatch::new();
    for (field, value, expected) in [
        ("name", r#""Shop""#, none.clone().name("Shop")),
        (
            "requireViewAssociationForNewFlags",
            "true",
            none.clone().require_view_for_new_flags(true),
        ),
        (
            "requireViewAssociationForNewFlags",
            "false",
            none.clone().require_view_for_new_flags(false),
        ),
        (
            "requireViewAssociationForNewSegments",
            "true",
            none.clone().require_view_for_new_segments(true),
        ),
    ] {
        assert_eq!(patch(&format!(r#"{{"{field}": {value}}}"#)).unwrap(), expected);
        for op in ["replace", "add"] {
            let step = format!(r#" [{{"op": "{op}", "path": "/{field}", "value": {value}}}]"#);
            assert_eq!(patch(&step).unwrap(), expected, "{step}");
        }
    }
    assert_eq!(patch("{}").unwrap(), none);
    assert_eq!(patch("[]").unwrap(), none);
}

#[test]
fn a_json_patch_that_does_not_replace_a_setting_is_refused() {
    for (op, path, value, expected) in [
        ("remove", "/name", r#""Shop""#, "op is \"remove\""),
        ("test", "/name", r#""Shop""#, "op is \"test\""),
        ("replace", "/name", "true", "path is \"/name\""),
        ("replace", "/requireViewAssociationForNewFlags", r#""yes""#, "path is \"/require"),
        ("replace", "/requireViewAssociationForNewSegments", r#""yes""#, "path is \"/require"),
        ("replace", "/key", r#""shop""#, "path is \"/key\""),
    ] {
        let step = format!(r#"[{{"op": "{op}", "path": "{path}", "value": {value}}}]"#);
        let refused = patch(&step).unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
}

#[test]
fn a_request_to_follow_has_the_filter_of_its_text() {
    let request = FollowRequest::from_json(br#"{"filter": "archived:false"}"#).unwrap();
    let expected = ResourceFilter::parse(ResourceType::Flag, "archived:false").unwrap();
    assert_eq!(request.to_filter(ResourceType::Flag).unwrap(), expected);
    let invalid = FollowRequest::from_json(br#"{"filter": "nothing:at all"}"#).unwrap();
    assert!(invalid.to_filter(ResourceType::Flag).is_err());
}
