//! Constructors of errors that several places use.

use std::io;

use super::{Error, Outcome, StoreFile};
use crate::codec::CodecError;
use crate::model::key::KeyError;

/// How many characters of a malformed key an error keeps.
const TEXT_SHOWN: usize = 512;

impl Error {
    pub(crate) fn io(action: impl Into<String>, source: io::Error) -> Self {
        Self::Io { action: action.into(), outcome: Outcome::NotApplied, source }
    }

    pub(crate) fn damaged(
        file: StoreFile,
        part: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::Damaged { file, part: part.into(), detail: detail.into(), source: None }
    }

    pub(crate) fn undecodable(
        file: StoreFile,
        part: impl Into<String>,
        source: CodecError,
    ) -> Self {
        let (part, detail) = (part.into(), "a record cannot be read".into());
        Self::Damaged { file, part, detail, source: Some(Box::new(source)) }
    }

    pub(crate) fn key(what: &'static str, text: &str) -> impl FnOnce(KeyError) -> Self {
        // Enough to recognise it; the text may be of any length.
        move |source| Self::InvalidKey {
            what,
            text: text.chars().take(TEXT_SHOWN).collect(),
            source,
        }
    }
}
