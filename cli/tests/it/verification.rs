//! Verifying.

use std::fs;

use serde_json::json;

use crate::support::Stage;

#[test]
fn a_sound_store_is_0() {
    let stage = Stage::with_flags(["a", "b"]);
    let ran = stage.run("verify", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.err.starts_with("clean: 1 projects, 1 views, 2 links"), "{ran:?}");

    let verified = stage.run("verify", &["--json"]).json();
    let counts = json!({
        "projects": 1, "views": 1,
        "links": {"flags": 2, "segments": 0, "aiConfigs": 0, "metrics": 0},
        "resources": {"flags": 0, "segments": 0, "aiConfigs": 0, "metrics": 0},
        "postingLists": 2, "deadViewIds": 0, "revision": 2, "oldestKept": 1, "replayed": true,
    });
    assert_eq!(
        verified,
        json!({"clean": true, "findings": [], "moreFindings": 0, "counts": counts})
    );
}

#[test]
fn a_damaged_page_is_2_though_a_plain_opening_would_trust_it() {
    let stage = Stage::with_flags(["flag-that-rots"]);
    let file = stage.store().join("state.redb");
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
