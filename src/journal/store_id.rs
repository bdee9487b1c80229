//! The identity of a store.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A random number of a store. All checksums of its journal start from it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreId(pub(crate) [u8; 16]);

/// How many of the bytes are shown.
const SHOWN: usize = 8;

/// Shows only the first half. With both halves, the author of a comment could write bytes that look like the header of
/// a frame.
impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(SHOWN).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
