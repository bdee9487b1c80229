//! The hash over all changes up to one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The hash over all changes up to one: that of the changes before it and its bytes. It is all zeros where there
/// are none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ChainHash(pub(crate) [u8; 16]);

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
