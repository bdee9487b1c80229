//! How many files the process may have open.

use rustix::process::{Resource, getrlimit};

/// What the store, the log and the listener need: a process that gives all its descriptors to
/// connections cannot begin a segment of the journal.
const KEPT: u64 = 32;

/// How many connections there may be.
pub(crate) fn for_connections() -> usize {
    beside_the_rest(getrlimit(Resource::Nofile).current)
}

fn beside_the_rest(limit: Option<u64>) -> usize {
    let left = limit.unwrap_or(u64::MAX).saturating_sub(KEPT).max(1);
    usize::try_from(left).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_never_for_connections() {
        assert_eq!(beside_the_rest(Some(64)), 32);
        assert_eq!(beside_the_rest(Some(1024)), 992);
        assert_eq!(beside_the_rest(Some(10)), 1);
        assert!(beside_the_rest(None) > 1 << 40);
    }
}
