//! Errors of missing resources.

use std::io;

/// Whether a call failed because of a temporary shortage: of disk space, quota, inodes, file handles of the process or
/// system, or memory.
///
/// Such a call may succeed later without any change here: it does not mean that the disk is broken.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    use io::ErrorKind::{OutOfMemory, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | OutOfMemory) || is_short(error)
}

/// Shortages among the errors of the system that have no kind.
#[cfg(unix)]
fn is_short(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let short = [Errno::NOSPC, Errno::DQUOT, Errno::MFILE, Errno::NFILE, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|errno| short.contains(&errno))
}

#[cfg(not(unix))]
fn is_short(_error: &io::Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_recognised_by_its_kind() {
        for (kind, expected) in [
            (io::ErrorKind::StorageFull, true),
            (io::ErrorKind::QuotaExceeded, true),
            (io::ErrorKind::OutOfMemory, true),
            (io::ErrorKind::Other, false),
            (io::ErrorKind::FileTooLarge, false),
            (io::ErrorKind::PermissionDenied, false),
            (io::ErrorKind::ReadOnlyFilesystem, false),
        ] {
            assert_eq!(is_shortage(&kind.into()), expected, "{kind}");
            assert_eq!(is_shortage(&io::Error::new(kind, "told")), expected, "{kind}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_shortage_is_recognised_by_the_error_number_of_the_system() {
        use rustix::io::Errno;
        for (errno, expected) in [
            (Errno::NOSPC, true),
            (Errno::DQUOT, true),
            (Errno::MFILE, true),
            (Errno::NFILE, true),
            (Errno::NOMEM, true),
            (Errno::IO, false),
            (Errno::INVAL, false),
            (Errno::ROFS, false),
            (Errno::FBIG, false),
            (Errno::BADF, false),
        ] {
            assert_eq!(is_shortage(&errno.into()), expected, "{errno}");
        }
    }

    /// This file behaves like a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_a_shortage() {
        use std::io::Write as _;
        let mut full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert!(is_shortage(&full.write_all(b"a").unwrap_err()));
    }
}
