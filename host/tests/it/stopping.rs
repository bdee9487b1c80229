//! Requests that are running when the host stops.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{Running, command};

const BODY: &str = r#"{"keys": ["checkout-v2"]}"#;

/// A host with a grace period, and a connection that has sent a request without its body.
fn begun(grace: &str) -> (Running, TcpStream, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = command(dir.path());
    command.args(["--grace", grace]);
    let mut host = Running::start(command);
    let (_, curl) = host.curl();
    let key = curl.split("Authorization: ").nth(1).unwrap().split('"').next().unwrap();
    let address = host.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let path = "/api/v2/projects/default/views/my-view/link/flags";
    let length = BODY.len();
    write!(
        connection,
        "DELETE {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    // Long enough for the host to read the head.
    sleep(Duration::from_millis(300));
    (host, connection, dir)
}

#[test]
fn a_running_request_is_finished_and_no_new_one_is_accepted() {
    let (mut host, mut connection, _dir) = begun("20");
    host.send("TERM");
    sleep(Duration::from_millis(300));
    let address = host.url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).expect_err("nothing more is accepted");
    connection.write_all(BODY.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("\"successCount\":1"),
        "{answer}"
    );
    let (status, log) = host.wait();
    assert!(status.success() && !log.contains("cut off"), "{log}");
}

#[test]
fn a_request_that_never_ends_is_cut_off_after_the_grace() {
    let (mut host, _connection, _dir) = begun("1");
    let begin = Instant::now();
    let (status, log) = host.stop("TERM");
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("cut off") && log.contains("the store is closed"), "{log}");
}
