//! Files that are read and written.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use serde_json::json;
use viewlink::Batch;

use super::stores::names;
use crate::support::{Stage, program};

#[test]
fn an_export_replaces_a_file_completely_and_leaves_no_other_file() {
    let stage = Stage::with_flags(["a"]);
    let file = stage.path("e.jsonl");
    fs::write(&file, "an older file").unwrap();
    let ran = stage.run("export", &["--out", file.to_str().unwrap(), "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.json(), json!({"views": 1, "resources": 0, "links": 1}));
    assert_eq!(names(&stage), ["e.jsonl", "views.viewlink"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), stage.run("export", &[]).out);
}

#[cfg(unix)]
#[test]
fn an_export_follows_a_link_and_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let stage = Stage::with_flags(["a"]);
    let (file, link, usual) = (stage.path("e.jsonl"), stage.path("link"), stage.path("usual"));
    fs::write(&file, "").unwrap();
    symlink(&file, &link).unwrap();
    let ran = stage.run("export", &["--out", link.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().contains("trailer"));
    fs::write(&usual, "").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&file), mode(&usual));
}

#[cfg(unix)]
#[test]
fn an_export_can_be_read_by_those_who_could_read_the_file_that_it_replaces() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::with_flags(["a"]);
    let file = stage.path("e.jsonl");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let ran = stage.run("export", &["--out", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_export_that_cannot_be_written_is_2_and_keeps_the_existing_file() {
    let stage = Stage::with_flags(["a"]);
    let nowhere = stage.path("no/such/directory/e.jsonl");
    let directory = stage.path("directory");
    fs::create_dir(&directory).unwrap();
    for out in [nowhere, directory] {
        let ran = stage.run("export", &["--out", out.to_str().unwrap(), "--json"]);
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("unwritable_output")), "{ran:?}");
    }
    assert_eq!(names(&stage), ["directory", "views.viewlink"]);
}

#[test]
fn an_export_replaces_no_file_of_its_own_store() {
    let stage = Stage::with_flags(["a"]);
    fs::create_dir(stage.path("beside")).unwrap();
    for out in ["views.viewlink/checkpoint.redb", "beside/../views.viewlink/journal/e.jsonl"] {
        let out = stage.path(out);
        let ran = stage.run("export", &["--out", out.to_str().unwrap(), "--json"]);
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("unwritable_output")), "{ran:?}");
        assert!(ran.err.contains("is in the directory of the store"), "{ran:?}");
    }
    assert_eq!(stage.run("links", &["my-view", "--keys"]).out, "a\n");
    assert!(!stage.path("views.viewlink/journal/e.jsonl").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn only_a_regular_file_is_replaced_by_an_export() {
    let stage = Stage::with_flags(["a"]);
    let ran = stage.run("export", &["--out", "/dev/null", "--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("unwritable_output")), "{ran:?}");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program().arg("export").arg(stage.store()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn an_export_whose_reader_stops_early_ends_quietly() {
    let stage = Stage::with_flags([]);
    stage.change(|store| {
        let flags = (0..20_000).map(|n| format!("flag-{n}"));
        let project = store.project("default").unwrap();
        project.link("my-view", Batch::flags(flags)).unwrap().all_ok().unwrap();
    });
    for format in ["jsonl", "csv"] {
        let mut command = program();
        command.arg("export").arg(stage.store()).args(["--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        drop(out);
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn a_file_of_unknown_format_is_refused() {
    let stage = Stage::with_flags(["a"]);
    for file in ["-", "links.txt", "links"] {
        let ran = stage.run("import", &[file, "--json"]);
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("unknown_format")), "{ran:?}");
    }
    let ran = stage.run("import", &["links.csv", "--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("unreadable_input")), "{ran:?}");
    let directory = stage.path("directory.csv");
    fs::create_dir(&directory).unwrap();
    let ran = stage.run("import", &[directory.to_str().unwrap(), "--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("unreadable_input")), "{ran:?}");
}

#[test]
fn options_without_meaning_for_json_lines_are_refused() {
    let stage = Stage::empty();
    for arguments in [&["e.jsonl", "--project", "p"][..], &["e.jsonl", "--no-create-views"]] {
        let ran = stage.run("import", arguments);
        assert!(ran.code == 2 && ran.err.contains("do not use --"), "{ran:?}");
    }
    let ran = stage.run("import", &["e.csv", "--project", "no key"]);
    assert!(ran.code == 2 && ran.err.contains("--project"), "{ran:?}");
}

#[test]
fn a_store_that_cannot_be_created_is_2() {
    let stage = Stage::empty();
    let file = stage.path("links.csv");
    fs::write(&file, "view,key\nv,a\n").unwrap();
    let nowhere = stage.path("no/such/store");
    let arguments = ["import", nowhere.to_str().unwrap(), file.to_str().unwrap(), "--json"];
    let ran = crate::support::run_plain(arguments);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("unwritable_store")), "{ran:?}");
    // The path of the store is a file.
    let ran = crate::support::run_plain([
        "import",
        file.to_str().unwrap(),
        file.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("not_a_store")), "{ran:?}");
    assert_eq!(names(&stage), ["links.csv"]);
}

#[test]
fn a_killed_import_leaves_no_store_and_can_be_repeated() {
    let stage = Stage::empty();
    let mut command = program();
    command.arg("import").arg(stage.store()).args(["-", "--format", "csv"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe and a buffer can hold. So when the last part has been read, the import has asked for it.
    input.write_all(b"view,key\n").unwrap();
    input.write_all("v,a\n".repeat(100_000).as_bytes()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(names(&stage).is_empty());
    let ran = stage.run_with_input("import", &["-", "--format", "csv"], b"view,key\nv,a\n");
    assert_eq!(ran.err, "imported 1 view, 0 resources and 1 link\n");
}
