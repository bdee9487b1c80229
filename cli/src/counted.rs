//! Numbers with a noun in the singular or plural.

/// A count with its noun; `one` is the singular.
pub(crate) fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_one_is_in_the_singular() {
        let texts = [0, 1, 2].map(|count| counted(count, "view"));
        assert_eq!(texts, ["0 views", "1 view", "2 views"]);
    }
}
