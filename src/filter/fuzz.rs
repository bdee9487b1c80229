//! Every parser of a filter, for any input.

use std::borrow::Cow;

use super::{FilterError, ResourceFilter, ViewFilter};
use crate::model::resource::ResourceType;

/// Reads bytes as a filter of each kind. For any bytes, no parser may panic, and an error has a position in the text.
pub(crate) fn parse_filters(bytes: &[u8]) {
    let text: Cow<'_, str> = String::from_utf8_lossy(bytes);
    let check = |error: FilterError| {
        assert!(text.is_char_boundary(error.position()), "{error} is not in {text:?}");
    };
    for resource_type in ResourceType::ALL {
        let _ = ResourceFilter::parse(resource_type, &text).map_err(check);
    }
    let _ = ViewFilter::parse(&text).map_err(check);
}
