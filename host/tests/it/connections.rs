//! Silent connections, too many connections, and both versions of HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{Running, ask, figure, keyed};

const LINKS: &str = "/api/v2/projects/default/views/v/link/flags";
const REACHED: &str = "viewlink_connection_limit_reached_total";
const SILENT: &str = "viewlink_silent_connections_closed_total";

/// A host with a limit for silent connections, and with a view `v`.
fn host(dir: &Path, idle: &str) -> Running {
    let mut command = keyed(dir);
    command.args(["--idle", idle]);
    furnished(command)
}

fn furnished(command: Command) -> Running {
    let host = Running::start(command);
    let view = r#"{"key": "v", "name": "V"}"#;
    let made = ask(host.address(), "POST", "/api/v2/projects/default/views", view);
    assert!(made.starts_with("HTTP/1.1 200"), "{made}");
    host
}

fn connect(host: &Running) -> TcpStream {
    let connection = TcpStream::connect(host.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection
}

/// The head and body of a request that links a flag, on a keep-alive connection.
fn link(number: usize) -> (String, String) {
    let body = format!(r#"{{"keys": ["flag-{number}"]}}"#);
    let head = format!(
        "POST {LINKS} HTTP/1.1\r\nHost: here\r\nAuthorization: top-secret\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    (head, body)
}

/// Links a flag on a keep-alive connection.
fn works(connection: &mut TcpStream, number: usize) {
    let (head, body) = link(number);
    connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let answer = some(connection);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""successCount":1"#), "{answer}");
}

/// The first bytes that arrive.
fn some(connection: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let count = connection.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

/// Waits until the connection is closed, and returns how long that took.
fn closed(mut connection: TcpStream) -> Duration {
    let begin = Instant::now();
    let mut rest = Vec::new();
    // A connection is reset if it is closed with unread data.
    let _ = connection.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    begin.elapsed()
}

#[test]
fn a_silent_connection_is_closed_after_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path(), "1");
    assert!(closed(connect(&host)) < Duration::from_secs(5));
    assert_eq!(figure(host.address(), SILENT), 1.0);
}

#[test]
fn a_head_that_arrives_byte_by_byte_and_never_ends_does_not_keep_the_connection_open() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path(), "1");
    for kept in [false, true] {
        let mut connection = connect(&host);
        if kept {
            works(&mut connection, 1);
        }
        let begin = Instant::now();
        for byte in b"GET /healthz HTTP/1.1\r\nX-Header: ".iter().chain([b'x'; 100].iter()) {
            if connection.write_all(&[*byte]).is_err() {
                break;
            }
            sleep(Duration::from_millis(100));
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        closed(connection);
    }
    assert_eq!(figure(host.address(), SILENT), 2.0);
}

#[test]
fn a_request_that_takes_longer_than_a_connection_may_be_silent_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path(), "1");
    let mut connection = connect(&host);
    let (head, body) = link(7);
    connection.write_all(head.as_bytes()).unwrap();
    for byte in body.as_bytes() {
        sleep(Duration::from_millis(120));
        connection.write_all(&[*byte]).unwrap();
    }
    let answer = some(&mut connection);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(closed(connection) < Duration::from_secs(5));
}

#[test]
fn a_client_that_never_reads_its_answers_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path(), "1");
    let mut connection = connect(&host);
    connection.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    let begin = Instant::now();
    // Until neither side can write more, and then until the connection is closed.
    while connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(60), "it is still served");
    }
    assert_eq!(figure(host.address(), SILENT), 1.0);
}

#[test]
fn silent_connections_at_the_limit_of_open_files_do_not_block_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let host_itself = keyed(dir.path());
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(host_itself.get_program());
    command.args(host_itself.get_args()).args(["--idle", "3"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut host = furnished(command);
    let mut kept = connect(&host);
    works(&mut kept, 0);
    let begin = Instant::now();
    let silent: Vec<_> = (0..80).map(|_| connect(&host)).collect();
    for number in 1..=20 {
        works(&mut kept, number);
        sleep(Duration::from_millis(20));
    }
    // A later connection waits for the silent ones to be closed, and no longer.
    assert!(ask(host.address(), "GET", "/healthz", "").contains("\"ok\""));
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    assert!(figure(host.address(), REACHED) >= 1.0);
    assert!(figure(host.address(), SILENT) >= 30.0);
    drop((silent, kept));
    let (status, log) = host.stop("TERM");
    assert!(status.success(), "{log}");
    let reports = log.lines().filter(|line| line.contains("limit of open files")).count();
    assert!((1..6).contains(&reports), "reported, and not each time: {log}");
}

#[test]
fn connections_that_the_system_refuses_are_reported_and_the_others_continue() {
    let dir = tempfile::tempdir().unwrap();
    let mut host = host(dir.path(), "3");
    let mut kept = connect(&host);
    works(&mut kept, 0);
    // A lower limit than the one that the host read.
    let pid = host.child.id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, "--nofile=40"]).status().unwrap();
    assert!(limited.success());
    let silent: Vec<_> = (0..60).map(|_| connect(&host)).collect();
    for number in 1..=20 {
        works(&mut kept, number);
        sleep(Duration::from_millis(20));
    }
    assert!(ask(host.address(), "GET", "/healthz", "").contains("\"ok\""));
    assert!(figure(host.address(), "viewlink_failed_accepts_total") >= 1.0);
    drop((silent, kept));
    let (status, log) = host.stop("TERM");
    assert!(status.success(), "{log}");
    let reports = log.lines().filter(|line| line.contains("no connection can be accepted")).count();
    assert!((1..6).contains(&reports), "{log}");
    assert!(log.contains("Too many open files"), "{log}");
}

#[test]
fn http_2_without_tls_is_served_if_the_client_begins_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = keyed(dir.path());
    command.args(["--log", "trace", "--idle", "1"]);
    let mut host = furnished(command);
    let url = format!("{}{LINKS}", host.url);
    let curl = |method: &str, body: &str| {
        let output = Command::new("curl")
            .args(["-sS", "--http2-prior-knowledge", "--max-time", "10", "-X", method, "-d", body])
            .args(["-H", "authorization: top-secret", "-H", "content-type: application/json"])
            .args(["-w", " %{http_version} %{http_code}", &url])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let linked = curl("POST", r#"{"keys": ["a", "b"]}"#);
    assert!(linked.contains("\"successCount\":2") && linked.ends_with(" 2 200"), "{linked}");
    let unlinked = curl("DELETE", r#"{"keys": ["a", "c"]}"#);
    assert!(unlinked.contains("\"failureCount\":1") && unlinked.ends_with(" 2 200"), "{unlinked}");
    let large = format!(r#"{{"keys": ["{}"]}}"#, "x".repeat(100_000));
    assert!(curl("POST", &large).ends_with(" 2 200"));
    let refused = curl("PUT", r#"{"keys": 7}"#);
    assert!(refused.contains("\"invalid_request\"") && refused.ends_with(" 2 400"), "{refused}");

    let mut silent = connect(&host);
    silent
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        .unwrap();
    let begin = Instant::now();
    let _ = silent.read_to_end(&mut Vec::new());
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());

    let (status, log) = host.stop("TERM");
    assert!(status.success(), "{log}");
    assert!(!log.contains("top-secret"), "{log}");
}
