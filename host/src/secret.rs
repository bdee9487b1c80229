//! An address that may have a password in it.

use std::fmt::{self, Debug};
use std::str::FromStr;

/// An address that may have a password in it, which is never shown. From a text, or with `@FILE` from a file, where
/// blank lines and lines that begin with `#` do not count, and several lines make a list.
#[derive(Clone)]
pub struct Secret(String);

/// A file with an address that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file system returned an error.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// There is no address.
    #[error("it is empty")]
    Empty,
}

impl Secret {
    /// The text itself.
    #[cfg_attr(
        not(feature = "cluster"),
        allow(dead_code, reason = "only the clients of the log's servers need it")
    )]
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let text = match text.strip_prefix('@') {
            Some(path) => lines(&std::fs::read_to_string(path)?),
            None => text.to_owned(),
        };
        if text.trim().is_empty() { Err(SecretError::Empty) } else { Ok(Self(text)) }
    }
}

fn lines(text: &str) -> String {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect::<Vec<_>>().join(",")
}

impl Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_from_a_text_or_from_the_lines_of_a_file_and_is_not_shown() {
        let secret: Secret = "nats://u:hidden@a".parse().unwrap();
        assert_eq!(secret.text(), "nats://u:hidden@a");
        assert_eq!(format!("{secret:?}"), "Secret(..)");

        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("servers");
        std::fs::write(&file, "\u{feff}# three servers\nnats://a\n\n nats://b \n").unwrap();
        let secret: Secret = format!("@{}", file.display()).parse().unwrap();
        assert_eq!(secret.text(), "nats://a,nats://b");
        assert!(matches!("@/nowhere/at/all".parse::<Secret>(), Err(SecretError::Unreadable(_))));
        std::fs::write(&file, "# nothing\n").unwrap();
        let empty = format!("@{}", file.display()).parse::<Secret>();
        assert!(matches!(empty, Err(SecretError::Empty)));
    }
}
