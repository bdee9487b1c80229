//! A member in a process of its own, which can be killed.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use viewlink::Options;
use viewlink_cluster::{
    ClusterOptions, DirectorySnapshots, JetStreamLog, JetStreamOptions, Log, LogError, Member,
    PostgresLog, PostgresOptions, SyncProof,
};

use crate::checker::{Call, History, Random, Reply, Request};
use crate::servers::process::Process;
use crate::servers::wait_until;

/// The variable with the task of the process.
const TASK: &str = "VIEWLINK_MEMBER_TASK";
/// How many threads make calls.
const CALLERS: usize = 4;
/// The longest pause of a thread between two calls, in milliseconds.
const PAUSE: u64 = 100;
/// How often the member publishes a snapshot if its task says so.
const PUBLISH: Duration = Duration::from_secs(15);
/// How long an opening is tried again while servers have faults.
const PATIENCE: Duration = Duration::from_secs(120);

/// The name of the stream or the table.
pub(crate) const LOG: &str = "changes";

/// The servers of a log.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum LogAt {
    JetStream { urls: String, system: String },
    Postgres { url: String },
}

impl LogAt {
    pub(crate) fn open(&self) -> Result<Arc<dyn Log>, LogError> {
        Ok(match self {
            Self::JetStream { urls, system } => {
                let options = JetStreamOptions::new(urls, LOG)?;
                let proof = SyncProof::SystemUser(system.clone());
                let options = options.sync_proof(proof).follow_discovered(false);
                Arc::new(JetStreamLog::open(options)?)
            }
            Self::Postgres { url } => Arc::new(PostgresLog::open(PostgresOptions::new(url, LOG)?)?),
        })
    }
}

/// A member to open.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    /// The directory of all members.
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) log: LogAt,
    /// Whether it publishes snapshots.
    pub(crate) publishes: bool,
    /// How often this member was started before.
    pub(crate) starts: u32,
}

impl Task {
    pub(crate) fn directory(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{}.{kind}", self.name, self.starts))
    }

    /// Opens the member; tries again while that fails because of servers.
    pub(crate) fn open(&self) -> Member {
        let begun = Instant::now();
        loop {
            match self.try_open() {
                Ok(member) => return member,
                Err(error) if begun.elapsed() < PATIENCE => println!("not opened: {error:?}"),
                Err(error) => panic!("not opened: {error:?}"),
            }
            sleep(Duration::from_millis(500));
        }
    }

    fn try_open(&self) -> viewlink_cluster::Result<Member> {
        let log = self.log.open()?;
        let snapshots = Arc::new(DirectorySnapshots::open(self.folder.join("snapshots"))?);
        let options = Options::new().keep_changes(None).checkpoint_bytes(1 << 20);
        Member::open(self.directory(), options, log, snapshots, ClusterOptions::new())
    }

    /// Makes calls until there is a file that asks the process to end.
    fn run(&self) {
        let member = self.open();
        let calls = Mutex::new(File::create(self.file("calls")).unwrap());
        scope(|scope| {
            for caller in 0..CALLERS {
                let (member, calls) = (&member, &calls);
                scope.spawn(move || self.call_on(member, caller, calls));
            }
            if self.publishes {
                scope.spawn(|| self.publish_on(&member));
            }
        });
    }

    fn is_over(&self) -> bool {
        self.file("stop").exists()
    }

    fn call_on(&self, member: &Member, caller: usize, calls: &Mutex<File>) {
        let name = format!("{}.{}/{caller}", self.name, self.starts);
        let seed = name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(131) + u64::from(byte));
        let (mut random, mut number) = (Random(seed), 0);
        let write = |call: &Call| {
            let line = serde_json::to_string(call).unwrap() + "\n";
            calls.lock().unwrap().write_all(line.as_bytes()).unwrap();
        };
        while !self.is_over() {
            number += 1;
            let request = Request::random(&mut random);
            let mut call = Call::begin(member.store(), &format!("{name}/{number}"), request);
            write(&call);
            call.make(member.store());
            write(&call);
            let pause = if matches!(call.reply, Reply::Answer(_)) { 0 } else { 50 };
            sleep(Duration::from_millis(pause + random.below(PAUSE)));
        }
    }

    fn publish_on(&self, member: &Member) {
        let mut published = Instant::now();
        while !self.is_over() {
            if published.elapsed() >= PUBLISH {
                println!("snapshot: {:?}", member.publish_snapshot());
                published = Instant::now();
            }
            sleep(Duration::from_millis(50));
        }
    }
}

#[test]
#[ignore = "other tests run this in a process of its own"]
fn member() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Task = serde_json::from_str(&task).unwrap();
    task.run();
}

/// A member that runs in a process of its own.
pub(crate) struct Running {
    pub(crate) task: Task,
    process: Process,
}

impl Running {
    pub(crate) fn start(task: Task) -> Self {
        let process = Self::process(&task);
        Self { task, process }
    }

    fn process(task: &Task) -> Process {
        let json = serde_json::to_string(task).unwrap();
        let program = std::env::current_exe().unwrap();
        let arguments = [
            format!("{TASK}={json}"),
            program.display().to_string(),
            "process::member".to_owned(),
            "--exact".to_owned(),
            "--ignored".to_owned(),
            "--nocapture".to_owned(),
        ];
        Process::start(Path::new("env"), &arguments, None, &task.file("log"), Signal::KILL)
    }

    /// Starts the member again, after it ended.
    pub(crate) fn restart(&mut self) {
        self.task.starts += 1;
        self.process = Self::process(&self.task);
    }

    pub(crate) fn kill(&mut self) {
        self.check();
        self.process.kill();
    }

    pub(crate) fn stop(&self) {
        self.process.stop();
    }

    pub(crate) fn resume(&self) {
        self.process.resume();
    }

    /// Lets the member finish its calls and close.
    pub(crate) fn close(&mut self) {
        self.check();
        File::create(self.task.file("stop")).unwrap();
        let process = &mut self.process;
        wait_until("the end of a member", PATIENCE, || !process.is_running());
        assert!(process.succeeded(), "{}", self.output());
    }

    /// Checks that the process did not end by itself.
    fn check(&mut self) {
        assert!(self.process.is_running(), "a member ended by itself:\n{}", self.output());
    }

    fn output(&self) -> String {
        std::fs::read_to_string(self.task.file("log")).unwrap_or_default()
    }
}

/// The calls that all processes wrote down.
pub(crate) fn history(folder: &Path) -> History {
    let mut history = History::default();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "calls") {
            history.add(BufReader::new(File::open(path).unwrap()));
        }
    }
    history
}
