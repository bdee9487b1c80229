//! Verifying.

use std::fs;

use serde_json::json;
use viewlink::{Batch, NewView, Options};

use crate::support::{Stage, copy};

#[test]
fn a_clean_store_is_0() {
    let stage = Stage::with_flags(["a", "b"]);
    let ran = stage.run("verify", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.err.starts_with("clean: 1 project, 1 view, 2 links (2 flags, "), "{ran:?}");

    let verified = stage.run("verify", &["--json"]).json();
    let counts = json!({
        "projects": 1, "views": 1,
        "links": {"flags": 2, "segments": 0, "aiConfigs": 0, "metrics": 0},
        "resources": {"flags": 0, "segments": 0, "aiConfigs": 0, "metrics": 0},
        "revision": 2, "oldestKept": 1, "replayed": true,
    });
    assert_eq!(
        verified,
        json!({"clean": true, "findings": [], "moreFindings": 0, "counts": counts})
    );
}

#[test]
fn a_damaged_checkpoint_is_2() {
    let stage = Stage::with_flags(["flag-that-rots"]);
    let file = stage.store().join("checkpoint.redb");
    let mut bytes = fs::read(&file).unwrap();
    let name = b"flag-that-rots";
    let places: Vec<usize> =
        (0..bytes.len() - name.len()).filter(|&place| bytes[place..].starts_with(name)).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place] ^= 0x20;
    }
    fs::write(&file, &bytes).unwrap();
    let ran = stage.run("verify", &["--json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.error()["code"], "damaged", "{ran:?}");
}

/// A store with damage in an old part of the journal, which is not read when the store is opened.
fn rotten() -> Stage {
    let stage = Stage::empty();
    let store = Options::new().segment_size(4_096).keep_changes(None).open(stage.store()).unwrap();
    let project = store.project("default").unwrap();
    project.create_view(NewView::new("my-view", "My view")).unwrap();
    for n in 0..200 {
        project.link("my-view", Batch::flags([format!("f{n}")])).unwrap().all_ok().unwrap();
    }
    store.close().unwrap();
    let journal = fs::read_dir(stage.store().join("journal")).unwrap();
    let mut segments: Vec<_> = journal.map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    assert!(segments.len() > 2, "{segments:?}");
    let mut bytes = fs::read(&segments[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segments[0], bytes).unwrap();
    stage
}

#[test]
fn findings_are_2() {
    let stage = rotten();
    // Other commands do not notice the damage.
    assert_eq!(stage.run("links", &["my-view", "--keys"]).out.lines().count(), 200);
    let ran = stage.run("verify", &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.starts_with("PLACE") && ran.out.lines().count() > 1, "{ran:?}");
    let findings = ran.out.lines().count() - 1;
    let plural = if findings == 1 { "" } else { "s" };
    let summary = format!("{findings} finding{plural}: restore the store from a copy");
    assert!(ran.err.starts_with(&summary), "{ran:?}");

    let ran = stage.run("verify", &["--json"]);
    let verified = ran.json();
    assert_eq!((ran.code, ran.err.as_str(), &verified["clean"]), (2, "", &false.into()), "{ran:?}");
    assert_eq!(verified["findings"].as_array().unwrap().len(), findings);
    assert_eq!(verified["findings"][0]["invariant"], 8, "{ran:?}");
}

#[test]
fn a_checkpoint_and_a_journal_of_two_histories_are_2() {
    let (stage, other) = (Stage::with_flags(["a"]), Stage::empty());
    copy(&stage.store(), &other.store());
    assert_eq!(stage.run("link", &["my-view", "b"]).code, 0);
    assert_eq!(other.run("unlink", &["my-view", "a"]).code, 0);
    let journal = stage.store().join("journal");
    fs::remove_dir_all(&journal).unwrap();
    copy(&other.store().join("journal"), &journal);
    let ran = stage.run("verify", &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("damaged") && ran.err.contains("restore"), "{ran:?}");
}

#[test]
fn a_journal_that_lost_a_change_is_2() {
    let stage = Stage::with_flags(["a"]);
    let journal = stage.store().join("journal");
    for entry in fs::read_dir(&journal).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let ran = stage.run("verify", &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("damaged") && ran.err.contains("restore"), "{ran:?}");
}
