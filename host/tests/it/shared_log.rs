//! The options of a log that hosts share, and what the host says if they are incomplete.

use std::fs;
use std::path::Path;

use crate::process::{Running, command};

/// The exit code and the message of a host with a keys file and these options.
fn refused(dir: &Path, options: &[&str]) -> (Option<i32>, String) {
    fs::write(dir.join("keys"), "top-secret writer\n").unwrap();
    let mut command = command(&dir.join("db"));
    command.arg("--keys").arg(dir.join("keys")).args(options);
    let output = command.output().unwrap();
    assert!(!dir.join("db").exists(), "it made a store");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_log_needs_a_proof_that_its_servers_sync() {
    let dir = tempfile::tempdir().unwrap();
    let (code, said) = refused(dir.path(), &["--cluster", "nats://user:hidden@127.0.0.1:1"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--system") && said.contains("--trust-sync"), "{said}");
    assert!(!said.contains("hidden"), "{said}");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let nats = "nats://user:hidden@127.0.0.1:1";
    let postgres = "postgres://user:hidden@127.0.0.1:1/db";
    for options in [
        &["--trust-sync"][..],
        &["--stream", "s"],
        &["--snapshot-every", "60"],
        &["--postgres", postgres],
        &["--cluster", nats, "--trust-sync", "--postgres", postgres, "--snapshots", "s"],
        &["--cluster", nats, "--trust-sync", "--system", nats],
        &["--cluster", nats, "--trust-sync", "--tls-cert", "c"],
        &["--cluster", "@/nowhere/at/all", "--trust-sync"],
        &["--cluster", nats, "--trust-sync", "--replicas", "0"],
    ] {
        let (code, said) = refused(dir.path(), options);
        assert_eq!(code, Some(2), "{options:?}: {said}");
        assert!(!said.contains("hidden"), "{options:?}: {said}");
    }
    let mut without_keys = command(&dir.path().join("db"));
    let output = without_keys.args(["--cluster", nats, "--trust-sync"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("--keys"), "{said}");
}

#[test]
fn a_program_without_the_clients_says_how_to_build_it_and_one_with_them_checks_the_names() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("servers");
    fs::write(&file, "nats://user:hidden@127.0.0.1:1\n").unwrap();
    let servers = format!("@{}", file.display());
    let options = ["--cluster", servers.as_str(), "--trust-sync", "--stream", "no.name"];
    let (code, said) = refused(dir.path(), &options);
    let expected =
        if cfg!(feature = "cluster") { "1 to 200 letters" } else { "--features cluster" };
    assert!(code == Some(2) && said.contains(expected), "{code:?}: {said}");
    assert!(!said.contains("hidden"), "{said}");
}

#[test]
fn a_store_without_a_log_is_not_taken_for_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("db");
    let mut host = Running::start(command(&db));
    host.curl();
    host.stop("TERM");
    let mut shared = command(&db);
    fs::write(dir.path().join("keys"), "top-secret writer\n").unwrap();
    shared.arg("--keys").arg(dir.path().join("keys"));
    let output = shared.args(["--cluster", "nats://127.0.0.1:1", "--trust-sync"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("shares no log"), "{said}");
    assert!(!db.join("store").exists());
}
