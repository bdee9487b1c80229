//! The identity of a change.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::chain_hash::ChainHash;

/// How many bytes of the chain hash are kept for each view: enough that two histories do not share them by accident.
const KEPT: usize = 8;

/// The identity of a change: its revision, and half of the hash of all changes up to it.
///
/// A revision alone is not enough: a store that was restored from a [copy](crate::Store::backup_to) gives the same
/// number to another change. With this id, a caller that read a [`View`](crate::View) can change [exactly that
/// version](crate::Project::if_view_changed_by).
///
/// The text form is `REVISION-HASH`, with 16 hexadecimal digits.
///
/// ```
/// use viewlink::{Batch, NewView, Options};
///
/// let project = Options::new().open_in_memory()?.project("default")?;
/// let view = project.create_view(NewView::new("v", "V"))?;
/// let report = project.link("v", Batch::flags(["a"]))?;
/// let change = project.read()?.view("v")?.change;
/// assert_eq!((report.change(), change.revision()), (Some(change), 2));
/// assert_ne!(view.change, change);
/// assert_eq!(change.to_string().parse(), Ok(change));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeId {
    pub(crate) revision: u64,
    hash: [u8; KEPT],
}

impl ChangeId {
    /// The change with this revision and this chain hash after it.
    pub(crate) fn new(revision: u64, hash: ChainHash) -> Self {
        Self { revision, hash: hash.0.first_chunk().copied().unwrap_or_default() }
    }

    /// The revision that the change made.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.revision, u64::from_be_bytes(self.hash))
    }
}

/// A text that is not a [`ChangeId`]. Example: at [`ChangeId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of a change is written REVISION-HASH, as a store prints it")]
pub struct InvalidChangeId;

impl FromStr for ChangeId {
    type Err = InvalidChangeId;

    fn from_str(text: &str) -> Result<Self, InvalidChangeId> {
        let (revision, hash) = text.split_once('-').ok_or(InvalidChangeId)?;
        let revision = revision.parse().map_err(|_| InvalidChangeId)?;
        let hash = u64::from_str_radix(hash, 16).map_err(|_| InvalidChangeId)?;
        let change = Self { revision, hash: hash.to_be_bytes() };
        // Only the form that is displayed: no sign, no leading zero, no capital letter.
        if change.to_string() == text { Ok(change) } else { Err(InvalidChangeId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_change_is_parsed_only_from_its_own_text() {
        let change = ChangeId::new(12, ChainHash([0xa0; 16]));
        let text = change.to_string();
        assert_eq!(text, format!("12-{}", "a0".repeat(8)));
        assert_eq!(text.parse(), Ok(change));
        let zeros = format!("0{text}");
        let sign = format!("+{text}");
        for other in ["", "12", "-", "12-", &zeros, &sign, &text.to_uppercase(), &text[..18]] {
            assert_eq!(other.parse::<ChangeId>(), Err(InvalidChangeId), "{other}");
        }
    }

    #[test]
    fn changes_of_one_revision_in_two_histories_have_different_ids() {
        let [one, other] = [b"one", b"two"].map(|bytes| ChainHash::default().after(bytes));
        assert_ne!(ChangeId::new(1, one), ChangeId::new(1, other));
    }
}
