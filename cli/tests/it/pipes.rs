//! Output without a reader.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use viewlink::Batch;

use crate::support::{Stage, program};

/// A store with more links in a view, and more text in the journal, than a pipe can hold.
fn stage() -> Stage {
    let stage = Stage::with_flags([]);
    stage.change(|store| {
        let project = store.project("default").unwrap();
        let flags = (0..20_000).map(|n| format!("flag-{n}"));
        project.link("my-view", Batch::flags(flags)).unwrap().all_ok().unwrap();
        let project = project.comment("why ".repeat(500));
        for n in 0..100 {
            project.link("my-view", Batch::flags([format!("g-{n}")])).unwrap().all_ok().unwrap();
        }
    });
    stage
}

#[test]
fn a_closed_pipe_ends_a_list_quietly() {
    let stage = stage();
    for arguments in [
        &["log"][..],
        &["log", "--json"],
        &["links", "my-view", "--all"],
        &["links", "my-view", "--keys"],
        &["links", "my-view", "--json"],
    ] {
        let mut command = program();
        command.arg(arguments[0]).arg(stage.store()).args(&arguments[1..]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*err), (Some(0), ""), "{arguments:?}");
        assert!(!line.is_empty());
    }
    assert_eq!(stage.run("verify", &[]).code, 0);
}

#[test]
fn a_report_without_a_reader_keeps_its_exit_code_and_its_change() {
    let stage = Stage::with_flags(["a"]);
    let mut command = program();
    command.arg("unlink").arg(stage.store()).args(["my-view", "a", "b"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(err, "my-view: 1 unlinked, 1 failed; revision 3\n");
    assert_eq!(stage.run("links", &["my-view", "--keys"]).out, "");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_2_and_the_change_is_still_reported() {
    let stage = Stage::with_flags(["a"]);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = program();
    command.arg("unlink").arg(stage.store()).args(["my-view", "a", "b", "--json"]);
    let output = command.stdout(full()).stderr(Stdio::piped()).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("my-view: 1 unlinked, 1 failed; revision 3\n"), "{err}");
    assert!(err.contains("unwritable_output"), "{err}");

    let output = program().args(["completions", "bash"]).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
