//! The progress of an opening.

/// The progress of an opening or a recovery; see [`Options::on_recovery`](crate::Options::on_recovery). Example: at
/// [`Options`](crate::Options).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecoveryProgress {
    /// The checkpoint is being loaded.
    Loading {
        /// The length of its file.
        bytes: u64,
    },
    /// Changes of the journal are applied.
    Replaying {
        /// How many are applied.
        done: u64,
        /// How many there are.
        total: u64,
    },
}
