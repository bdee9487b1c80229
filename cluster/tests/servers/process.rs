//! A process that ends with the test.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A process. It ends when it is dropped, and also when the thread that started it ends.
pub(crate) struct Process {
    child: Child,
    /// The signal that ends it without harm.
    gently: Signal,
}

impl Process {
    /// Starts a program, as another user if one is named.
    pub(crate) fn start(
        program: &Path,
        arguments: &[impl AsRef<OsStr>],
        user: Option<&str>,
        log: &Path,
        gently: Signal,
    ) -> Self {
        let output = File::options().create(true).append(true).open(log).unwrap();
        let mut wrapped: Vec<OsString> = vec!["--pdeathsig".into(), "KILL".into()];
        if let Some(user) = user {
            wrapped.extend([format!("--reuid={user}").into(), "--clear-groups".into()]);
        }
        let child = Command::new("setpriv")
            .args(wrapped)
            .arg("--")
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { child, gently }
    }

    /// Kills it. Data that its system has not written yet is not lost, as it would be at a loss of power.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it until [`Process::resume`].
    pub(crate) fn stop(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Whether it ended by itself and without an error.
    pub(crate) fn succeeded(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some_and(|status| status.success())
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        // The process may have ended already.
        let _ = kill_process(pid, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        self.resume();
        self.signal(self.gently);
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if begun.elapsed() > Duration::from_secs(5) {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
