//! The kinds of files of a store.

/// The two kinds of files of a store, as [`Error::Damaged`](crate::Error::Damaged) distinguishes them. Example: at
/// [`Error`](crate::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreFile {
    /// The database of views, links and registered resources.
    State,
    /// The changes, in segments.
    Journal,
}
