//! Stores for the tests, and runs of the program.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use viewlink::{Batch, NewView, Store};

/// A directory with a store. It is removed at the end of the test.
pub(crate) struct Stage {
    dir: TempDir,
}

impl Stage {
    /// A path for a store that does not exist.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A store with a view `my-view` in the project `default` and flags linked to it.
    pub(crate) fn with_flags<const N: usize>(flags: [&str; N]) -> Self {
        let stage = Self::empty();
        stage.change(|store| {
            let project = store.project("default").unwrap();
            project.create_view(NewView::new("my-view", "My view")).unwrap();
            let batch = Batch::flags(flags).actor("a test").comment("to begin with");
            project.link("my-view", batch).unwrap().all_ok().unwrap();
        });
        stage
    }

    /// The path of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("views.viewlink")
    }

    /// A path next to the store.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Opens the store in this process, changes it and closes it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&Store) -> T) -> T {
        let store = Store::open(self.store()).unwrap();
        let changed = change(&store);
        store.close().unwrap();
        changed
    }

    /// Runs a command on the store: the name of the command, then the store, then the other arguments.
    pub(crate) fn run(&self, command: &str, arguments: &[&str]) -> Ran {
        run(command, &self.store(), arguments, None)
    }

    /// The same with a text on standard input.
    pub(crate) fn run_with_input(&self, command: &str, arguments: &[&str], input: &[u8]) -> Ran {
        run(command, &self.store(), arguments, Some(input))
    }
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The output as one JSON value per line.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The error, as JSON.
    pub(crate) fn error(&self) -> Value {
        serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program.
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_viewlink"))
}

/// Runs the program with these arguments.
pub(crate) fn run_plain<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    finish(program().args(arguments), None)
}

fn run(command: &str, store: &Path, arguments: &[&str], input: Option<&[u8]>) -> Ran {
    finish(program().arg(command).arg(store).args(arguments), input)
}

fn finish(command: &mut Command, input: Option<&[u8]>) -> Ran {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    if let Some(input) = input {
        // The program may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input);
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().expect("it was not killed");
    let ran = Ran { code, out: text(output.stdout), err: text(output.stderr) };
    assert!(!ran.err.contains("panicked"), "{ran:?}");
    ran
}

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}
