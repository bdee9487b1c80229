//! What the user can do about errors of the file system.

use std::io;

use crate::model::outcome::Outcome;

/// What the user can do about an error of the file system, if anything.
pub(super) fn way_out(source: &io::Error) -> &'static str {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match source.kind() {
        StorageFull | QuotaExceeded => ": the disk is full; free some space and try again",
        PermissionDenied | ReadOnlyFilesystem => {
            ": check the permissions; a store needs to write its directory, or to read it if it is opened read only"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_that_was_not_made_may_be_tried_again_at_once() {
        assert_eq!(later(&Outcome::NotApplied), ": try again");
        for outcome in [Outcome::Unknown, Outcome::Committed] {
            assert!(later(&outcome).contains("read the current state"));
        }
    }
}
