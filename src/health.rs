//! Whether a store can be written.

/// Whether a store can be written. Example: at [`Store::health`](crate::Store::health).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// Changes can be made.
    Writable,
    /// An earlier failure stopped all writes, until [`recover`](crate::Store::recover) succeeds or
    /// the store is opened again.
    WritesStopped {
        /// The failure that stopped them.
        reason: String,
    },
    /// The store was opened [read only](crate::Options::read_only).
    ReadOnly,
    /// The store was closed.
    Closed,
}
