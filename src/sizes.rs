//! The sizes of a store, part by part.

/// How large a store is, in memory and on disk: see [`Store::sizes`](crate::Store::sizes).
///
/// A store in memory has the same parts, all of them in memory.
///
/// ```
/// use viewlink::{NewView, Options};
///
/// let store = Options::new().open_in_memory()?;
/// store.project("default")?.create_view(NewView::new("my-view", "My view"))?;
///
/// let sizes = store.sizes()?;
/// assert!(sizes.memory.views > 0 && sizes.memory.total() >= sizes.memory.views);
/// // The view is in the journal, but not yet in the checkpoint.
/// assert_eq!((sizes.checkpoint_revision, sizes.journal.newest), (0, 1));
/// println!("{} bytes of checkpoint, {} of journal", sizes.checkpoint_bytes, sizes.journal.bytes);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sizes {
    /// The newest change that readers see; 0 when there was none yet.
    pub revision: u64,
    /// How much memory the state takes.
    pub memory: MemoryUse,
    /// The length of the newest checkpoint's file in bytes.
    pub checkpoint_bytes: u64,
    /// The newest change in the checkpoint. An opening takes later ones from the journal. 0 when there is none.
    pub checkpoint_revision: u64,
    /// The journal.
    pub journal: JournalSize,
}

pub use crate::model::memory_use::MemoryUse;

/// The size of the journal. Example: at [`Sizes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalSize {
    /// How many files there are.
    pub segments: u64,
    /// How many bytes they take, including the zeros that fill the rest of the newest one. A file whose length could
    /// not be read when the store was opened is not counted.
    pub bytes: u64,
    /// The oldest change that is kept; `newest` + 1 when none is.
    pub oldest: u64,
    /// The newest change that readers see.
    pub newest: u64,
}
