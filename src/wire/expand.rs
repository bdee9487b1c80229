//! What an answer is to hold besides what it always holds.

use std::fmt;
use std::str::FromStr;

use super::request_error::RequestError;
use crate::model::resource::ResourceType;

/// What can be asked for with `expand`. Example: at [`Expand`].
///
/// [`AllFlags`](Self::AllFlags), [`AllSegments`](Self::AllSegments),
/// [`AllResources`](Self::AllResources) and [`ResourceDetails`](Self::ResourceDetails) are taken
/// and add nothing: answers name resources and tell no more of them.
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
    /// `maintainer`: who looks after a view.
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

    /// The one that asks for the count of a type.
    pub(super) const fn summary_of(resource_type: ResourceType) -> Self {
        match resource_type {
            ResourceType::Flag => Self::FlagsSummary,
            ResourceType::Segment => Self::SegmentsSummary,
            ResourceType::AiConfig => Self::AiConfigsSummary,
            ResourceType::Metric => Self::MetricsSummary,
        }
    }
}

/// A set of expansions; displayed as a request gives them, `a,b`.
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
    /// Each once.
    expansions: Vec<Expansion>,
}

impl Expand {
    /// Whether this was asked for. Example: at [`Expand`].
    ///
    /// Cost: O(expansions).
    #[must_use]
    pub fn contains(&self, expansion: Expansion) -> bool {
        self.expansions.contains(&expansion)
    }

    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expansions.is_empty()
    }

    /// Adds what another parameter of the same name asks for.
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

    /// Names with commas between them; empty ones are left out.
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

const EXPECTED: &str = "there are flagsSummary, segmentsSummary, aiConfigsSummary, \
    metricsSummary, resourceSummary, allFlags, allSegments, allResources, maintainer and \
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
