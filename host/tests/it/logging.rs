//! Logs that nobody reads or that cannot be written, and closed output.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::{Running, ask, command, figure, keyed};

const LOST: &str = "viewlink_log_lines_lost_total";
const VIEWS: &str = "/api/v2/projects/default/views";

/// Makes a number of requests. Each must be done and answered as if there were a log.
fn work(address: &str, requests: usize) {
    let view = r#"{"key": "v", "name": "V"}"#;
    assert!(ask(address, "POST", VIEWS, view).starts_with("HTTP/1.1 200"));
    for number in 1..requests {
        let body = format!(r#"{{"keys": ["flag-{number}"]}}"#);
        let answer = ask(address, "POST", &format!("{VIEWS}/v/link/flags"), &body);
        assert!(answer.starts_with("HTTP/1.1 200"), "request {number}: {answer:?}");
        assert!(answer.contains(r#""successCount":1"#), "{answer}");
    }
}

/// Stops the host, which must not take long and must not fail.
fn stops(host: &mut Running) {
    host.child.stderr.take();
    let begin = Instant::now();
    let (status, _) = host.stop("TERM");
    assert_eq!(status.code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn a_log_that_its_reader_closed_loses_lines_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut host = Running::start(keyed(dir.path()));
    drop(host.child.stderr.take());
    work(host.address(), 40);
    assert!(figure(host.address(), LOST) >= 39.0);
    stops(&mut host);
}

#[test]
fn a_log_on_a_full_disk_loses_lines_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = keyed(dir.path());
    // Every write to this file fails with "no space left".
    command.stderr(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let mut host = Running::start(command);
    work(host.address(), 40);
    assert!(figure(host.address(), LOST) >= 39.0);
    stops(&mut host);
}

#[test]
fn a_log_that_nobody_reads_blocks_neither_requests_nor_the_shutdown() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = keyed(dir.path());
    // More lines than a pipe and the queue in memory can hold.
    command.args(["--log", "trace"]);
    let mut host = Running::start(command);
    let stderr = host.child.stderr.take().unwrap();
    work(host.address(), 400);
    while figure(host.address(), LOST) == 0.0 {
        ask(host.address(), "GET", VIEWS, "");
    }
    host.send("TERM");
    let begin = Instant::now();
    let (status, _) = host.wait();
    assert_eq!(status.code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    // The lines that fitted into the pipe are complete, except the line that waited for more room.
    let mut lines: Vec<_> = BufReader::new(stderr).lines().map(Result::unwrap).collect();
    lines.pop();
    for line in lines {
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn a_burst_of_lines_with_a_reader_loses_no_line() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut command = keyed(dir.path());
    command.stderr(fs::File::create(&log).unwrap());
    let mut host = Running::start(command);
    work(host.address(), 500);
    assert_eq!(figure(host.address(), LOST), 0.0);
    stops(&mut host);
    let text = fs::read_to_string(&log).unwrap();
    let answered = text.lines().filter(|line| line.contains("\"answered\"")).count();
    assert_eq!(answered, 501, "500 requests and the figures");
    assert!(text.trim_end().ends_with('}') && text.contains("the store is closed"), "{text}");
}

/// A program whose standard output is a pipe without a reader.
fn unread(mut command: Command) -> Command {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer);
    command
}

#[test]
fn a_host_whose_output_is_closed_serves_and_logs_its_address() {
    let dir = tempfile::tempdir().unwrap();
    // The key of the second host is generated, and nobody can read it.
    for command in [keyed(dir.path()), command(&dir.path().join("other"))] {
        let mut child = unread(command).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        while !log.contains("\"listening\"") {
            log.clear();
            assert!(stderr.read_line(&mut log).unwrap() > 0, "it ended");
        }
        let line: Value = serde_json::from_str(&log).unwrap();
        let address = line["address"].as_str().unwrap();
        assert!(ask(address, "GET", "/healthz", "").contains("\"ok\""));
        assert!(figure(address, LOST) >= 1.0);
        Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        stderr.read_to_string(&mut log).unwrap();
        assert!(log.contains("the store is closed"), "{log}");
    }
}

fn closed(stderr: bool, command: Command) -> Option<i32> {
    let mut command = if stderr {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = command;
        command.stderr(writer).stdout(Stdio::null());
        command
    } else {
        let mut command = unread(command);
        command.stderr(Stdio::null());
        command
    };
    command.status().unwrap().code()
}

#[test]
fn output_that_cannot_be_written_does_not_change_the_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("db");
    let refused = |path: &Path| {
        let mut command = command(&db);
        command.arg("--keys").arg(path);
        command
    };
    assert_eq!(closed(true, refused(&dir.path().join("none"))), Some(2));
    let mut host = Running::start(keyed(dir.path()));
    stops(&mut host);
    for (option, code) in [("--verify", 0), ("--help", 0), ("--none", 2)] {
        let mut command = command(&db);
        command.arg(option);
        assert_eq!(closed(false, command), Some(code), "{option}");
    }
    let mut unknown = command(&db);
    unknown.arg("--none");
    assert_eq!(closed(true, unknown), Some(2));
}
