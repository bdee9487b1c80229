//! The parts of a path.

use axum::extract::{FromRequestParts, Path};
use viewlink::ResourceType;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

/// The decoded parts of a path, as the route names them.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(Failure))]
pub(crate) struct PathParts<T>(pub(crate) T);

/// The type that a part of a path names: the plural alone, as the API has it.
pub(crate) fn resource_type(text: &str) -> Result<ResourceType, Failure> {
    let named = ResourceType::ALL.into_iter().find(|of| of.plural() == text);
    named.ok_or_else(|| {
        let message = "there is no such resource type: use flags, segments, aiConfigs or metrics";
        Failure::new(ErrorCode::NotFound, message)
    })
}
