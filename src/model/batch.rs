//! A batch: the resources of a request and its options.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change_meta::ChangeMeta;
use super::link_command::Choices;
use super::resource::{RawResource, Resource, ResourceType};
use super::resource_filter::ResourceFilter;

/// Resources of one type to link to a view or unlink from it.
///
/// The keys are raw: a malformed key fails alone and does not stop the others.
///
/// ```
/// use viewlink::Batch;
///
/// let flags = Batch::flags(["checkout-v2", "search-v3"]).comment("ready for everyone");
/// assert_eq!(flags.len(), 2);
/// let segments = Batch::segments([("production", "beta-users")]);
/// assert_eq!(segments.len(), 1);
/// let retired = Batch::flags(["old"]).ignore_missing().keep_last_view().failures_only();
/// assert!(!retired.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub(crate) keys: BatchKeys,
    pub(crate) filter: Option<ResourceFilter>,
    pub(crate) choices: Choices,
    pub(crate) meta: ChangeMeta,
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
        let named = |(environment, key): (E, K)| SegmentRef::Named {
            environment: environment.into(),
            key: key.into(),
        };
        Self::segment_refs(names.into_iter().map(named))
    }

    /// Segments by id, as the REST API names them.
    ///
    /// An id that the registry does not have fails as [`UnknownResource`](crate::FailureReason::UnknownResource), with
    /// the id as its key.
    pub fn segment_ids<K: Into<String>>(ids: impl IntoIterator<Item = K>) -> Self {
        Self::segment_refs(ids.into_iter().map(|id| SegmentRef::Id(id.into())))
    }

    /// Segments, each by id or by environment id and key. An id and the key it leads to are the
    /// same segment: the later one is [`Repeated`](crate::FailureReason::Repeated).
    ///
    /// ```
    /// use viewlink::{Batch, SegmentRef};
    ///
    /// let named = SegmentRef::Named { environment: "production".into(), key: "beta".into() };
    /// let batch = Batch::segment_refs([named, SegmentRef::Id("61f3b0c2".into())]);
    /// assert_eq!(batch.len(), 2);
    /// ```
    pub fn segment_refs(refs: impl IntoIterator<Item = SegmentRef>) -> Self {
        Self::new(BatchKeys::Segments(refs.into_iter().collect()))
    }

    /// The resources of a type that a filter finds. For link and replace it searches the registered resources; for
    /// unlink, the resources linked to the view.
    ///
    /// ```
    /// use viewlink::{Batch, ResourceFilter, ResourceType};
    ///
    /// let filter = ResourceFilter::parse(ResourceType::Flag, "tags:backend,archived:false")?;
    /// let batch = Batch::matching(ResourceType::Flag, filter);
    /// # let _ = batch;
    /// # Ok::<(), viewlink::FilterError>(())
    /// ```
    #[must_use]
    pub fn matching(resource_type: ResourceType, filter: ResourceFilter) -> Self {
        Self::by_key(resource_type, [""; 0]).and_matching(filter)
    }

    /// Adds the resources that a filter finds, as [`matching`](Self::matching) does, to the keys.
    ///
    /// The outcomes are then one for each key, in request order, and one for each further resource, in key order. Keys
    /// and found resources together may not exceed [`Options::batch_limit`](crate::Options::batch_limit). A later
    /// filter replaces this one.
    ///
    /// Cost in the change: O(n · log resources). To link, n is the number of registered resources with a tag or
    /// maintainer that the filter asks for. Without such a condition, n is all resources of the type (for segments, of
    /// the environment). To unlink, n is the number of links of that type in the view.
    #[must_use]
    pub fn and_matching(mut self, filter: ResourceFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Resources of any type by the key that a request uses: segments by [id](Self::segment_ids), the others by key.
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
        Self::new(BatchKeys::Plain(resource_type, keys))
    }

    fn new(keys: BatchKeys) -> Self {
        Self { keys, filter: None, choices: Choices::default(), meta: ChangeMeta::default() }
    }

    /// Makes a missing link a success of an unlink, [`NotLinked`](crate::KeyOutcome::NotLinked), so that a retry
    /// reports no failure.
    #[must_use]
    pub const fn ignore_missing(mut self) -> Self {
        self.choices.ignore_missing = true;
        self
    }

    /// Makes an existing link a failure of a link, [`AlreadyLinked`](crate::FailureReason::AlreadyLinked). Has no
    /// effect on a replacement.
    #[must_use]
    pub const fn refuse_existing(mut self) -> Self {
        self.choices.refuse_existing = true;
        self
    }

    /// Makes the report name only the keys that failed; it still counts all.
    #[must_use]
    pub const fn failures_only(mut self) -> Self {
        self.choices.failures_only = true;
        self
    }

    /// Keeps a resource in its last view: to unlink it from there fails as
    /// [`LastView`](crate::FailureReason::LastView), decided in the change.
    ///
    /// Cost in the change: O(log links + m · log views) for each key, with m views that have its resource.
    ///
    /// ```
    /// # use viewlink::{Batch, FailureCode, NewView, Options};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::flags(["a"]))?.all_ok()?;
    /// let report = project.unlink("v", Batch::flags(["a"]).keep_last_view())?;
    /// assert_eq!(report.failures().next().unwrap().code(), FailureCode::LastView);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub const fn keep_last_view(mut self) -> Self {
        self.choices.keep_last_view = true;
        self
    }

    /// Sets the reason for the change; the journal keeps the text with it.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.meta.comment = Some(comment.into());
        self
    }

    /// Sets who makes the change; the journal keeps the text with it.
    #[must_use]
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.meta.actor = Some(actor.into());
        self
    }

    /// Sets which change this one reverts; the journal keeps the number with it.
    #[must_use]
    pub const fn reverts(mut self, revision: u64) -> Self {
        self.meta.reverts = Some(revision);
        self
    }

    /// The type of the resources.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        self.keys.resource_type()
    }

    /// How many keys there are, with each repetition; without the resources that a filter may find.
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

/// A segment as a request names it: the texts may be invalid. Example: at [`Batch::segment_refs`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SegmentRef {
    /// By the id it is registered with.
    Id(String),
    /// By its environment and key.
    Named {
        /// The id of the environment.
        environment: String,
        /// The key, unique in the environment.
        key: String,
    },
}

/// The keys of a batch: segments have an environment or an id, the other types do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BatchKeys {
    Plain(ResourceType, Vec<String>),
    Segments(Vec<SegmentRef>),
}

impl BatchKeys {
    pub(crate) const fn resource_type(&self) -> ResourceType {
        match self {
            Self::Plain(resource_type, _) => *resource_type,
            Self::Segments(_) => ResourceType::Segment,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Plain(_, keys) => keys.len(),
            Self::Segments(refs) => refs.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<RawResource<'_>> {
        let (environment, key) = match self {
            Self::Plain(_, keys) => (None, keys.get(index)?),
            Self::Segments(refs) => match refs.get(index)? {
                SegmentRef::Id(id) => (None, id),
                SegmentRef::Named { environment, key } => (Some(environment.as_str()), key),
            },
        };
        Some(RawResource { resource_type: self.resource_type(), environment, key })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = RawResource<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Whether a key is the id of a segment.
    pub(crate) fn is_id(&self, index: usize) -> bool {
        let Self::Segments(refs) = self else { return false };
        matches!(refs.get(index), Some(SegmentRef::Id(_)))
    }

    /// Keeps only the keys for which `keep` returns true, by their index in the request.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let mut places = 0..;
        let mut next = || places.next().is_some_and(&mut keep);
        match self {
            Self::Plain(_, keys) => keys.retain(|_| next()),
            Self::Segments(refs) => refs.retain(|_| next()),
        }
    }

    /// Replaces each id of a known segment by its environment id and key.
    pub(crate) fn name_segments(&mut self, segments: &BTreeMap<String, Resource>) {
        let Self::Segments(refs) = self else { return };
        for named in refs {
            let SegmentRef::Id(id) = named else { continue };
            if let Some(Resource::Segment { environment, key }) = segments.get(id) {
                let (environment, key) = (environment.to_string(), key.to_string());
                *named = SegmentRef::Named { environment, key };
            }
        }
    }
}
