//! How far a shared order of changes was followed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most bytes of a [`Mark`].
pub const MAX_MARK_LEN: usize = 32;

/// How far the order of a sequencer was followed: bytes that only the sequencer interprets, such as the place of an
/// entry in a log. Empty in a single store.
///
/// It is in the journal with the changes of its entry, in one frame, and in checkpoints and copies. So after a crash
/// both the changes and their mark are there, or neither.
///
/// ```
/// use viewlink::sequencer::Mark;
///
/// let mark = Mark::new(&7_u64.to_be_bytes()).expect("it is short");
/// assert_eq!(mark.as_bytes(), [0, 0, 0, 0, 0, 0, 0, 7]);
/// assert!(Mark::new(&[1; 33]).is_none());
/// assert!(Mark::default().is_empty());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Mark {
    length: u8,
    /// Zeros after the length.
    bytes: [u8; MAX_MARK_LEN],
}

impl Mark {
    /// A mark of at most 32 bytes; `None` if there are more.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut mark = Self { length: u8::try_from(bytes.len()).ok()?, ..Self::default() };
        mark.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(mark)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Whether it is empty: the store never followed an order, or has left it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<Mark> for Vec<u8> {
    fn from(mark: Mark) -> Self {
        mark.as_bytes().to_vec()
    }
}

impl TryFrom<Vec<u8>> for Mark {
    type Error = &'static str;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        Self::new(&bytes).ok_or("a mark has 32 bytes at most")
    }
}
