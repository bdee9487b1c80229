//! The memory image by itself: decided and applied, without a disk.

mod checkpoint;
mod project;
mod reader;
mod steps;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Options;
use crate::model::error::{Error, Result};
use crate::model::key::ProjectKey;
use crate::model::{Change, ChangeRecord, Command, Decision};
use crate::state::{Pending, State};

pub use project::ImageProject;
pub use reader::{ImageReader, ImageSnapshot};
pub use steps::{ImageChange, ImageCommand};

/// How many names a removal keeps what undoing it needs of.
const REMOVAL_DETAIL: usize = 100_000;

/// The memory image of the next engine, with the calls of a [`Store`](crate::Store), to be held against it
/// and measured. It lasts as long as the value does.
///
/// Every change is encoded, decoded and only then applied, as a journal would have it.
///
/// ```
/// use viewlink::testing::MemoryImage;
/// use viewlink::{Batch, NewView, Options};
///
/// let image = MemoryImage::new(Options::new());
/// let project = image.project("default")?;
/// project.create_view(NewView::new("v", "V"))?;
/// let report = project.link("v", Batch::flags(["a", "b", "a"]))?;
/// assert_eq!((report.success_count(), report.failure_count()), (2, 1));
/// assert_eq!(image.changes(1)?.len(), 2);
/// image.check().expect("all invariants hold");
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone)]
pub struct MemoryImage {
    shared: Arc<Shared>,
}

struct Shared {
    inner: Mutex<Inner>,
    options: Options,
    removal_detail: usize,
}

#[derive(Clone, Default)]
struct Inner {
    state: State,
    /// What was loaded; the journal begins behind it.
    loaded: State,
    /// All changes since, as they are encoded.
    journal: Vec<Vec<u8>>,
}

/// How many bytes a project takes, by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// What is said of views.
    pub views: usize,
    /// Links in both orders.
    pub links: usize,
    /// Names of linked resources.
    pub names: usize,
    /// How many such names there are.
    pub name_count: u64,
    /// Which views each resource is in.
    pub postings: usize,
    /// What is known of resources.
    pub registry: usize,
}

impl MemoryImage {
    /// An empty image. Of the options it takes the limits, the link policy and the clock.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self::with_removal_detail(options, REMOVAL_DETAIL)
    }

    /// An empty image whose removals keep what undoing them needs up to so many names.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn with_removal_detail(options: Options, removal_detail: usize) -> Self {
        let inner = Mutex::default();
        Self { shared: Arc::new(Shared { inner, options, removal_detail }) }
    }

    /// A handle to a project.
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] when the text is no key.
    pub fn project(&self, key: &str) -> Result<ImageProject> {
        let key = ProjectKey::parse(key).map_err(Error::key("project key", key))?;
        Ok(ImageProject::new(self.clone(), key))
    }

    /// The image as it stands.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn snapshot(&self) -> ImageSnapshot {
        ImageSnapshot::new(self.lock().state.clone())
    }

    /// The changes from a revision on, but for those before a checkpoint that was loaded.
    ///
    /// Cost: O(their bytes).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when a change cannot be read.
    pub fn changes(&self, from: u64) -> Result<Vec<Change>> {
        let inner = self.lock();
        let first = inner.loaded.head().revision.saturating_add(1);
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        let changes = inner.journal.iter().skip(skip);
        changes.map(|bytes| Change::of(ChangeRecord::decode(bytes)?)).collect()
    }

    /// The bytes of the newest change.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn last_change_len(&self) -> usize {
        self.lock().journal.last().map_or(0, Vec::len)
    }

    /// Applies all changes to an empty state, or to what was loaded, which takes the place of this one: as an opening does.
    ///
    /// Cost: O(all changes).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when one does not fit.
    pub fn replay(&self) -> Result<()> {
        let mut inner = self.lock();
        let mut state = inner.loaded.clone();
        for bytes in &inner.journal {
            state.apply(&ChangeRecord::decode(bytes)?)?;
        }
        inner.state = state;
        Ok(())
    }

    /// The digest of everything the image holds, as text.
    ///
    /// Cost: O(size of the image).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when a part cannot be encoded.
    pub fn digest(&self) -> Result<String> {
        let state = self.lock().state.clone();
        state.digest().map(|digest| digest.to_string())
    }

    /// Whether all invariants hold.
    ///
    /// Cost: O(n log n) with all there is.
    ///
    /// # Errors
    ///
    /// What does not hold, with the number of the invariant.
    pub fn check(&self) -> Result<(), String> {
        let state = self.lock().state.clone();
        state.check()
    }

    /// How many bytes a project takes; `None` when there is none.
    ///
    /// Cost: O(views + resources + links / 384).
    #[must_use]
    pub fn memory(&self, project: &str) -> Option<MemoryUse> {
        let memory = self.lock().state.memory(&ProjectKey::parse(project).ok()?)?;
        let crate::state::Memory { views, links, names, name_count, postings, registry } = memory;
        Some(MemoryUse { views, links, names, name_count, postings, registry })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // After a panic the test no longer uses the state.
        self.shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides a command, and carries it out; tells the decision without the change.
    fn carry_out(&self, command: &Command, dry_run: bool) -> Result<Decision> {
        let mut inner = self.lock();
        let pending = Pending::default();
        let stamp = pending.next_stamp(&inner.state, (self.shared.options.clock)());
        let decision = command.decide(&inner.state, &pending, stamp)?;
        if let Some(change) = decision.change.as_ref().filter(|_| !dry_run) {
            let bytes = change.encode()?;
            inner.state.apply(&ChangeRecord::decode(&bytes)?)?;
            inner.journal.push(bytes);
        }
        Ok(decision)
    }
}
