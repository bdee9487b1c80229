//! What a caller asks of a batch.

use crate::change::Note;
use crate::resource::{RawResource, ResourceType};

/// Resources of one type to link to a view or unlink from it.
///
/// The keys are raw: a malformed one is that key's failure and stops none of the others.
///
/// ```
/// use viewlink::Batch;
///
/// let flags = Batch::flags(["checkout-v2", "search-v3"]).comment("ready for everyone");
/// assert_eq!(flags.len(), 2);
/// let segments = Batch::segments([("production", "beta-users")]);
/// assert_eq!(segments.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub(crate) keys: BatchKeys,
    pub(crate) note: Note,
}

impl Batch {
    /// Flags by key.
    pub fn flags<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::plain(ResourceType::Flag, keys)
    }

    /// AI configs by key.
    pub fn ai_configs<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::plain(ResourceType::AiConfig, keys)
    }

    /// Metrics by key.
    pub fn metrics<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::plain(ResourceType::Metric, keys)
    }

    /// Segments by environment id and key.
    pub fn segments<E: Into<String>, K: Into<String>>(
        names: impl IntoIterator<Item = (E, K)>,
    ) -> Self {
        let names = names.into_iter().map(|(environment, key)| (environment.into(), key.into()));
        Self { keys: BatchKeys::Segments(names.collect()), note: Note::default() }
    }

    /// Segments by id, as the REST API names them.
    ///
    /// The store does not know ids: each well-formed one is the failure
    /// [`UnknownResource`](crate::FailureReason::UnknownResource) with the id as its key.
    pub fn segment_ids<K: Into<String>>(ids: impl IntoIterator<Item = K>) -> Self {
        let ids = ids.into_iter().map(Into::into).collect();
        Self { keys: BatchKeys::SegmentIds(ids), note: Note::default() }
    }

    /// Resources of any type by what a request calls their keys: segments by
    /// [id](Self::segment_ids), the others by key.
    ///
    /// ```
    /// use viewlink::{Batch, ResourceType};
    ///
    /// let metrics = Batch::by_key(ResourceType::Metric, ["latency"]);
    /// assert_eq!(metrics, Batch::metrics(["latency"]));
    /// ```
    pub fn by_key<K: Into<String>>(
        resource_type: ResourceType,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        match resource_type {
            ResourceType::Segment => Self::segment_ids(keys),
            _ => Self::plain(resource_type, keys),
        }
    }

    fn plain<K: Into<String>>(
        resource_type: ResourceType,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        let keys = keys.into_iter().map(Into::into).collect();
        Self { keys: BatchKeys::Plain(resource_type, keys), note: Note::default() }
    }

    /// Says why; the text goes with the change into the journal.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.note.comment = Some(comment.into());
        self
    }

    /// Says who; the text goes with the change into the journal.
    #[must_use]
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.note.actor = Some(actor.into());
        self
    }

    /// Says which change this one takes back; the number goes with the change into the journal.
    #[must_use]
    pub const fn reverts(mut self, revision: u64) -> Self {
        self.note.reverts = Some(revision);
        self
    }

    /// The type of the resources.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        self.keys.resource_type()
    }

    /// How many keys there are, repeated ones counted each time.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no keys.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The keys of a batch: segments have an environment, the other types do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BatchKeys {
    /// Keys of a type that is not segments.
    Plain(ResourceType, Vec<String>),
    /// Environment id and key.
    Segments(Vec<(String, String)>),
    /// Ids of segments, which nobody here can tell the segments of.
    SegmentIds(Vec<String>),
}

impl BatchKeys {
    pub(crate) const fn resource_type(&self) -> ResourceType {
        match self {
            Self::Plain(resource_type, _) => *resource_type,
            Self::Segments(_) | Self::SegmentIds(_) => ResourceType::Segment,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Plain(_, keys) | Self::SegmentIds(keys) => keys.len(),
            Self::Segments(names) => names.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<RawResource<'_>> {
        let resource_type = self.resource_type();
        match self {
            Self::Plain(_, keys) | Self::SegmentIds(keys) => {
                keys.get(index).map(|key| RawResource { resource_type, environment: None, key })
            }
            Self::Segments(names) => names.get(index).map(|(environment, key)| RawResource {
                resource_type,
                environment: Some(environment),
                key,
            }),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = RawResource<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}
