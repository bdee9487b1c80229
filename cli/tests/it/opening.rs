//! Stores that do not exist, are not stores, or are open in another process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use viewlink::{Batch, Options, Store};

use crate::support::{Stage, copy, run_plain};

/// Every command that opens a store but does not create one, with its other arguments.
const COMMANDS: &[(&str, &[&str])] = &[
    ("stats", &[]),
    ("verify", &[]),
    ("projects", &[]),
    ("views", &[]),
    ("links", &["my-view"]),
    ("views-of", &["a"]),
    ("link", &["my-view", "a"]),
    ("unlink", &["my-view", "a"]),
    ("follow", &["my-view", "tags:t"]),
    ("unfollow", &["my-view"]),
    ("log", &[]),
    ("backup", &["copy.viewlink"]),
    ("compact", &[]),
];

/// The commands that only read, with their other arguments. The last four are dry runs. `backup` runs once in a stage.
const READING: &[(&str, &[&str])] = &[
    ("stats", &[]),
    ("verify", &[]),
    ("projects", &[]),
    ("views", &[]),
    ("links", &["my-view"]),
    ("views-of", &["f7"]),
    ("log", &[]),
    ("export", &[]),
    ("backup", &["copy.viewlink"]),
    ("link", &["my-view", "new", "--dry-run"]),
    ("unlink", &["my-view", "f7", "--dry-run"]),
    ("follow", &["my-view", "tags:t", "--dry-run"]),
    ("import", &["links.csv", "--dry-run"]),
];

/// A store whose host was killed. Its changes are only in the journal.
fn killed() -> Stage {
    let (stage, killed) = (Stage::with_flags(["a"]), Stage::empty());
    let host = Store::open(stage.store()).unwrap();
    let project = host.project("default").unwrap();
    for n in 0..300 {
        project.link("my-view", Batch::flags([format!("f{n}")])).unwrap().all_ok().unwrap();
    }
    // The files now are the files after a kill now.
    copy(&stage.store(), &killed.store());
    fs::write(killed.path("links.csv"), "view,key\nmy-view,imported\n").unwrap();
    killed
}

/// Runs a command on a store that is next to the other files of the stage.
fn run_beside(stage: &Stage, command: &str, arguments: &[&str]) -> crate::support::Ran {
    let beside = |argument: &&str| match *argument {
        name @ ("links.csv" | "copy.viewlink") => stage.path(name).to_str().unwrap().to_owned(),
        other => other.to_owned(),
    };
    let arguments: Vec<String> = arguments.iter().map(beside).collect();
    stage.run(command, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Every file in a directory, with its bytes and its modification time.
fn seen(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let changed = fs::metadata(&path).unwrap().modified().unwrap();
        let bytes = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
        if path.is_dir() {
            found.extend(seen(&path));
        }
        found.insert(path, (bytes, changed));
    }
    found
}

#[test]
fn a_reading_command_changes_no_byte_of_a_killed_store() {
    let stage = killed();
    let before = seen(&stage.store());
    for (command, arguments) in READING {
        let ran = run_beside(&stage, command, arguments);
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
        assert!(seen(&stage.store()) == before, "{command} changed the files");
    }
    // All its changes are there, and the dry runs made none.
    let stats = stage.run("stats", &["--json"]).json();
    assert_eq!((&stats["revision"], &stats["links"]["flags"]), (&302.into(), &301.into()));
}

#[test]
fn reading_commands_need_no_write_permission() {
    let stage = killed();
    let allow = |write: bool| {
        let paths = seen(&stage.store()).into_keys().chain([stage.store()]);
        for path in paths {
            let mut permissions = fs::metadata(&path).unwrap().permissions();
            permissions.set_readonly(!write);
            fs::set_permissions(path, permissions).unwrap();
        }
    };
    allow(false);
    if fs::write(stage.store().join("probe"), "").is_ok() {
        eprintln!("permissions do not bind who runs this, so nothing was tried");
        return;
    }
    for (command, arguments) in READING {
        let ran = run_beside(&stage, command, arguments);
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
    }
    allow(true);
}

#[test]
fn reading_commands_share_a_store_and_writing_commands_are_refused() {
    let stage = killed();
    let reader = Options::new().read_only(true).open(stage.store()).unwrap();
    for (command, arguments) in READING {
        let ran = run_beside(&stage, command, arguments);
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
    }
    for (command, arguments) in [("link", &["my-view", "a"][..]), ("compact", &[])] {
        let ran = stage.run(command, arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}: {ran:?}");
        assert!(ran.err.contains("is open in another process"), "{ran:?}");
    }
    reader.close().unwrap();
    assert_eq!(stage.run("link", &["my-view", "new"]).code, 0);
}

#[test]
fn a_missing_store_is_an_error_of_every_command_and_is_not_created() {
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
fn every_command_reports_a_store_that_is_open_in_another_process_and_what_to_do() {
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
fn a_store_whose_host_was_killed_is_recovered_by_a_command_that_changes_it() {
    let stage = killed();
    assert_eq!(stage.run("link", &["my-view", "new"]).code, 0);
    let stats = stage.run("stats", &["--json"]).json();
    assert_eq!((&stats["revision"], &stats["links"]["flags"]), (&303.into(), &302.into()));
    let ran = stage.run("verify", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn a_directory_that_is_not_a_store_is_not_changed() {
    let stage = Stage::empty();
    fs::create_dir(stage.store()).unwrap();
    fs::write(stage.store().join("letters.txt"), "Dear").unwrap();
    let ran = stage.run("stats", &["--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &"not_a_store".into()), "{ran:?}");
    assert_eq!(fs::read_dir(stage.store()).unwrap().count(), 1);

    assert_eq!(run_plain(["stats", ""]).code, 2);
}

#[test]
fn an_error_as_json_is_one_line_on_stderr() {
    let ran = Stage::empty().run("views", &["--json"]);
    let error = ran.error();
    assert_eq!((ran.code, &error["code"]), (2, &"no_store".into()));
    assert!(error["message"].as_str().unwrap().contains("check the path"), "{ran:?}");
}

#[test]
fn the_help_of_every_command_has_an_example_and_the_exit_codes() {
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
fn invalid_arguments_are_2_and_open_no_store() {
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
