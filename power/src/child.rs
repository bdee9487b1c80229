//! A process that uses a store, and what it tells.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child as Process, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::layer::Clock;
use crate::task::{Task, Told};

/// Longer than any check should ever take.
const LONG: Duration = Duration::from_secs(60);

/// Something that a child told, and how much had been done to the disk when it was heard.
///
/// What it tells of happened before that.
#[derive(Clone, Debug)]
pub struct Heard {
    /// See [`Record::moment`](crate::record::Record::moment).
    pub moment: usize,
    /// What was told.
    pub told: Told,
}

/// A process with a task. It is ended when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    listener: Option<JoinHandle<()>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Child {
    /// Starts a process of `program`.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(program: &Path, task: &Task, clock: Clock) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg(serde_json::to_string(task)?).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("start {program:?}"))?;
        let output = process.stdout.take().context("its output is not piped")?;
        let heard = Arc::default();
        let hearing = Arc::clone(&heard);
        let listener = Some(thread::spawn(move || listen(output, &clock, &hearing)));
        Ok(Self { process, listener, heard })
    }

    /// Ends it in the middle of whatever it does; all that it told.
    ///
    /// # Errors
    ///
    /// When it had ended by itself.
    pub fn kill(mut self) -> Result<Vec<Heard>> {
        if let Some(status) = self.process.try_wait()? {
            bail!("it ended by itself with {status}");
        }
        self.process.kill()?;
        self.process.wait()?;
        self.heard()
    }

    /// Waits for its end; all that it told.
    ///
    /// # Errors
    ///
    /// When it does not end, or not well.
    pub fn wait(mut self) -> Result<Vec<Heard>> {
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
        self.heard()
    }

    /// Waits until it tells something that passes a test.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub fn wait_for(&self, what: &str, test: impl Fn(&Told) -> bool) -> Result<()> {
        let (start, mut next) = (Instant::now(), lock(&self.heard).len());
        while start.elapsed() < LONG {
            let heard = lock(&self.heard).get(next..).unwrap_or_default().to_vec();
            if heard.iter().any(|heard| test(&heard.told)) {
                return Ok(());
            }
            next += heard.len();
            thread::sleep(Duration::from_millis(2));
        }
        bail!("there was no {what}")
    }

    fn heard(&mut self) -> Result<Vec<Heard>> {
        let joined = self.listener.take().map(JoinHandle::join);
        joined.and_then(Result::ok).context("nobody listened to it")?;
        Ok(std::mem::take(&mut lock(&self.heard)))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Of one that ended there is nothing left to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lock(heard: &Mutex<Vec<Heard>>) -> MutexGuard<'_, Vec<Heard>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(output: ChildStdout, clock: &Clock, heard: &Mutex<Vec<Heard>>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        // A line that is cut is of one who was ended.
        let Ok(told) = serde_json::from_str(&line) else { return };
        lock(heard).push(Heard { moment: clock.moment(), told });
    }
}
