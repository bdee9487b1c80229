//! One error for several callers.

use std::io;

use super::Error;
use crate::model::error_chain::chain;

impl Error {
    /// The same error for another caller that it affects. Its source becomes a text.
    pub(crate) fn alike(&self) -> Self {
        let text = |source: &(dyn std::error::Error + 'static)| chain(source).into();
        match self {
            Self::Io { action, outcome, source } => {
                let source = source.raw_os_error().map_or_else(
                    || io::Error::new(source.kind(), chain(source)),
                    io::Error::from_raw_os_error,
                );
                Self::Io { action: action.clone(), outcome: *outcome, source }
            }
            Self::Damaged { file, part, detail, source } => Self::Damaged {
                file: *file,
                part: part.clone(),
                detail: detail.clone(),
                source: source.as_ref().map(|source| text(&**source)),
            },
            Self::State { outcome, source } => {
                Self::State { outcome: *outcome, source: text(&**source) }
            }
            Self::SharedLog { outcome, source } => {
                Self::SharedLog { outcome: *outcome, source: text(&**source) }
            }
            Self::Diverged { position, at } => Self::Diverged { position: *position, at: *at },
            Self::NewerFormat { part, found, supported } => {
                Self::NewerFormat { part: part.clone(), found: *found, supported: *supported }
            }
            Self::Panicked { message } => Self::Panicked { message: message.clone() },
            Self::WritesStopped { reason } => Self::WritesStopped { reason: reason.clone() },
            Self::Closed => Self::Closed,
            Self::JournalFull { bytes, limit, source } => Self::JournalFull {
                bytes: *bytes,
                limit: *limit,
                source: source.as_ref().map(|source| Box::new(source.alike())),
            },
            other => Self::State { outcome: other.outcome(), source: text(other) },
        }
    }
}
