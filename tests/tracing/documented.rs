//! Compares the events with their documentation.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::Duration;

use tracing::Level;
use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Checkpoints, Fault, NewResource, NewView, Options, ViewPatch};

use crate::collector::{Logged, listen};

/// A history that causes every event, with secret names.
fn everything() -> Vec<Logged> {
    let disk = SimulatedDisk::new();
    let options = || {
        let options = Options::new().slow_commit(Duration::ZERO).segment_size(4096);
        // In this thread, since the subscriber does not listen to others.
        options.checkpoints(Checkpoints::Inline).keep_changes(Some(1))
    };
    let (killed, mut logged) = listen(|| {
        let store = options().open_on(&disk).unwrap();
        let project = store.project("secret-project").unwrap();
        let project = project.actor("secret-actor").comment("secret-comment");
        let view = NewView::new("secret-view", "secret-name").description("secret-text");
        project.create_view(view.tags(["secret-tag"])).unwrap();
        let resource = NewResource::flag("secret-flag").name("secret-name").tags(["secret-tag"]);
        project.put_resources([resource]).unwrap().all_ok().unwrap();
        for number in 0..60 {
            let key = format!("secret-{number}-{}", "x".repeat(200));
            project.link("secret-view", Batch::flags([key])).unwrap().all_ok().unwrap();
            let segments = Batch::segments([("secret-env", format!("secret-{number}"))]);
            project.link("secret-view", segments).unwrap().all_ok().unwrap();
        }
        let _ = project.unlink("secret-view", Batch::flags(["secret-flag", "secret?"])).unwrap();
        project.dry_run().delete_view("secret-view").unwrap();
        project.delete_view("secret-none").unwrap_err();
        disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Rename));
        store.checkpoint().unwrap_err();
        store.checkpoint().unwrap();
        let dir = tempfile::tempdir().unwrap();
        store.backup_to(dir.path().join("secret-copy")).unwrap();
        project.update_view("secret-view", ViewPatch::new().name("secret-other")).unwrap();
        store.fail_next_change(Fault::Panic);
        project.link("secret-view", Batch::flags(["secret-flag"])).unwrap_err();
        store.fail_next_change(Fault::Unknown);
        project.link("secret-view", Batch::flags(["secret-flag"])).unwrap_err();
        disk.killed()
    });
    // The last change is cut off in the middle.
    let mut files = killed.contents();
    let newest = files.keys().filter(|name| name.ends_with(".log")).max().cloned();
    let segment = files.get_mut(&newest.unwrap()).unwrap();
    let end = segment.iter().rposition(|byte| *byte != 0).unwrap();
    segment[end] ^= 0xff;
    let broken = SimulatedDisk::with_files(files);
    let ((), more) = listen(|| drop(options().open_on(&broken).unwrap()));
    logged.extend(more);
    logged
}

#[test]
fn every_span_and_event_is_documented_with_its_level_and_fields() {
    let documentation = include_str!("../../src/lib.rs");
    let rows: Vec<&str> =
        documentation.lines().filter(|line| line.starts_with("//! | `viewlink::")).collect();
    let mut seen = BTreeSet::new();
    let mut shared = Vec::new();
    for logged in everything() {
        let level = logged.level.to_string().to_lowercase();
        let start = format!("//! | `{}` | `{}` | {level} |", logged.target, logged.name);
        let row = rows.iter().find(|row| row.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("{start} is not documented"));
        if logged.name == "commit" {
            shared.clone_from(&logged.fields);
        }
        let is_said = |field: &str| row.contains(&format!("`{field}`"));
        let by_reference = |field: &&str| logged.name == "slow_commit" && shared.contains(field);
        let unsaid = logged.fields.iter().filter(|field| **field != "message");
        let unsaid: Vec<_> =
            unsaid.filter(|field| !is_said(field) && !by_reference(field)).collect();
        assert!(unsaid.is_empty(), "{start}: {unsaid:?}");
        seen.insert(start);
    }
    assert_eq!(seen.len(), rows.len(), "documented but never sent: {seen:#?}");
}

#[test]
fn no_field_at_any_level_has_names_or_texts_of_tenants() {
    let logged = everything();
    for logged in &logged {
        assert!(!format!("{logged:?}").contains("secret"), "{logged:?}");
        let texts: Vec<_> = logged.texts.keys().copied().collect();
        let expected: &[&str] = match logged.name {
            "writes_stopped" | "checkpoint_failed" => &["message", "reason"],
            _ if logged.fields.contains(&"message") => &["message"],
            _ => &[],
        };
        assert_eq!(texts, expected, "{logged:?}");
        if expected.is_empty() {
            assert!(logged.level >= Level::INFO, "only events may have a higher level: {logged:?}");
        }
    }
}
