//! Shortages of the system that pass.

use std::io;

/// Whether a call failed since something is short that may be there again later: space or inodes
/// (`ENOSPC`), quota (`EDQUOT`), memory (`ENOMEM`), or descriptors of the process (`EMFILE`) or of the
/// system (`ENFILE`).
pub(super) fn is_shortage(error: &io::Error) -> bool {
    use io::ErrorKind::{OutOfMemory, QuotaExceeded, StorageFull};
    matches!(error.kind(), OutOfMemory | QuotaExceeded | StorageFull) || is_of_descriptors(error)
}

/// The standard library has no kind for these two. Their numbers are the same on all Unix systems.
#[cfg(unix)]
fn is_of_descriptors(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

#[cfg(not(unix))]
fn is_of_descriptors(_error: &io::Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn shortages_are_told_from_failures() {
        // ENOMEM, ENFILE, EMFILE, ENOSPC and EDQUOT.
        for number in [12, 23, 24, 28, 122] {
            assert!(is_shortage(&io::Error::from_raw_os_error(number)), "{number}");
        }
        // ENOENT, EIO, EACCES, EINVAL, EFBIG and EROFS.
        for number in [2, 5, 13, 22, 27, 30] {
            assert!(!is_shortage(&io::Error::from_raw_os_error(number)), "{number}");
        }
    }
}
