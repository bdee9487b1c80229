//! The result of the keys of a batch.

use std::collections::BTreeMap;

use super::change::ChangedLinks;
use super::key_outcome::KeyOutcome;
use super::resource::Resource;

/// The result of the keys of one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkResult {
    /// One for each key of the request, in its order, then one for each further resource.
    pub(crate) outcomes: Vec<KeyOutcome>,
    /// The resources that a filter found in addition to the keys, in key order, then those that a replacement removed.
    pub(crate) further: Vec<Resource>,
    /// The segments of the ids.
    pub(crate) segments: BTreeMap<String, Resource>,
    /// Whether any link, or the holder of a link, changed.
    pub(crate) changed: bool,
    /// The links that standing filters changed because of it.
    pub(crate) followed: Vec<ChangedLinks>,
}
