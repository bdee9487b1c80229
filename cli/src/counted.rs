//! Numbers of things, in words.

/// How many there are of what one is called so.
pub(crate) fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_in_the_singular() {
        let told = [0, 1, 2].map(|count| counted(count, "view"));
        assert_eq!(told, ["0 views", "1 view", "2 views"]);
    }
}
