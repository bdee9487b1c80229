//! The position of a store, by which another store can see whether it has the same history.

use std::fmt;
use std::str::FromStr;

use super::chain_hash::ChainHash;
use super::lineage::Lineage;

/// The position of a store: its lineage, its newest revision, and the hash of all changes up to that one.
///
/// A revision alone is not enough: a store that was restored from a backup gives the same number to another change. A
/// position identifies that change and all before it, so it shows whether a store has the same history. The lineage is
/// random, made with a store, and kept by its [copies](crate::Store::backup_to): a copy accepts the earlier positions
/// of the original.
///
/// The text form is `LINEAGE-REVISION-HASH`, with 32 hexadecimal digits, a decimal number, and 32 hexadecimal
/// digits.
///
/// ```
/// use viewlink::{NewView, Options, Position};
///
/// let store = Options::new().open_in_memory()?;
/// let before = store.snapshot()?.position();
/// store.project("default")?.create_view(NewView::new("v", "V"))?;
/// let after = store.snapshot()?.position();
/// assert_eq!((before.revision(), after.revision()), (0, 1));
/// assert_eq!(after.to_string().parse(), Ok(after));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    pub(crate) lineage: Lineage,
    pub(crate) revision: u64,
    pub(crate) hash: ChainHash,
}

impl Position {
    /// The newest revision at this position; 0 if no change was made.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The random number that the store and its copies have, and no other store.
    #[must_use]
    pub const fn lineage(&self) -> [u8; 16] {
        self.lineage.0
    }

    /// The position as 40 bytes: lineage, revision (big-endian), hash.
    ///
    /// ```
    /// # use viewlink::{Options, Position};
    /// let position = Options::new().open_in_memory()?.snapshot()?.position();
    /// assert_eq!(Position::from_bytes(position.to_bytes()), position);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 40] {
        let mut bytes = [0; 40];
        let parts =
            self.lineage.0.into_iter().chain(self.revision.to_be_bytes()).chain(self.hash.0);
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }

    /// The position that bytes hold. Example: at [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 40]) -> Self {
        let (lineage, rest) = bytes.split_first_chunk().unwrap_or((&[0; 16], &[]));
        let (revision, rest) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let hash = rest.first_chunk().copied().unwrap_or_default();
        Self {
            lineage: Lineage(*lineage),
            revision: u64::from_be_bytes(*revision),
            hash: ChainHash(hash),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.lineage, self.revision, self.hash)
    }
}

/// A text that is not a [`Position`]. Example: at [`Position`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is written LINEAGE-REVISION-HASH, as a store prints it")]
pub struct InvalidPosition;

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let parse = || {
            let (lineage, rest) = text.split_once('-')?;
            let (revision, hash) = rest.split_once('-')?;
            let is_number =
                !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_digit());
            Some(Self {
                lineage: Lineage(from_hex(lineage)?),
                revision: is_number.then(|| revision.parse().ok()).flatten()?,
                hash: ChainHash(from_hex(hash)?),
            })
        };
        parse().ok_or(InvalidPosition)
    }
}

/// The bytes of 32 hexadecimal digits in lower case.
fn from_hex(text: &str) -> Option<[u8; 16]> {
    let is_lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 32 || !text.bytes().all(is_lower_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_parsed_only_from_its_own_text() {
        let position =
            Position { lineage: Lineage([0x0f; 16]), revision: 12, hash: ChainHash([0xa0; 16]) };
        let text = position.to_string();
        assert_eq!(text, format!("{}-12-{}", "0f".repeat(16), "a0".repeat(16)));
        assert_eq!(text.parse(), Ok(position));
        for other in ["", "12", "a-12-b", &text[1..], &format!("{text}0"), &text.to_uppercase()] {
            assert_eq!(other.parse::<Position>(), Err(InvalidPosition), "{other}");
        }
        assert!(text.replace("-12-", "-+12-").parse::<Position>().is_err());
        assert!(text.replace("-12-", "--").parse::<Position>().is_err());
        assert_eq!(position.to_bytes()[15..25], [0x0f, 0, 0, 0, 0, 0, 0, 0, 12, 0xa0]);
        assert_eq!(Position::from_bytes(position.to_bytes()), position);
    }
}
