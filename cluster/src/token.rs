//! A moment in the order of changes, for whoever reads it from another member.

use std::fmt;
use std::str::FromStr;

use viewlink::Position;

/// A moment in the order of changes: a place in the log, and where a store stood there.
///
/// Another member that [waited for it](crate::Member::wait_for) has all changes up to there. The text form is
/// `SEQUENCE@POSITION`, for headers and URLs.
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
    /// The place in the log, up to which the member had taken everything.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Where the store stood.
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

/// A text that is no [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token is written SEQUENCE@POSITION, as a member tells it")]
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
