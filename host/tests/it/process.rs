//! A host in a process of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A host of a store on any free port.
pub(crate) fn command(db: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viewlink-host"));
    command.arg("--db").arg(db).args(["--listen", "127.0.0.1:0"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running host; killed when a test is through with it.
pub(crate) struct Running {
    child: Child,
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

    /// The printed lines before the request to paste, and the request.
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

    /// Tells it to stop, and gives its log.
    pub(crate) fn stop(&mut self, signal: &str) -> (ExitStatus, String) {
        self.send(signal);
        self.wait()
    }

    pub(crate) fn send(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    /// Waits for its end, and gives its log.
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
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (status, log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Stopped already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
