//! How the stores of these tests are opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use viewlink::{Checkpoints, Options, Timestamp};

use crate::random::Random;

/// A number from the environment, or the default.
pub(crate) fn number_from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// The seed of the random histories; different with `VIEWLINK_SEED`. The next run has the next number.
pub(crate) fn first_seed() -> u64 {
    number_from_environment("VIEWLINK_SEED", 0)
}

/// A clock that a test sets. It can be slow, so that callers queue up during a change that reads it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    millis: Arc<AtomicU64>,
    slow: Arc<AtomicBool>,
}

impl Clock {
    pub(crate) fn set(&self, millis: u64) {
        self.millis.store(millis, Ordering::SeqCst);
    }

    pub(crate) fn set_slow(&self, slow: bool) {
        self.slow.store(slow, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> u64 {
        self.millis.load(Ordering::SeqCst)
    }

    fn ask(&self) -> Timestamp {
        if self.slow.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_micros(100));
        }
        Timestamp::from_millis(self.now())
    }
}

/// The directory on the disk of the store where its journal is archived.
pub(crate) const ARCHIVE: &str = "archive";

/// Options so small that a short run rotates segments, makes checkpoints, and trims and archives segments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    checkpoints: Checkpoints,
    /// The bytes of the journal after which a checkpoint is made; after each group if there are none.
    bytes: Option<u64>,
    /// Whether a checkpoint is verified before it replaces the previous one.
    reads_back: bool,
    pub(crate) keep: Option<u64>,
    pub(crate) archives: bool,
    /// Whether the disk supports direct writes.
    pub(crate) is_direct: bool,
}

impl Setup {
    /// Checkpoints are made by the callers whose changes make them due, so that a seed gives the same calls each time.
    pub(crate) fn random(random: &mut Random) -> Self {
        Self {
            checkpoints: Checkpoints::Inline,
            bytes: [None, Some(1_000), Some(u64::MAX)][random.below(3)],
            reads_back: random.below(4) == 0,
            keep: Some([1, 8, 20][random.below(3)]),
            archives: random.below(3) == 0,
            is_direct: random.below(2) == 0,
        }
    }

    /// The same with a thread for checkpoints and for segments that are created in advance, in addition to the threads
    /// of the callers.
    pub(crate) fn random_in_background(random: &mut Random) -> Self {
        Self { checkpoints: Checkpoints::Background, ..Self::random(random) }
    }

    /// All changes are kept, so that the journal shows who made them.
    pub(crate) const fn keeping_all() -> Self {
        Self {
            checkpoints: Checkpoints::Inline,
            bytes: Some(2_000),
            reads_back: false,
            keep: None,
            archives: false,
            is_direct: false,
        }
    }

    /// Segments are removed soon: into an archive after a checkpoint for each group, or permanently after requested
    /// checkpoints.
    pub(crate) const fn forgetting(checkpoints: Checkpoints, archives: bool) -> Self {
        let bytes = if archives { None } else { Some(u64::MAX) };
        let (keep, reads_back) = (Some(6), archives);
        Self { checkpoints, bytes, reads_back, keep, archives, is_direct: false }
    }

    /// There are few checkpoints, and each trims the journal at once.
    pub(crate) const fn trimming() -> Self {
        Self { keep: Some(1), ..Self::forgetting(Checkpoints::Inline, false) }
    }

    pub(crate) fn options(self, clock: &Clock) -> Options {
        let clock = clock.clone();
        Options::new()
            .segment_size(4096)
            .checkpoints(self.checkpoints)
            .checkpoint_bytes(self.bytes.unwrap_or(u64::MAX))
            .checkpoint_age(self.bytes.is_none().then_some(Duration::ZERO))
            .check_checkpoints(self.reads_back)
            .keep_changes(self.keep)
            .archive(self.archives.then(|| ARCHIVE.into()))
            .clock(move || clock.ask())
    }
}
