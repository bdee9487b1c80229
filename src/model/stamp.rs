//! The number and time of a change.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// The number and time of the change that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) revision: u64,
    pub(crate) time: Timestamp,
}
