//! Servers for tests: they run on 127.0.0.1 in temporary folders, and are ended by their process ids.
//!
//! Variables name the programs; docs/testing.md lists them. A test whose program is not named prints that and is skipped,
//! unless `VIEWLINK_NEED_SERVERS` is set.
#![allow(dead_code, reason = "not every suite needs all of it")]

pub(crate) mod faults;
pub(crate) mod line;
pub(crate) mod nats;
pub(crate) mod postgres;
pub(crate) mod process;
mod proxy;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The program or folder that a variable names, if it is there.
pub(crate) fn named(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    if path.is_none() {
        assert!(
            std::env::var_os("VIEWLINK_NEED_SERVERS").is_none(),
            "{variable} names nothing that is there"
        );
        println!("skipped: {variable} names nothing that is there");
    }
    path
}

/// A port that nobody listens to.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until a condition holds.
///
/// # Panics
///
/// If it does not hold within a time.
pub(crate) fn wait_until(what: &str, within: Duration, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < within, "{what}: not within {within:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The body of an answer to a GET request, if there is one within a second.
fn http_get(port: u16, path: &str) -> Option<String> {
    let second = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), second).ok()?;
    stream.set_read_timeout(Some(second)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}
