//! What an error says about the change that was requested.

use super::{Error, Outcome};

impl Error {
    /// What happened to the requested change.
    ///
    /// Unless the disk failed, or only some keys failed, the store is unchanged.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Io { outcome, .. }
            | Self::State { outcome, .. }
            | Self::SharedLog { outcome, .. } => *outcome,
            Self::KeysFailed(report) if report.revision().is_some() => Outcome::Committed,
            _ => Outcome::NotApplied,
        }
    }

    /// The same error with what is now known about the change.
    pub(crate) fn with_outcome(mut self, known: Outcome) -> Self {
        if let Self::Io { outcome, .. } | Self::State { outcome, .. } = &mut self {
            *outcome = known;
        }
        self
    }
}
