//! What can only be denied.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `false`, and nothing else: the value of what clients send along and the store does not keep. A
/// `true` would have to change something, and is refused.
///
/// ```
/// use viewlink::wire::ViewPatch;
///
/// let patch = ViewPatch::from_json(br#"{"name": "Checkout", "archived": false}"#)?;
/// assert!(patch.archived.is_some());
/// assert!(ViewPatch::from_json(br#"{"archived": true}"#).is_err());
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnlyFalse;

impl Serialize for OnlyFalse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

impl<'de> Deserialize<'de> for OnlyFalse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            return Err(D::Error::custom("it cannot be true here: leave it out, or send false"));
        }
        Ok(Self)
    }
}
