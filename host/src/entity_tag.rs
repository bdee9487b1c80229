//! Entity tags of views, and what requests say of them.

use axum::http::HeaderMap;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use viewlink::ChangeId;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

/// The entity tag of a view: its last change. It stays as long as the view does, and no store that went another way
/// has it.
pub(crate) fn of(change: ChangeId) -> String {
    format!("\"{change}\"")
}

/// The change that `if-match` asks for: `"7-0123456789abcdef"`, the entity tag of a view. `*` asks for any.
pub(crate) fn asked_for(headers: &HeaderMap) -> Result<Option<ChangeId>, Failure> {
    let mut tags = headers.get_all(IF_MATCH).iter();
    let Some(tag) = tags.next() else { return Ok(None) };
    let tag = tag.to_str().unwrap_or_default().trim();
    if tags.next().is_some() || tag.contains(',') {
        let message = "if-match has several entity tags: give that of the view as it was read";
        return Err(Failure::new(ErrorCode::InvalidRequest, message));
    }
    if tag == "*" {
        return Ok(None);
    }
    let differs = |message| Err(Failure::new(ErrorCode::PreconditionFailed, message));
    if tag.starts_with("W/") {
        return differs(
            "if-match is a weak entity tag, as proxies make that compress answers: read the view \
             uncompressed (accept-encoding: identity), and give the strong one it has then",
        );
    }
    let change = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    match change.and_then(|text| text.parse().ok()) {
        Some(change) => Ok(Some(change)),
        None => differs("if-match is the entity tag of no view: read the view again"),
    }
}

/// The entity tags of `if-none-match`: what a client has already.
pub(crate) struct Known(Vec<String>);

impl Known {
    pub(crate) fn to(headers: &HeaderMap) -> Self {
        let values = headers.get_all(IF_NONE_MATCH).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        // No entity tag of a view has a comma.
        Self(texts.flat_map(|text| text.split(',')).map(|tag| tag.trim().to_owned()).collect())
    }

    /// Whether the client has the view as this change left it. Weak tags count, too: compressed or not, it
    /// is the same view.
    pub(crate) fn has(&self, change: ChangeId) -> bool {
        let own = of(change);
        self.0.iter().any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own)
    }
}
