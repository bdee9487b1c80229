//! What the public API does not show.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::disk::MemoryDisk;
use crate::disk::simulated::SimulatedDisk;
use crate::model::time::Timestamp;
use crate::model::view::NewView;
use crate::project::Project;

mod backup;
mod checks;

mod locks;
mod read_only;

/// Small enough that a short run rotates segments, trims them, folds and checkpoints.
fn options() -> Options {
    Options::new()
        .segment_size(4096)
        .checkpoint_interval(60, 8192)
        .keep_changes(Some(20))
        .tail(25, 6)
        .cache_size(1 << 20)
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
