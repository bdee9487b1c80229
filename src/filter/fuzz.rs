//! Every parser of a filter, fed anything.

use std::borrow::Cow;

use super::{FilterError, ResourceFilter, ViewFilter};
use crate::model::resource::ResourceType;

/// Reads bytes as a filter of each kind; none may panic, and an error lies in the text, whatever
/// the bytes are.
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
