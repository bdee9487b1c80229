//! The limit of open files of the process.

use rustix::process::{Resource, getrlimit};

/// Descriptors that are reserved for the store, the log and the listener. Without them the store could not begin a new
/// segment of the journal.
const KEPT: u64 = 32;

/// The largest number of connections.
pub(crate) fn for_connections() -> usize {
    after_reserve(getrlimit(Resource::Nofile).current)
}

fn after_reserve(limit: Option<u64>) -> usize {
    let left = limit.unwrap_or(u64::MAX).saturating_sub(KEPT).max(1);
    usize::try_from(left).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_reserved() {
        assert_eq!(after_reserve(Some(64)), 32);
        assert_eq!(after_reserve(Some(1024)), 992);
        assert_eq!(after_reserve(Some(10)), 1);
        assert!(after_reserve(None) > 1 << 40);
    }
}
