//! Bodies that a host refuses before it has read them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::process::{Running, command};

const PATH: &str = "/api/v2/projects/default/views/my-view/link/flags";

/// A host, and a connection to it.
fn connected() -> (Running, TcpStream, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let host = Running::start(command(dir.path()));
    let address = host.url.strip_prefix("http://").unwrap();
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    (host, connection, dir)
}

fn head(headers: &str) -> String {
    format!("POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n{headers}\r\n")
}

/// All bytes until the connection is closed.
fn rest(mut connection: TcpStream) -> String {
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_client_that_sends_the_whole_body_first_can_read_why_it_was_refused() {
    let (_host, mut connection, _dir) = connected();
    let body = vec![b' '; 12 << 20];
    let length = body.len();
    connection.write_all(head(&format!("Content-Length: {length}\r\n")).as_bytes()).unwrap();
    connection.write_all(&body).unwrap();
    connection
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        .unwrap();
    let text = rest(connection);
    assert!(text.starts_with("HTTP/1.1 401") && text.contains("\"unauthorized\""), "{text}");
    assert!(text.contains("HTTP/1.1 200"), "the connection stays open: {text}");
}

#[test]
fn a_body_that_is_too_large_to_be_read_closes_the_connection_and_the_answer_says_so() {
    let (_host, mut connection, _dir) = connected();
    connection.write_all(head("Content-Length: 99999999999\r\n").as_bytes()).unwrap();
    let text = rest(connection);
    assert!(text.starts_with("HTTP/1.1 401") && text.contains("connection: close\r\n"), "{text}");
}

#[test]
fn no_100_continue_is_sent_for_a_body_that_is_refused() {
    let (_host, mut connection, _dir) = connected();
    let headers = "Content-Length: 1000\r\nExpect: 100-continue\r\n";
    connection.write_all(head(headers).as_bytes()).unwrap();
    let text = rest(connection);
    assert!(text.starts_with("HTTP/1.1 401") && text.contains("connection: close\r\n"), "{text}");
}

#[test]
fn a_client_that_sends_less_than_it_announced_is_answered_soon() {
    let (_host, mut connection, _dir) = connected();
    connection.write_all(head("Content-Length: 5\r\n").as_bytes()).unwrap();
    let begin = Instant::now();
    let text = rest(connection);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert!(text.starts_with("HTTP/1.1 401") && text.contains("connection: close\r\n"), "{text}");
}
