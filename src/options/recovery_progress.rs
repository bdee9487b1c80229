//! How far an opening is.

/// How far an opening or a recovery is; see [`Options::on_recovery`](crate::Options::on_recovery). Example: at [`Options`](crate::Options).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecoveryProgress {
    /// The checkpoint is being loaded.
    Loading {
        /// The length of its file.
        bytes: u64,
    },
    /// Changes are taken from the journal.
    Replaying {
        /// How many are done.
        done: u64,
        /// How many there are.
        total: u64,
    },
}
