//! The answers to failed calls.

use viewlink::wire::{ErrorBody, ErrorCode, LinkRequest, Query};
use viewlink::{Batch, Error, Fault, NewView, Options, Outcome, ResourceType, Result};

use super::assert_golden;
use crate::support::{create, memory, project};

#[test]
fn an_error_has_its_json() {
    assert_golden(
        &ErrorBody::new(ErrorCode::UnknownView, "there is no view v in project p"),
        r#"{"code":"unknown_view","message":"there is no view v in project p"}"#,
    );
}

#[test]
fn each_code_has_one_name_and_one_status() {
    let mut names = std::collections::BTreeSet::new();
    for code in ErrorCode::ALL {
        let name = code.as_str();
        assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{name}\""));
        assert!(names.insert(name), "{name}");
        let known = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 500, 503];
        assert!(known.contains(&code.status()), "{name}");
    }
}

#[track_caller]
fn assert_answer<T: std::fmt::Debug>(result: Result<T>, status: u16, code: &str) -> ErrorBody {
    let body = ErrorBody::from(&result.unwrap_err());
    assert_eq!((body.status(), body.code.as_str()), (status, code));
    assert!(!body.message.is_empty());
    body
}

#[test]
fn an_error_of_the_caller_has_its_reason() {
    let store = Options::new().batch_limit(1).open_in_memory().unwrap();
    let project = project(&store);
    let body = assert_answer(project.unlink("v", Batch::flags(["a"])), 404, "unknown_project");
    assert!(body.message.contains("no project p"), "{}", body.message);
    create(&project, "v");
    assert_answer(project.link("w", Batch::flags(["a"])), 404, "unknown_view");
    assert_answer(project.create_view(NewView::new("v", "")), 409, "view_exists");
    let body = assert_answer(project.link("v", Batch::flags(["a", "b"])), 400, "batch_too_large");
    assert_eq!(body.message, "the batch has 2 keys, but the limit is 1: split it");
    let long = NewView::new("x", "n".repeat(500));
    let body = assert_answer(project.create_view(long), 400, "too_long");
    assert_eq!(body.message, "the name has 500 bytes, but the limit is 256: shorten it");
    let body = assert_answer(project.delete_view("not a key"), 400, "invalid_key");
    assert!(body.message.contains("' ' at byte 3 is not allowed"), "{}", body.message);
    assert_answer(store.project("../etc"), 400, "invalid_key");
    assert_answer(viewlink::Resource::flag("").map_err(Error::from), 400, "invalid_key");
    assert_answer("x".parse::<viewlink::Cursor>(), 400, "invalid_request");
}

#[test]
fn a_failure_of_the_store_has_the_outcome_of_the_change_and_no_internals() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let link = || project.link("v", Batch::flags(["a"]));
    for (fault, code) in [
        (Fault::NotApplied, "internal"),
        (Fault::Panic, "internal"),
        (Fault::Unknown, "outcome_unknown"),
        (Fault::Committed, "committed"),
    ] {
        store.recover().unwrap();
        let _ = project.unlink("v", Batch::flags(["a"])).unwrap();
        store.fail_next_change(fault);
        let body = assert_answer(link(), 500, code);
        assert!(!body.message.contains("asked for by a test"), "{}", body.message);
    }
    let body = assert_answer(link(), 503, "writes_stopped");
    assert!(!body.message.contains("asked for by a test"), "{}", body.message);
    store.clone().close().unwrap_err();
    assert_answer(link(), 503, "closed");
}

#[test]
fn a_read_only_store_refuses_changes_with_a_message() {
    let dir = tempfile::tempdir().unwrap();
    Options::new().open(dir.path()).unwrap().close().unwrap();
    let store = Options::new().read_only(true).open(dir.path()).unwrap();
    let body = assert_answer(project(&store).create_view(NewView::new("v", "V")), 503, "read_only");
    assert_eq!(body.message, "the store is read only");
}

#[test]
fn the_error_of_a_request_is_in_the_message() {
    let error = LinkRequest::from_json(b"{}").unwrap_err();
    let body = ErrorBody::from(&error);
    assert_eq!(
        (body.status(), body.code, body.message),
        (400, ErrorCode::InvalidRequest, error.to_string())
    );
    let asked = Query::from_pairs([("filter", "a")]).unwrap();
    let error = asked.linked_view_paging().unwrap_err();
    let body = ErrorBody::from(&error);
    assert_eq!(
        (body.status(), body.code, body.message),
        (400, ErrorCode::Unsupported, error.to_string())
    );
}

#[test]
fn an_invalid_filter_has_another_code_than_one_with_an_unsupported_field() {
    for (filter, code, expected) in [
        ("tags:a,", ErrorCode::InvalidFilter, "at byte 7 of the filter: a condition is missing"),
        ("colour:red", ErrorCode::InvalidFilter, "unknown field \"colour\""),
        ("", ErrorCode::InvalidFilter, "it is empty"),
        ("tags:a,evaluated:1", ErrorCode::Unsupported, "at byte 7 of the filter: the field"),
        ("view:a b", ErrorCode::InvalidFilter, "' ' at byte 1 is not allowed"),
    ] {
        let body = serde_json::json!({ "filter": filter }).to_string();
        let request = LinkRequest::from_json(body.as_bytes()).unwrap();
        let error = request.into_batch(ResourceType::Flag).unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.is::<viewlink::FilterError>(), "{filter}");
        let body = ErrorBody::from(&error);
        assert_eq!((body.status(), body.code), (400, code), "{filter}");
        assert!(body.message.contains(expected), "{filter}: {}", body.message);
    }
}

#[test]
fn the_code_of_a_log_that_did_not_accept_a_change_says_whether_the_change_may_come_later() {
    for (outcome, status, code) in
        [(Outcome::NotApplied, 503, "log_unavailable"), (Outcome::Unknown, 500, "outcome_unknown")]
    {
        let error = Error::SharedLog { outcome, source: "asked for by a test".into() };
        let body = assert_answer::<()>(Err(error), status, code);
        assert!(body.message.contains("the log shared by all copies of the store"));
        assert!(!body.message.contains("asked for by a test"), "{}", body.message);
    }
    let newer = Error::NewerFormat { part: "log".to_owned(), found: 9, supported: 1 };
    assert_answer::<()>(Err(newer), 503, "upgrade_needed");
}

#[test]
fn a_full_store_has_its_own_error() {
    let store = Options::new().memory_limit(Some(1)).open_in_memory().unwrap();
    let body =
        assert_answer(project(&store).create_view(NewView::new("v", "V")), 503, "store_full");
    assert!(body.message.contains("nothing changed"), "{}", body.message);
}
