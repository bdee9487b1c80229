//! A view without its links, as plain data.

use serde::{Deserialize, Serialize};

use super::change_id::ChangeId;
use super::key::ViewKey;
use super::standing_filter::StandingFilter;
use super::time::Timestamp;
use super::view::ViewFields;

/// A view without its links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViewRecord {
    pub(crate) id: u32,
    pub(crate) key: ViewKey,
    pub(crate) fields: ViewFields,
    pub(crate) version: u64,
    /// The last change to its fields or links.
    pub(crate) change: ChangeId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// At most one for each type, in the fixed order of the types.
    pub(crate) filters: Vec<StandingFilter>,
}
