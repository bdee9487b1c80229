//! What to do about errors of the file system.

use std::io;

use crate::model::outcome::Outcome;

/// What to do about an error of the file system, where there is something to do.
pub(super) fn way_out(source: &io::Error) -> &'static str {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match source.kind() {
        StorageFull | QuotaExceeded => ": the disk is full, make room and try again",
        PermissionDenied | ReadOnlyFilesystem => {
            ": a store must be able to write its directory, or to read it where it is only read"
        }
        _ => "",
    }
}

/// What to do about a change that a shared order did not take.
pub(super) const fn later(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplied => ": try again",
        Outcome::Unknown | Outcome::Committed => {
            ", or has not said so yet: read what is there before trying again"
        }
    }
}
