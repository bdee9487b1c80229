//! A server of PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::process::Process;
use super::{free_port, named, wait_until};

/// The user that a server runs as if the tests run as root: the server refuses to run as root.
const USER: &str = "nobody";

/// A server with a folder of its own.
pub(crate) struct Postgres {
    programs: PathBuf,
    process: Option<Process>,
    port: u16,
    settings: Vec<String>,
    folder: tempfile::TempDir,
}

impl Postgres {
    /// Starts a server with settings as `name=value`; returns nothing if no programs are named.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        let programs = named("VIEWLINK_POSTGRES_BIN")?;
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { programs, process: None, port, settings, folder };
        server.make_data();
        server.restart();
        Some(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn make_data(&self) {
        give(self.folder.path());
        let data = self.data();
        let initdb = self.programs.join("initdb");
        let mut command = match user() {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={user}")).arg("--clear-groups").arg("--").arg(initdb);
                command
            }
            None => Command::new(initdb),
        };
        let made = command
            .args(["--no-sync", "-A", "trust", "-U", "viewlink", "-D"])
            .arg(data)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Starts it, also after a crash, and waits until it accepts sessions.
    pub(crate) fn restart(&mut self) {
        let mut arguments = vec!["-D".to_owned(), self.data().display().to_string()];
        arguments.extend(["-p".to_owned(), self.port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories="] {
            arguments.extend(["-c".to_owned(), setting.to_owned()]);
        }
        for setting in &self.settings {
            arguments.extend(["-c".to_owned(), setting.clone()]);
        }
        let log = self.folder.path().join("log");
        let program = self.programs.join("postgres");
        self.process = Some(Process::start(&program, &arguments, user(), &log, Signal::QUIT));
        wait_until("PostgreSQL", Duration::from_secs(60), || {
            Command::new(self.programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .is_ok_and(|status| status.success())
        });
    }

    /// Ends it as its own crash would.
    pub(crate) fn crash(&mut self) {
        self.process = None;
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// The URL of a server at a port of this machine.
pub(crate) fn url(port: u16) -> String {
    format!("postgres://viewlink@127.0.0.1:{port}/postgres")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn user() -> Option<&'static str> {
    is_root().then_some(USER)
}

/// Gives a folder to the user that the server runs as.
fn give(folder: &Path) {
    if is_root() {
        let id = Command::new("id").args(["-u", USER]).output().unwrap();
        let id = String::from_utf8(id.stdout).unwrap().trim().parse().unwrap();
        std::os::unix::fs::chown(folder, Some(id), None).unwrap();
    }
}
