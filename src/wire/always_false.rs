//! A field that can only be false.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `false`, and nothing else: the value of fields that clients send and the store does not have. `true` would have to
/// change something, so it is refused.
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
pub struct AlwaysFalse;

impl Serialize for AlwaysFalse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

impl<'de> Deserialize<'de> for AlwaysFalse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            return Err(D::Error::custom("true is not supported: leave it out, or send false"));
        }
        Ok(Self)
    }
}
