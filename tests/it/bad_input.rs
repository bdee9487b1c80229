//! Invalid input: a clear error of the call or a failure of the key, and never a panic.

use std::error::Error as _;

use viewlink::{
    Batch, EnvironmentId, Error, FailureCode, FailureReason, KeyError, NewView, Options, Project,
    ProjectKey, Resource, ResourceKey, ResourceType, Store, ViewKey, ViewPatch,
};

use crate::support::{all, assert_clean, assert_plain, content_of, flag, journal, link, two_views};

/// Texts that are not valid keys, with a part of the error of each.
fn no_keys() -> Vec<(String, &'static str)> {
    let fixed = [
        ("", "empty"),
        (" ", "at byte 0"),
        ("a b", "' ' at byte 1"),
        ("a ", "' ' at byte 1"),
        ("\0", "'\\u{0}' at byte 0"),
        ("a\0b", "'\\u{0}' at byte 1"),
        ("a\nb", "'\\n' at byte 1"),
        ("\t", "'\\t' at byte 0"),
        ("a\u{1b}[31m", "'\\u{1b}' at byte 1"),
        ("a\u{7f}", "'\\u{7f}' at byte 1"),
        ("a\u{85}", "'\\u{85}' at byte 1"),
        ("a\u{202e}b", "'\\u{202e}' at byte 1"),
        ("kä", "at byte 1"),
        ("名", "at byte 0"),
        ("a\u{301}", "at byte 1"),
        ("..", "'.' at byte 0"),
        (".", "'.' at byte 0"),
        ("../../etc/passwd", "'.' at byte 0"),
        ("a/../b", "'/' at byte 1"),
        ("/etc", "'/' at byte 0"),
        ("a\\b", "at byte 1"),
        ("C:", "':' at byte 1"),
        ("a%2fb", "'%' at byte 1"),
        ("-a", "'-' at byte 0"),
        ("_a", "'_' at byte 0"),
        ("a'b", "at byte 1"),
        ("{}", "'{' at byte 0"),
    ];
    let mut texts: Vec<_> = fixed.map(|(text, says)| (text.to_owned(), says)).into();
    texts.push(("x".repeat(257), "257 bytes, but the limit is 256"));
    texts.push(("ä".repeat(200), "400 bytes, but the limit is 256"));
    texts.push(("x".repeat(1 << 20), "1048576 bytes, but the limit is 256"));
    texts
}

/// Checks the error of a call: it names the malformed text, and its cause says why.
fn assert_names(error: &Error, what: &str, text: &str, says: &str) {
    let Error::InvalidKey { what: found, text: kept, source } = error else { panic!("{error}") };
    // The error shows enough of a long text to recognise it.
    let start: String = text.chars().take(512).collect();
    assert_eq!((*found, kept), (what, &start));
    assert!(source.to_string().contains(says), "{source} does not say {says}");
    assert!(error.to_string().contains(what), "{error}");
    let cause = error.source().expect("a cause");
    assert!(cause.is::<KeyError>(), "{cause}");
    assert_plain(&error.to_string());
    assert_plain(&cause.to_string());
}

#[test]
fn an_invalid_project_key_is_an_error_that_names_it() {
    let (store, _) = two_views();
    let snapshot = store.snapshot().unwrap();
    for (text, says) in no_keys() {
        assert_names(&store.project(&text).unwrap_err(), "project key", &text, says);
        assert_names(&snapshot.project(&text).unwrap_err(), "project key", &text, says);
    }
}

/// Every call with a view key.
fn with_view_key(store: &Store, project: &Project, key: &str) -> Vec<Error> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    vec![
        project.create_view(NewView::new(key, "")).unwrap_err(),
        project.ensure_view(NewView::new(key, "")).unwrap_err(),
        project.update_view(key, ViewPatch::new().name("n")).unwrap_err(),
        project.delete_view(key).unwrap_err(),
        project.link(key, Batch::flags(["a"])).unwrap_err(),
        project.unlink(key, Batch::flags([""; 0])).unwrap_err(),
        reader.view(key).unwrap_err(),
        reader.is_linked(key, &flag("a")).unwrap_err(),
        reader.linked_resources(key, ResourceType::Flag, all()).unwrap_err(),
    ]
}

#[test]
fn an_invalid_view_key_is_an_error_that_names_it_and_changes_nothing() {
    let (store, project) = two_views();
    let before = content_of(&store);
    for (text, says) in no_keys() {
        for error in with_view_key(&store, &project, &text) {
            assert_names(&error, "view key", &text, says);
        }
    }
    assert_eq!(content_of(&store), before);
    assert_eq!(journal(&store).len(), 2);
}

#[test]
fn an_invalid_resource_key_fails_on_its_own_for_every_type() {
    let (store, project) = two_views();
    let (texts, says): (Vec<_>, Vec<_>) = no_keys().into_iter().unzip();
    for number in 0..8 {
        let texts = texts.clone();
        let batch = match number / 2 {
            0 => Batch::flags(texts),
            1 => Batch::segments(texts.into_iter().map(|key| ("env", key))),
            2 => Batch::ai_configs(texts),
            _ => Batch::metrics(texts),
        };
        let report = match number % 2 {
            0 => project.link("v", batch),
            _ => project.unlink("v", batch),
        };
        let report = report.unwrap();
        assert_eq!((report.failure_count(), report.revision()), (says.len(), None));
        for ((failed, says), text) in report.failures().zip(&says).zip(no_keys()) {
            assert_eq!(
                (failed.code(), failed.resource().key()),
                (FailureCode::InvalidKey, &*text.0)
            );
            assert!(matches!(failed.reason(), FailureReason::InvalidKey(_)));
            let reason = failed.reason().to_string();
            assert!(reason.contains(says), "{reason} does not say {says}");
            assert_plain(&reason);
            assert!(!failed.to_string().chars().any(char::is_control), "{failed}");
        }
    }
    assert_eq!(journal(&store).len(), 2);
}

#[test]
fn an_invalid_environment_id_is_the_failure_of_that_segment() {
    let (store, project) = two_views();
    for (text, says) in no_keys() {
        let batch = Batch::segments([(text.as_str(), "good"), ("env", "good")]);
        let report = project.link("v", batch.clone()).unwrap();
        let failed = report.failures().next().expect("a failure");
        assert_eq!(report.failure_count(), 1);
        assert_eq!(failed.code(), FailureCode::InvalidKey);
        assert_eq!(failed.resource().environment(), Some(text.as_str()));
        assert!(matches!(failed.reason(), FailureReason::InvalidEnvironment(_)));
        let reason = failed.reason().to_string();
        assert!(reason.contains("environment id") && reason.contains(says), "{reason}");
        assert_plain(&reason);
        let report = project.unlink("v", batch).unwrap();
        assert_eq!((report.success_count(), report.failure_count()), (1, 1));
    }
    assert_clean(&store);
}

#[test]
fn no_key_type_accepts_an_invalid_text() {
    for (text, says) in no_keys() {
        let errors = [
            ProjectKey::parse(&text).unwrap_err(),
            ViewKey::parse(&text).unwrap_err(),
            text.parse::<ResourceKey>().unwrap_err(),
            EnvironmentId::try_from(text.clone()).unwrap_err(),
            Resource::flag(&text).unwrap_err(),
            Resource::ai_config(&text).unwrap_err(),
            Resource::metric(&text).unwrap_err(),
            Resource::segment(&text, "good").unwrap_err(),
            Resource::segment("good", &text).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains(says), "{error}");
            let whole = Error::from(error);
            assert!(whole.source().is_some_and(|cause| cause.is::<KeyError>()));
            assert_plain(&whole.to_string());
        }
    }
}

#[test]
fn no_key_type_is_deserialized_from_an_invalid_text() {
    for (text, says) in no_keys() {
        let json = serde_json::Value::from(text);
        let errors = [
            serde_json::from_value::<ProjectKey>(json.clone()).unwrap_err(),
            serde_json::from_value::<ViewKey>(json.clone()).unwrap_err(),
            serde_json::from_value::<ResourceKey>(json.clone()).unwrap_err(),
            serde_json::from_value::<EnvironmentId>(json).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.to_string().contains(says)), "{errors:?}");
    }
    let folded: ViewKey = serde_json::from_value("My-View".into()).unwrap();
    assert_eq!(folded.as_str(), "my-view");
    assert_eq!(serde_json::to_value(folded).unwrap(), "my-view");
}

#[test]
fn the_longest_and_the_shortest_keys_are_valid_everywhere() {
    let long = format!("Z{}", "9._-".repeat(63) + "aaa");
    assert_eq!(long.len(), 256);
    let store = Options::new().open_in_memory().unwrap();
    for key in [long.as_str(), "0"] {
        let project = store.project(key).unwrap();
        project.create_view(NewView::new(key, "")).unwrap();
        link(&project, key, &[key]);
        let batch = Batch::segments([(key, key)]);
        project.link(key, batch.clone()).unwrap().all_ok().unwrap();
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project(key).unwrap();
        let segment = Resource::segment(key, key).unwrap();
        for resource in [flag(key), segment] {
            let page = reader.linked_views(&resource, all()).unwrap();
            assert_eq!(page.items[0].key.as_str(), key.to_ascii_lowercase());
            let resource_type = resource.resource_type();
            let page = reader.linked_resources(key, resource_type, all()).unwrap();
            assert_eq!(page.items[0].resource, resource);
        }
        project.unlink(key, batch).unwrap().all_ok().unwrap();
    }
    assert_clean(&store);
}

#[test]
fn names_and_descriptions_may_have_any_characters() {
    let (store, project) = two_views();
    let text = "名前 \0 \u{1b}[31m \n \u{202e} 🚩 ä";
    let noted = project.comment(text).actor(text);
    let view = NewView::new("x", text).description(text).tags([text, ""]);
    let created = noted.create_view(view).unwrap();
    assert_eq!((created.name.as_str(), created.description.as_str()), (text, text));
    assert_eq!(created.tags, ["", text]);
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.project("p").unwrap().view("x").unwrap(), created);
    let change = journal(&store).pop().unwrap();
    assert_eq!((change.actor.as_deref(), change.comment.as_deref()), (Some(text), Some(text)));
    assert_clean(&store);
}
