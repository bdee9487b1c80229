//! Tests of behaviour that the public API does not show.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::*;
use crate::disk::MemoryDisk;
use crate::disk::simulated::SimulatedDisk;
use crate::model::Batch;
use crate::model::error::Outcome;
use crate::model::time::Timestamp;
use crate::model::view::NewView;
use crate::options::Checkpoints;
use crate::project::Project;
use crate::state::ProjectParts;

pub(super) mod apply;
mod backup;
mod budget;
mod checkpoint_crashes;
mod checkpoints;
mod fork;
mod groups;
mod hooked;
mod locks;
mod moved;
mod outcomes;
mod panics;
mod read_only;
mod retired;
mod room;
mod shared_failures;
mod shared_order;
mod shortages;
mod verification;

/// Small enough that a short run rotates and trims segments and makes checkpoints. A checkpoint is made in the same
/// call as the change that makes it due.
fn options() -> Options {
    Options::new()
        .segment_size(4096)
        .checkpoints(Checkpoints::Inline)
        .checkpoint_bytes(8192)
        .keep_changes(Some(20))
        .clock(|| Timestamp::from_millis(1))
}

fn start_with(disk: impl Disk + 'static, options: Options) -> Result<Arc<Engine>> {
    let directory = Directory::on_disk(Arc::new(disk), Path::new("memory"), &options)?;
    Engine::start(directory, options).map(Arc::new)
}

fn assert_clean(engine: &Engine) {
    let verification = engine.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
}

fn project(engine: &Arc<Engine>) -> Project {
    Project::new(Arc::clone(engine), "p".parse().unwrap())
}

/// Creates the view `v`.
fn make_view(engine: &Arc<Engine>) {
    project(engine).ensure_view(NewView::new("v", "name")).unwrap();
}

/// Links this number of flags to the view `v`; no other `number` has the same flags.
fn link(engine: &Arc<Engine>, number: usize, keys: usize) -> Result<()> {
    let keys = (0..keys).map(|key| format!("flag-{number}-{key}"));
    project(engine).link("v", Batch::flags(keys))?.all_ok().map(drop)
}

/// The number of links.
fn links(engine: &Engine) -> u64 {
    let (open, _guard) = engine.snapshot().unwrap();
    let of = |project: ProjectParts<'_>| -> u64 {
        project.views().map(|view| view.counts().total()).sum()
    };
    open.state.parts().map(of).sum()
}

fn revision(engine: &Engine) -> u64 {
    engine.snapshot().unwrap().0.state.head().revision
}

/// Long enough for a call that is not blocked.
const LONG: Duration = Duration::from_secs(20);
/// Long enough that a call that is not blocked would have returned.
const SHORT: Duration = Duration::from_millis(100);

/// Runs a function on its own thread; its result is received from the channel.
fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(run()));
    receiver
}
