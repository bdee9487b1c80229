//! A moment in the order of changes, for reads on another member.

use std::fmt;
use std::str::FromStr;

use viewlink::Position;

/// A moment in the order of changes: a sequence of the log, and the position of a store there.
///
/// A member that [waited for it](crate::Member::wait_for) has all changes up to that moment. The text form,
/// `SEQUENCE@POSITION`, is safe in headers and URLs.
///
/// ```
/// use viewlink_cluster::Token;
///
/// let text = "12@0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f-7-a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0";
/// let token: Token = text.parse()?;
/// assert_eq!((token.sequence(), token.position().revision()), (12, 7));
/// assert_eq!(token.to_string(), text);
/// # Ok::<(), viewlink_cluster::InvalidToken>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub(crate) sequence: u64,
    pub(crate) position: Position,
}

impl Token {
    /// The member had processed all messages of the log up to this sequence.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The position of the store.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.sequence, self.position)
    }
}

/// A text that is not a [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has the form SEQUENCE@POSITION: use the text that a member returned")]
pub struct InvalidToken;

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let (sequence, position) = text.split_once('@').ok_or(InvalidToken)?;
        let is_number = !sequence.is_empty() && sequence.bytes().all(|byte| byte.is_ascii_digit());
        let sequence = is_number.then(|| sequence.parse().ok()).flatten().ok_or(InvalidToken)?;
        let position = position.parse().map_err(|_| InvalidToken)?;
        Ok(Self { sequence, position })
    }
}
