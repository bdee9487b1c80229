//! What the user can do about errors of the file system.

use std::io;

use crate::model::outcome::Outcome;

/// What the user can do about an error of the file system, if anything.
pub(super) fn way_out(source: &io::Error) -> &'static str {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match source.kind() {
        StorageFull | QuotaExceeded => ": the disk is full, make room and try again",
        PermissionDenied | ReadOnlyFilesystem => {
            ": a store must be able to write its directory, or to read it if it is opened read only"
        }
        _ => "",
    }
}

/// What the user can do about a change that a shared order did not accept.
pub(super) const fn later(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplied => ": try again",
        Outcome::Unknown | Outcome::Committed => {
            ", or did not confirm it: read the current state before trying again"
        }
    }
}
