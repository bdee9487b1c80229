//! Parses bodies.

use serde::Deserialize;

use super::object::Object;
use super::request_error::RequestError;

/// Parses a whole body, an object; an error has the place in the body.
///
/// Cost: O(bytes), without recursion by the depth of the input: the expected shapes are two levels deep, and
/// `serde_json` skips the rest without recursion.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, RequestError> {
    let Object(parsed) = parse_any(bytes)?;
    Ok(parsed)
}

/// Parses a whole body, a list of objects, in the same way.
pub(super) fn parse_list<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<Vec<T>, RequestError> {
    let parsed: Vec<Object<T>> = parse_any(bytes)?;
    Ok(parsed.into_iter().map(|Object(parsed)| parsed).collect())
}

fn parse_any<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, RequestError> {
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let path = error.path().to_string();
        RequestError::Body { path, source: error.into_inner() }
    })?;
    parser.end().map_err(|source| RequestError::Body { path: ".".to_owned(), source })?;
    Ok(parsed)
}
