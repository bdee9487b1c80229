//! A process that uses a store, and its messages.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child as Process, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::layer::Clock;
use crate::task::{Message, Task};

/// A time limit that no working check reaches.
const LONG: Duration = Duration::from_secs(60);

/// A message of a child, and the number of steps on the disk when it arrived.
///
/// The reported event happened before this moment.
#[derive(Clone, Debug)]
pub struct Received {
    /// See [`Record::moment`](crate::record::Record::moment).
    pub moment: usize,
    /// The message.
    pub message: Message,
}

/// A process with a task. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    listener: Option<JoinHandle<()>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Child {
    /// Starts a process of `program`.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(program: &Path, task: &Task, clock: Clock) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg(serde_json::to_string(task)?).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("start {program:?}"))?;
        let output = process.stdout.take().context("its output is not piped")?;
        let received = Arc::default();
        let hearing = Arc::clone(&received);
        let listener = Some(thread::spawn(move || listen(output, &clock, &hearing)));
        Ok(Self { process, listener, received })
    }

    /// Kills the process at any moment; returns all its messages.
    ///
    /// # Errors
    ///
    /// If it had ended on its own.
    pub fn kill(mut self) -> Result<Vec<Received>> {
        if let Some(status) = self.process.try_wait()? {
            bail!("it ended on its own with {status}");
        }
        self.process.kill()?;
        self.process.wait()?;
        self.received()
    }

    /// Waits for its end; returns all its messages.
    ///
    /// # Errors
    ///
    /// If it does not end, or ends with a failure.
    pub fn wait(mut self) -> Result<Vec<Received>> {
        let start = Instant::now();
        let status = loop {
            match self.process.try_wait()? {
                Some(status) => break status,
                None if start.elapsed() > LONG => bail!("it hangs"),
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        if !status.success() {
            bail!("it ended with {status}");
        }
        self.received()
    }

    /// Waits for a message that passes a test.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn wait_for(&self, what: &str, test: impl Fn(&Message) -> bool) -> Result<()> {
        let (start, mut next) = (Instant::now(), lock(&self.received).len());
        while start.elapsed() < LONG {
            let received = lock(&self.received).get(next..).unwrap_or_default().to_vec();
            if received.iter().any(|received| test(&received.message)) {
                return Ok(());
            }
            next += received.len();
            thread::sleep(Duration::from_millis(2));
        }
        bail!("there was no {what}")
    }

    fn received(&mut self) -> Result<Vec<Received>> {
        let joined = self.listener.take().map(JoinHandle::join);
        joined.and_then(Result::ok).context("the reader of its output is gone")?;
        Ok(std::mem::take(&mut lock(&self.received)))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // A process that has ended needs no kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lock(received: &Mutex<Vec<Received>>) -> MutexGuard<'_, Vec<Received>> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(output: ChildStdout, clock: &Clock, received: &Mutex<Vec<Received>>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        // An incomplete line is from a process that was killed.
        let Ok(message) = serde_json::from_str(&line) else { return };
        lock(received).push(Received { moment: clock.moment(), message });
    }
}
