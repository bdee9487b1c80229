//! Searching without regard to case.

/// Whether the query is a part of one of the texts, whatever the case of either.
///
/// Cost: O(length of the texts).
pub(super) fn is_in(query: &str, texts: [&str; 2]) -> bool {
    texts.into_iter().any(|text| {
        let text = lower_case(text);
        // A character has at most four bytes, and in lower case one or more: a longer query is in no
        // such text, and may be long enough to be felt with each of many resources.
        query.len() <= text.len().saturating_mul(4) && text.contains(&lower_case(query))
    })
}

/// Each character in lower case by itself. `str::to_lowercase` writes a sigma at the end of a word
/// in another way, and a part of a name would not be found in the name.
fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
