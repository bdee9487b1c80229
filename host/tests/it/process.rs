//! A host in a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A host for a store, on any free port.
pub(crate) fn command(db: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viewlink-host"));
    command.arg("--db").arg(db).args(["--listen", "127.0.0.1:0"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A host with the writer key `top-secret`, from a keys file in this directory.
pub(crate) fn keyed(dir: &Path) -> Command {
    let keys = dir.join("keys");
    fs::write(&keys, "top-secret writer\n").unwrap();
    let mut command = command(&dir.join("db"));
    command.arg("--keys").arg(keys);
    command
}

/// Sends a request of the writer to a host, and returns the head and body of its answer.
pub(crate) fn ask(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    write!(
        connection,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: top-secret\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

/// The value of a metric of a host.
pub(crate) fn figure(address: &str, name: &str) -> f64 {
    let metrics = ask(address, "GET", "/metrics", "");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
}

/// A running host; it is killed when the test ends.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:") && !url.ends_with(":0"), "{url}");
        Self { child, out, url }
    }

    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// The printed lines before the request to paste, and that request.
    pub(crate) fn curl(&mut self) -> (String, String) {
        let (mut before, mut curl) = (String::new(), String::new());
        while !curl.contains("-d ") {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "{before}{curl}");
            let text =
                if line.starts_with("curl") || !curl.is_empty() { &mut curl } else { &mut before };
            text.push_str(&line);
        }
        (before, curl)
    }

    /// Sends a signal, and returns the exit status and the log.
    pub(crate) fn stop(&mut self, signal: &str) -> (ExitStatus, String) {
        self.send(signal);
        self.wait()
    }

    pub(crate) fn send(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    /// Waits for the end, and returns the exit status and the log, if the log is a pipe that is still open.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "still running");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).unwrap();
        }
        (status, log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has already stopped if the test succeeded.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
