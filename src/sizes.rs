//! How large a store is, part by part.

/// How large a store is on disk, part by part: see [`Store::sizes`](crate::Store::sizes).
///
/// A store in memory has the same parts, in memory.
///
/// ```
/// use viewlink::{NewView, Options};
///
/// let store = Options::new().open_in_memory()?;
/// store.project("default")?.create_view(NewView::new("my-view", "My view"))?;
///
/// let sizes = store.sizes()?;
/// let views = sizes.tables.iter().find(|table| table.name == "views");
/// assert_eq!(views.map(|table| table.rows), Some(1));
/// // What is on disk of the state lacks the view, which the journal has.
/// assert_eq!((sizes.checkpoint_revision, sizes.journal.newest), (0, 1));
/// println!("{} bytes of state, {} of journal", sizes.state_bytes, sizes.journal.bytes);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sizes {
    /// The newest change that is in the tables; 0 when there was none yet.
    pub revision: u64,
    /// The tables of the state, by name.
    pub tables: Vec<TableSize>,
    /// The length of `state.redb` in bytes.
    pub state_bytes: u64,
    /// The bytes of it that no table uses: those that are free, those that are kept until the next
    /// checkpoint or for a [snapshot](crate::Snapshot), and what the database needs for itself.
    /// [`compact`](crate::Store::compact) gives back most of them. Of a store that is
    /// [only read](crate::Options::read_only) the tables may be larger than on disk, by what recovery holds
    /// in memory; so these are fewer then.
    pub free_bytes: u64,
    /// The journal.
    pub journal: JournalSize,
    /// The newest change that the state on disk has, with all before it; what is behind it an
    /// opening after a crash takes from the journal. 0 when there is none.
    pub checkpoint_revision: u64,
}

/// How large a table of the state is.
///
/// The three numbers of bytes together are the pages that it takes in the file. Example: at [`Sizes`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableSize {
    /// The name of the table, as `docs/design.md` has it.
    pub name: String,
    /// How many rows there are. A row of links or backlinks has many of them.
    pub rows: u64,
    /// The bytes of keys and values.
    pub stored_bytes: u64,
    /// The bytes that lead to them.
    pub metadata_bytes: u64,
    /// The bytes of its pages that are neither.
    pub fragmented_bytes: u64,
}

impl TableSize {
    /// The bytes of the pages that the table takes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.stored_bytes.saturating_add(self.metadata_bytes).saturating_add(self.fragmented_bytes)
    }
}

/// How large the journal is. Example: at [`Sizes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalSize {
    /// How many files there are.
    pub segments: u64,
    /// How many bytes they take, the zeros that the newest one is filled with ahead included. A
    /// file whose length could not be read when the store was opened is not counted.
    pub bytes: u64,
    /// The oldest change that is kept; one more than `newest` when none is.
    pub oldest: u64,
    /// The newest change that readers see.
    pub newest: u64,
}
