//! Stores that are not there, are none, or are open elsewhere.

use std::fs;

use serde_json::Value;
use viewlink::{Batch, Store};

use crate::support::{Stage, copy, run_plain};

/// Every command that opens a store and makes none, with what it wants behind the store.
const COMMANDS: &[(&str, &[&str])] = &[
    ("stats", &[]),
    ("verify", &[]),
    ("projects", &[]),
    ("views", &[]),
    ("links", &["my-view"]),
    ("views-of", &["a"]),
    ("link", &["my-view", "a"]),
    ("unlink", &["my-view", "a"]),
    ("log", &[]),
    ("backup", &["copy.viewlink"]),
    ("compact", &[]),
];

#[test]
fn a_missing_store_is_an_error_of_every_command_and_none_is_left_behind() {
    for (command, arguments) in COMMANDS {
        let stage = Stage::empty();
        let ran = stage.run(command, arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}: {ran:?}");
        assert!(ran.err.starts_with("viewlink: there is no store at "), "{command}: {ran:?}");
        assert!(!stage.store().exists(), "{command}");
    }
}

#[test]
fn an_empty_directory_stays_empty() {
    let stage = Stage::empty();
    fs::create_dir(stage.store()).unwrap();
    let ran = stage.run("stats", &[]);
    assert!(ran.code == 2 && ran.err.contains("there is no store"), "{ran:?}");
    assert_eq!(fs::read_dir(stage.store()).unwrap().count(), 0);
}

#[test]
fn a_store_that_is_open_elsewhere_is_told_by_every_command_with_the_way_out() {
    let stage = Stage::with_flags(["a"]);
    let held = Store::open(stage.store()).unwrap();
    for (command, arguments) in COMMANDS {
        let ran = stage.run(command, arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}: {ran:?}");
        assert!(ran.err.contains("views.viewlink\" is open in another process"), "{ran:?}");
        assert!(ran.err.contains("stop the host") && ran.err.contains("backup_to"), "{ran:?}");
    }
    let error = stage.run("stats", &["--json"]).error();
    assert_eq!(error["code"], "store_in_use");
    held.close().unwrap();
    assert_eq!(stage.run("stats", &[]).code, 0);
}

#[test]
fn a_store_whose_host_was_killed_is_recovered() {
    let stage = Stage::with_flags(["a"]);
    let host = Store::open(stage.store()).unwrap();
    let project = host.project("default").unwrap();
    for n in 0..300 {
        project.link("my-view", Batch::flags([format!("f{n}")])).unwrap().all_ok().unwrap();
    }
    // What is on disk now is what is there when the host is killed now.
    let killed = stage.path("killed.viewlink");
    copy(&stage.store(), &killed);
    host.close().unwrap();
    let killed = killed.to_str().unwrap();
    let stats: Value = serde_json::from_str(&run_plain(["stats", killed, "--json"]).out).unwrap();
    assert_eq!((&stats["revision"], &stats["links"]["flags"]), (&302.into(), &301.into()));
    let ran = run_plain(["verify", killed]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let stage = Stage::empty();
    fs::create_dir(stage.store()).unwrap();
    fs::write(stage.store().join("letters.txt"), "Dear").unwrap();
    let ran = stage.run("stats", &["--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &"not_a_store".into()), "{ran:?}");
    assert_eq!(fs::read_dir(stage.store()).unwrap().count(), 1);

    assert_eq!(run_plain(["stats", ""]).code, 2);
}

#[test]
fn an_error_for_machines_is_one_line_of_json_on_stderr() {
    let ran = Stage::empty().run("views", &["--json"]);
    let error = ran.error();
    assert_eq!((ran.code, &error["code"]), (2, &"no_store".into()));
    assert!(error["message"].as_str().unwrap().contains("check the path"), "{ran:?}");
}

#[test]
fn help_of_every_command_has_an_example_and_the_whole_tells_the_exit_codes() {
    let ran = run_plain(["--help"]);
    assert!(ran.out.contains("Exit codes:") && ran.out.contains("some keys"), "{ran:?}");
    for (command, _) in COMMANDS.iter().chain(&[("completions", &[][..])]) {
        let help = run_plain([command, "--help"]).out;
        assert!(
            help.contains("Example") && help.contains(&format!("viewlink {command} ")),
            "{help}"
        );
    }
}

#[test]
fn arguments_that_cannot_be_read_are_2_and_open_no_store() {
    let stage = Stage::empty();
    for arguments in [
        &["link", "my view"][..],
        &["link", "v", "k", "--type", "flag$"],
        &["link", "v", "k", "--project", ".."],
        &["link", "v", "k", "--create"],
        &["link", "v", "k", "--create", "--create-view", "--dry-run"],
        &["views", "--limit", "7", "--all"],
        &["links", "v", "--keys", "--json"],
        &["log", "--from", "-1"],
    ] {
        let ran = stage.run(arguments[0], &arguments[1..]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.starts_with("error: "), "{arguments:?}: {ran:?}");
        assert!(!stage.store().exists());
    }
}
