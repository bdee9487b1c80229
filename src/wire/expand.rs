//! Optional parts of an answer.

use std::fmt;
use std::str::FromStr;

use super::request_error::RequestError;
use crate::model::resource::ResourceType;

/// A part of an answer that `expand` can request. Example: at [`Expand`].
///
/// [`AllFlags`](Self::AllFlags), [`AllSegments`](Self::AllSegments), [`AllResources`](Self::AllResources) and
/// [`ResourceDetails`](Self::ResourceDetails) are accepted and add nothing: answers only name resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expansion {
    /// `flagsSummary`: how many flags a view has.
    FlagsSummary,
    /// `segmentsSummary`: how many segments a view has.
    SegmentsSummary,
    /// `aiConfigsSummary`: how many AI configs a view has.
    AiConfigsSummary,
    /// `metricsSummary`: how many metrics a view has.
    MetricsSummary,
    /// `resourceSummary`: how many flags, segments and resources of all types a view has.
    ResourceSummary,
    /// `allFlags`.
    AllFlags,
    /// `allSegments`.
    AllSegments,
    /// `allResources`.
    AllResources,
    /// `maintainer`: the maintainer of a view.
    Maintainer,
    /// `resourceDetails`.
    ResourceDetails,
}

impl Expansion {
    const ALL: [Self; 10] = [
        Self::FlagsSummary,
        Self::SegmentsSummary,
        Self::AiConfigsSummary,
        Self::MetricsSummary,
        Self::ResourceSummary,
        Self::AllFlags,
        Self::AllSegments,
        Self::AllResources,
        Self::Maintainer,
        Self::ResourceDetails,
    ];

    /// The name a request uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FlagsSummary => "flagsSummary",
            Self::SegmentsSummary => "segmentsSummary",
            Self::AiConfigsSummary => "aiConfigsSummary",
            Self::MetricsSummary => "metricsSummary",
            Self::ResourceSummary => "resourceSummary",
            Self::AllFlags => "allFlags",
            Self::AllSegments => "allSegments",
            Self::AllResources => "allResources",
            Self::Maintainer => "maintainer",
            Self::ResourceDetails => "resourceDetails",
        }
    }

    /// The expansion for the count of a type.
    pub(super) const fn summary_of(resource_type: ResourceType) -> Self {
        match resource_type {
            ResourceType::Flag => Self::FlagsSummary,
            ResourceType::Segment => Self::SegmentsSummary,
            ResourceType::AiConfig => Self::AiConfigsSummary,
            ResourceType::Metric => Self::MetricsSummary,
        }
    }
}

/// A set of expansions; displayed as in a request, `a,b`.
///
/// ```
/// use viewlink::wire::{Expand, Expansion};
///
/// let expand: Expand = "maintainer,flagsSummary".parse()?;
/// assert!(expand.contains(Expansion::FlagsSummary) && !expand.is_empty());
/// assert!("colour".parse::<Expand>().is_err());
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expand {
    expansions: Vec<Expansion>,
}

impl Expand {
    /// Whether this expansion was requested. Example: at [`Expand`].
    ///
    /// Cost: O(expansions).
    #[must_use]
    pub fn contains(&self, expansion: Expansion) -> bool {
        self.expansions.contains(&expansion)
    }

    /// Whether no expansion was requested.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expansions.is_empty()
    }

    /// Adds the expansions of another parameter with the same name.
    pub(super) fn add(&mut self, other: Self) {
        for expansion in other.expansions {
            if !self.contains(expansion) {
                self.expansions.push(expansion);
            }
        }
    }
}

impl FromStr for Expand {
    type Err = RequestError;

    /// Names separated by commas; empty ones are ignored.
    fn from_str(text: &str) -> Result<Self, RequestError> {
        let mut expand = Self::default();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let named = Expansion::ALL.into_iter().find(|of| of.as_str() == name);
            let expansion =
                named.ok_or_else(|| RequestError::parameter("expand", name, EXPECTED))?;
            expand.add(Self { expansions: vec![expansion] });
        }
        Ok(expand)
    }
}

const EXPECTED: &str = "use flagsSummary, segmentsSummary, aiConfigsSummary, \
    metricsSummary, resourceSummary, allFlags, allSegments, allResources, maintainer or \
    resourceDetails";

impl fmt::Display for Expand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, expansion) in self.expansions.iter().enumerate() {
            let separator = if place == 0 { "" } else { "," };
            write!(f, "{separator}{}", expansion.as_str())?;
        }
        Ok(())
    }
}
