//! What tells one store's files from another's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A random number of a store. All checksums of its journal start from it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreId(pub(crate) [u8; 16]);

/// How many of the bytes may be shown.
const SHOWN: usize = 8;

/// Shows the first half only. Somebody who knows both halves, and chooses the text of a comment, could put
/// bytes there that pass for the header of a frame.
impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(SHOWN).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
