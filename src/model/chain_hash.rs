//! The hash over all changes up to one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The bytes of a chain hash.
pub(crate) const HASH_LEN: usize = 16;

/// The hash over all changes up to and including one: it is made from the hash before that change and the bytes of that
/// change. Before the first change it is all zeros. Two stores with the same hash after a change have the same changes
/// up to it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ChainHash(pub(crate) [u8; HASH_LEN]);

impl ChainHash {
    /// The hash after one more change: the first 16 bytes of BLAKE3 over this hash and the bytes of the change.
    ///
    /// Cost: O(bytes).
    pub(crate) fn after(self, change: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(change);
        let hash = hasher.finalize();
        Self(hash.as_bytes().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_the_first_changes_is_pinned() {
        let first = ChainHash::default().after(b"abc");
        assert_eq!(format!("{first:?}"), "d854d8fca88c3928bc6d52b261b3e953");
        assert_eq!(format!("{:?}", first.after(b"")), "0560bf6569bd3554a5b8b5d23473f6c7");
    }

    #[test]
    fn a_hash_depends_on_the_payload_and_on_all_changes_before_it() {
        let start = ChainHash::default();
        let hashes = [
            start.after(b"a"),
            start.after(b"b"),
            start.after(b"a").after(b"b"),
            start.after(b"b").after(b"b"),
            start.after(b"ab"),
        ];
        for (at, hash) in hashes.iter().enumerate() {
            assert!(hashes.iter().skip(at + 1).all(|other| other != hash), "{at}");
        }
    }
}
