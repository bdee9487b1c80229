//! The parts of a path.

use axum::extract::{FromRequestParts, Path};
use viewlink::ResourceType;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

/// The decoded parts of a path, as the route defines them.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(Failure))]
pub(crate) struct PathParts<T>(pub(crate) T);

/// The resource type in a path: only the plural, as in the API.
pub(crate) fn resource_type(text: &str) -> Result<ResourceType, Failure> {
    let named = ResourceType::ALL.into_iter().find(|of| of.plural() == text);
    named.ok_or_else(|| {
        let message = "unknown resource type: use flags, segments, aiConfigs or metrics";
        Failure::new(ErrorCode::NotFound, message)
    })
}
