//! What tells one store's files from another's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A random number of a store. All checksums of its journal start from it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreId(pub(crate) [u8; 16]);

/// How many of the bytes may be told.
const TOLD: usize = 8;

/// Tells the first half and never the second one: who knew both, and chose the text of a comment, could
/// put bytes there that pass for a record's header.
impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(TOLD).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
