//! The reason why a change does not fit a state.

use crate::model::error::{Error, StoreFile};

/// The reason why a change does not fit the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misfit(pub(super) &'static str);

pub(super) type Fit<T = ()> = Result<T, Misfit>;

/// The value; an error with this reason if there is none.
pub(super) fn present<T>(found: Option<T>, misfit: &'static str) -> Fit<T> {
    found.ok_or(Misfit(misfit))
}

impl Misfit {
    /// The error for the change with a revision.
    pub(super) fn of_change(self, revision: u64) -> Error {
        let Self(detail) = self;
        let part = format!("change {revision}");
        Error::damaged(StoreFile::Journal, part, format!("it does not fit the state: {detail}"))
    }
}
