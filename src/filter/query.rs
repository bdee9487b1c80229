//! Search that ignores case.

/// Whether the query is a part of one of the texts, ignoring case.
///
/// Cost: O(length of the texts).
pub(super) fn is_in(query: &str, texts: [&str; 2]) -> bool {
    texts.into_iter().any(|text| {
        let text = lower_case(text);
        // A character has at most four bytes, and at least one in lower case. So a longer query is never part of the
        // text, and comparing it with each of many resources would take noticeable time.
        query.len() <= text.len().saturating_mul(4) && text.contains(&lower_case(query))
    })
}

/// Each character in lower case, on its own. `str::to_lowercase` writes a sigma at the end of a word differently, so a
/// part of a name might not be found in the name.
fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
