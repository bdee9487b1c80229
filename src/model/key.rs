//! Keys: parsed once at the edge, always valid afterwards. Clones share the text.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The greatest length of a key, in bytes.
pub const MAX_KEY_LEN: usize = 256;

/// Why a text is not a key.
///
/// A key is 1 to [`MAX_KEY_LEN`] bytes long, starts with an ASCII letter or digit and continues with ASCII letters,
/// digits, `_`, `.` and `-`. The rule is the one LaunchDarkly's REST API documents for its keys.
///
/// ```
/// use viewlink::{KeyError, ResourceKey};
///
/// let error = ResourceKey::parse("new flag").unwrap_err();
/// assert_eq!(error, KeyError::Character { character: ' ', position: 3 });
/// assert_eq!(ResourceKey::parse(""), Err(KeyError::Empty));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text has no characters.
    #[error("the key is empty")]
    Empty,
    /// The text is longer than a key may be.
    #[error("the key has {length} bytes, but the limit is {limit}")]
    TooLong {
        /// The length of the text in bytes.
        length: usize,
        /// The greatest length allowed, in bytes.
        limit: usize,
    },
    /// A character that is not allowed in a key, or not as its first character.
    #[error(
        "'{}' at byte {position} is not allowed: a key starts with a letter or digit and has only \
         letters, digits, '_', '.' and '-'",
        .character.escape_default()
    )]
    Character {
        /// The first character that is not allowed.
        character: char,
        /// Where it starts, in bytes from 0.
        position: usize,
    },
}

/// Checks the rule that all keys share.
///
/// Cost: O(length), without allocation.
pub(crate) fn check(text: &str, limit: usize) -> Result<(), KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let limit = limit.min(MAX_KEY_LEN);
    if text.len() > limit {
        return Err(KeyError::TooLong { length: text.len(), limit });
    }
    let bytes = text.as_bytes();
    // No early exit, so that the compiler can check many bytes in one step.
    let all = bytes.iter().fold(true, |all, &byte| all & is_inner(byte));
    if all && bytes.first().is_some_and(u8::is_ascii_alphanumeric) {
        return Ok(());
    }
    let allowed = |(position, character): (usize, char)| {
        let byte = u8::try_from(character).unwrap_or_default();
        byte.is_ascii_alphanumeric() || (position > 0 && is_inner(byte))
    };
    match text.char_indices().find(|&found| !allowed(found)) {
        None => Ok(()),
        Some((position, character)) => Err(KeyError::Character { character, position }),
    }
}

/// Whether this byte is allowed in a key after its first byte.
const fn is_inner(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | matches!(byte, b'_' | b'.' | b'-')
}

macro_rules! key_type {
    ($(#[$docs:meta])* $name:ident, $canonical:expr) => {
        $(#[$docs])*
        ///
        /// Clones share the text.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a key. Example: at the type.
            ///
            /// Cost: O(length).
            ///
            /// # Errors
            ///
            /// [`KeyError`] when the text is empty, too long, or has a character that is not allowed.
            pub fn parse(text: &str) -> Result<Self, KeyError> {
                check(text, MAX_KEY_LEN)?;
                let canonical: fn(&str) -> Arc<str> = $canonical;
                Ok(Self(canonical(text)))
            }

            /// The key as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<Self, KeyError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.as_str().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

key_type! {
    /// The key of a project; case-sensitive.
    ///
    /// ```
    /// use viewlink::ProjectKey;
    ///
    /// assert!(ProjectKey::parse("default").is_ok());
    /// assert!(ProjectKey::parse("../etc").is_err());
    /// ```
    ProjectKey, |text| text.into()
}

key_type! {
    /// The key of a view, unique in its project; ASCII upper case is folded to lower case.
    ///
    /// ```
    /// use viewlink::ViewKey;
    ///
    /// assert_eq!(ViewKey::parse("My-View")?.as_str(), "my-view");
    /// # Ok::<(), viewlink::KeyError>(())
    /// ```
    ViewKey, |text| match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => text.to_ascii_lowercase().into(),
        false => text.into(),
    }
}

key_type! {
    /// The key of a flag, segment, AI config or metric; case-sensitive.
    ///
    /// ```
    /// use viewlink::ResourceKey;
    ///
    /// assert_ne!(ResourceKey::parse("checkout")?, ResourceKey::parse("Checkout")?);
    /// # Ok::<(), viewlink::KeyError>(())
    /// ```
    ResourceKey, |text| text.into()
}

key_type! {
    /// The id of the environment of a segment; case-sensitive.
    ///
    /// ```
    /// use viewlink::EnvironmentId;
    ///
    /// assert!(EnvironmentId::parse("5a7b2c").is_ok());
    /// assert!(EnvironmentId::parse("").is_err());
    /// ```
    EnvironmentId, |text| text.into()
}

key_type! {
    /// The id of a segment, unique in its project; case-sensitive.
    ///
    /// ```
    /// use viewlink::SegmentId;
    ///
    /// assert!(SegmentId::parse("61f3b0c2").is_ok());
    /// assert!(SegmentId::parse("no id").is_err());
    /// ```
    SegmentId, |text| text.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_a_key_if_each_character_is_allowed_at_its_position(
            text in "[a-z]{0,3}[_.\\-AZ09ä\u{161}\u{100}\0 /a]{0,20}",
        ) {
            let may_stand = |(position, character): (usize, char)| {
                character.is_ascii_alphanumeric()
                    || (position > 0 && matches!(character, '_' | '.' | '-'))
            };
            let expected = match text.char_indices().find(|&found| !may_stand(found)) {
                _ if text.is_empty() => Err(KeyError::Empty),
                None => Ok(()),
                Some((position, character)) => Err(KeyError::Character { character, position }),
            };
            prop_assert_eq!(check(&text, MAX_KEY_LEN), expected);
        }
    }

    #[test]
    fn a_key_is_letters_digits_and_three_marks_after_the_first() {
        for good in ["a", "A9", "0", "a_b.c-d", &"x".repeat(MAX_KEY_LEN)] {
            assert_eq!(check(good, MAX_KEY_LEN), Ok(()), "{good}");
        }
    }

    #[test]
    fn every_other_text_has_an_error_with_its_position() {
        let character = |character, position| Err(KeyError::Character { character, position });
        let cases = [
            ("", Err(KeyError::Empty)),
            ("-a", character('-', 0)),
            (".a", character('.', 0)),
            ("a/b", character('/', 1)),
            ("../x", character('.', 0)),
            ("a b", character(' ', 1)),
            ("a\0", character('\0', 1)),
            ("a\nb", character('\n', 1)),
            ("kä", character('ä', 1)),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text, MAX_KEY_LEN), expected, "{text:?}");
        }
        let long = "x".repeat(MAX_KEY_LEN + 1);
        assert_eq!(check(&long, MAX_KEY_LEN), Err(KeyError::TooLong { length: 257, limit: 256 }));
    }

    #[test]
    fn a_message_escapes_control_characters() {
        let message = check("a\u{1b}[2J", MAX_KEY_LEN).unwrap_err().to_string();
        assert!(message.contains("\\u{1b}"), "{message}");
        assert!(!message.contains('\u{1b}'), "{message}");
    }

    #[test]
    fn only_view_keys_fold_case() {
        assert_eq!(ViewKey::parse("ABC").unwrap().as_str(), "abc");
        assert_eq!(ProjectKey::parse("ABC").unwrap().as_str(), "ABC");
        assert_eq!(ResourceKey::parse("ABC").unwrap().as_str(), "ABC");
        assert_eq!(EnvironmentId::parse("ABC").unwrap().as_str(), "ABC");
    }
}
