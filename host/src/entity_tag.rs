//! Entity tags of views, and the headers that name them.

use axum::http::HeaderMap;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use viewlink::ChangeId;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

/// The entity tag of a view, made from its last change. It is stable as long as the view does not change. A store with
/// a different history never has the same tag.
pub(crate) fn of(change: ChangeId) -> String {
    format!("\"{change}\"")
}

/// The change that `if-match` names, as the entity tag of a view such as `"7-0123456789abcdef"`; `None` for `*` or if
/// there is no such header.
pub(crate) fn asked_for(headers: &HeaderMap) -> Result<Option<ChangeId>, Failure> {
    let mut tags = headers.get_all(IF_MATCH).iter();
    let Some(tag) = tags.next() else { return Ok(None) };
    let tag = tag.to_str().unwrap_or_default().trim();
    if tags.next().is_some() || tag.contains(',') {
        let message = "if-match has several entity tags: send the one of the view that you read";
        return Err(Failure::new(ErrorCode::InvalidRequest, message));
    }
    if tag == "*" {
        return Ok(None);
    }
    let differs = |message| Err(Failure::new(ErrorCode::PreconditionFailed, message));
    if tag.starts_with("W/") {
        return differs(
            "if-match is a weak entity tag, which proxies make when they compress answers: read the view uncompressed \
             (accept-encoding: identity), and send its strong entity tag",
        );
    }
    let change = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    match change.and_then(|text| text.parse().ok()) {
        Some(change) => Ok(Some(change)),
        None => differs("if-match is not the entity tag of a view: read the view again"),
    }
}

/// The entity tags of `if-none-match`, which name states that the client already has.
pub(crate) struct Known(Vec<String>);

impl Known {
    pub(crate) fn to(headers: &HeaderMap) -> Self {
        let values = headers.get_all(IF_NONE_MATCH).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        // The entity tag of a view has no comma.
        Self(texts.flat_map(|text| text.split(',')).map(|tag| tag.trim().to_owned()).collect())
    }

    /// Whether the client has the view in the state after this change. Weak tags count, too: a compressed answer shows
    /// the same view.
    pub(crate) fn has(&self, change: ChangeId) -> bool {
        let own = of(change);
        self.0.iter().any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own)
    }
}
