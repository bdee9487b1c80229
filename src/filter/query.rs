//! Searching without regard to case.

/// Whether the query is a part of one of the texts, whatever the case of either.
///
/// Cost: O(length of all).
pub(super) fn is_in(query: &str, texts: [&str; 2]) -> bool {
    let query = lower_case(query);
    texts.into_iter().any(|text| lower_case(text).contains(&query))
}

/// Each character in lower case by itself. `str::to_lowercase` writes a sigma at the end of a word
/// in another way, and a part of a name would not be found in the name.
fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
