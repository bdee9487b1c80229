//! What came of the keys of a batch.

use std::collections::BTreeMap;

use super::change::ChangedLinks;
use super::key_outcome::KeyOutcome;
use super::resource::Resource;

/// What came of the keys of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkResult {
    /// One for each key of the request, in its order, then one for each further resource.
    pub(crate) outcomes: Vec<KeyOutcome>,
    /// What a filter found besides the keys, in key order, then what a replacement took out.
    pub(crate) further: Vec<Resource>,
    /// What the ids of segments lead to.
    pub(crate) segments: BTreeMap<String, Resource>,
    /// Whether any link changed, or who holds it.
    pub(crate) changed: bool,
    /// What standing filters did since.
    pub(crate) followed: Vec<ChangedLinks>,
}
