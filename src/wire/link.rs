//! Links between answers. Clients follow them, so each is a path of this API.

use serde::{Deserialize, Serialize};

use super::query::Query;

/// A link.
///
/// ```
/// let link = viewlink::wire::Link::to_json("/api/v2/projects/default/views");
/// assert_eq!(link.media_type, "application/json");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The target: a path, percent-encoded if necessary.
    pub href: String,
    /// The media type of the target.
    #[serde(rename = "type")]
    pub media_type: String,
}

impl Link {
    /// A link to JSON.
    pub fn to_json(href: impl Into<String>) -> Self {
        Self { href: href.into(), media_type: "application/json".to_owned() }
    }
}

/// The links of a resource or view. Example: at [`LinkedResources`](super::LinkedResources).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLinks {
    /// To the resource or view itself.
    #[serde(rename = "self")]
    pub own: Link,
    /// To the list that contains it.
    pub parent: Link,
}

/// The links of a page. Example: at [`LinkedResources`](super::LinkedResources).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLinks {
    /// To this page.
    #[serde(rename = "self")]
    pub own: Link,
    /// To the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Link>,
    /// To the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Link>,
    /// To the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Link>,
    /// To the previous page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Link>,
}

impl PageLinks {
    /// The links of a page at a path: the page that a query requests from a list of `total` items.
    pub(super) fn new(path: &str, query: &Query, total: u64) -> Self {
        let (limit, offset) = (query.limit() as u64, query.offset() as u64);
        let at = |offset| Some(Link::to_json(format!("{path}?{}", query.at_offset(offset))));
        let own = Link::to_json(format!("{path}?{}", query.at_offset(offset)));
        if limit == 0 {
            // Such pages have no links to others.
            return Self { own, first: None, last: None, next: None, prev: None };
        }
        let next = offset.saturating_add(limit);
        // Aligned with this page, so that going back from the last page reaches this page again.
        let last = match total.saturating_sub(1).checked_sub(offset % limit) {
            Some(rest) => offset % limit + rest / limit * limit,
            None => 0,
        };
        Self {
            own,
            first: at(0),
            last: at(last),
            next: if next < total { at(next) } else { None },
            prev: if offset > 0 { at(offset.saturating_sub(limit)) } else { None },
        }
    }
}
