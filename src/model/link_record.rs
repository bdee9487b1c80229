//! When a link was made.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// When a link was made. The order of the fields is the order of link time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct LinkRecord {
    pub(crate) linked_at: Timestamp,
    pub(crate) revision: u64,
    /// The index in the request.
    pub(crate) request_index: u32,
}
