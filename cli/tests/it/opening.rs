//! Stores that are not there, or open elsewhere.

use viewlink::Store;

use crate::support::{Stage, run_plain};

#[test]
fn a_missing_store_is_an_error_and_none_is_left_behind() {
    let stage = Stage::empty();
    let ran = stage.run("stats", &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.starts_with("viewlink: there is no store at "), "{ran:?}");
    assert!(!stage.store().exists());
}

#[test]
fn a_store_that_is_open_elsewhere_is_told_with_the_way_out() {
    let stage = Stage::with_flags(["a"]);
    let held = Store::open(stage.store()).unwrap();
    let ran = stage.run("stats", &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("views.viewlink\" is open in another process"), "{ran:?}");
    assert!(ran.err.contains("stop the host") && ran.err.contains("backup_to"), "{ran:?}");
    held.close().unwrap();
    assert_eq!(stage.run("stats", &[]).code, 0);
}

#[test]
fn help_tells_the_exit_codes() {
    let ran = run_plain(["--help"]);
    assert!(ran.out.contains("Exit codes:") && ran.out.contains("some keys"), "{ran:?}");
}
