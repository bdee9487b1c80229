//! Many names of resources in one text.

use std::fmt;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::resource_name::MAX_NAME_LEN;

/// Names of resources of one type, in key order, each once.
///
/// Front-coded: each name is encoded as the number of bytes it shares with the previous name, and the remaining bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct NameList {
    text: String,
    /// Where each name ends in the text.
    ends: Vec<usize>,
}

impl NameList {
    /// An empty list with room for this many names and bytes.
    pub(crate) fn with_capacity(names: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(names) }
    }

    /// Adds a name, which must come after all others in key order.
    pub(crate) fn push(&mut self, name: &str) {
        debug_assert!(self.last().is_none_or(|last| last < name), "{name:?} is out of order");
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name at a place in key order.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..end)
    }

    fn last(&self) -> Option<&str> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The names in key order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let name = self.text.get(start..end).unwrap_or_default();
            start = end;
            name
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.text.len() / 2 + 2 * self.len() + 8);
        push_number(&mut bytes, self.len());
        let mut before = "";
        for name in self.iter() {
            let shared = shared_bytes(before, name);
            push_number(&mut bytes, shared);
            push_number(&mut bytes, name.len() - shared);
            bytes.extend_from_slice(name.as_bytes().get(shared..).unwrap_or_default());
            before = name;
        }
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Result<Self, &'static str> {
        let count = take_number(&mut bytes)?;
        let mut names = Self::default();
        let mut name = Vec::new();
        for _ in 0..count {
            let (shared, more) = (take_number(&mut bytes)?, take_number(&mut bytes)?);
            if shared > name.len() {
                return Err("a name shares more bytes than the previous name has");
            }
            // A few bytes must not expand to many.
            if shared.saturating_add(more) > MAX_NAME_LEN {
                return Err("a name is too long");
            }
            let (rest, remaining) = bytes.split_at_checked(more).ok_or(CUT)?;
            bytes = remaining;
            name.truncate(shared);
            name.extend_from_slice(rest);
            let text = str::from_utf8(&name).map_err(|_| "a name is not text")?;
            if names.last().is_some_and(|last| last >= text) {
                return Err("names are not in key order");
            }
            names.text.push_str(text);
            names.ends.push(names.text.len());
        }
        if bytes.is_empty() { Ok(names) } else { Err("bytes follow the names") }
    }
}

const CUT: &str = "the names are cut short";

/// How many leading bytes two texts share, up to a character boundary.
fn shared_bytes(one: &str, other: &str) -> usize {
    let alike = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    (0..=alike).rev().find(|&at| other.is_char_boundary(at)).unwrap_or_default()
}

fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Result<usize, &'static str> {
    let mut number = 0_u64;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(CUT)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return usize::try_from(number).map_err(|_| "a number is too large");
        }
    }
    Err("a number is too large")
}

impl<'a> FromIterator<&'a str> for NameList {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut list = Self::default();
        names.into_iter().for_each(|name| list.push(name));
        list
    }
}

impl fmt::Debug for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for NameList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.encode())
    }
}

impl<'de> Deserialize<'de> for NameList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl Visitor<'_> for Names {
            type Value = NameList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("front-coded names in key order")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<NameList, E> {
                NameList::decode(bytes).map_err(E::custom)
            }
        }

        deserializer.deserialize_bytes(Names).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec;

    proptest! {
        #[test]
        fn names_are_the_same_after_decoding(
            names in prop::collection::btree_set("[ab]{1,4}[a-c._-]{0,8}", 0..40),
        ) {
            let list: NameList = names.iter().map(String::as_str).collect();
            let bytes = codec::encode(&list).unwrap();
            prop_assert_eq!(&codec::decode::<NameList>(&bytes).unwrap(), &list);
            prop_assert!(list.iter().eq(names.iter().map(String::as_str)));
            for (place, name) in names.iter().enumerate() {
                prop_assert_eq!(list.get(place), Some(name.as_str()));
            }
        }

        #[test]
        fn arbitrary_bytes_are_names_in_key_order_or_an_error(
            bytes in prop::collection::vec(0_u8..12, 0..24),
        ) {
            if let Ok(list) = NameList::decode(&bytes) {
                prop_assert!(list.iter().is_sorted_by(|one, other| one < other));
                prop_assert_eq!(list.iter().len(), list.len());
            }
        }
    }

    #[test]
    fn few_bytes_do_not_expand_to_very_long_names() {
        let mut bytes = vec![2];
        for name in [0, 1] {
            push_number(&mut bytes, name * MAX_NAME_LEN);
            push_number(&mut bytes, MAX_NAME_LEN * (1 - name) + name);
            bytes.extend_from_slice(&vec![b'a'; MAX_NAME_LEN * (1 - name) + name]);
        }
        assert_eq!(NameList::decode(&bytes), Err("a name is too long"));
        let longest = "a".repeat(MAX_NAME_LEN);
        let list: NameList = [longest.as_str()].into_iter().collect();
        assert_eq!(NameList::decode(&list.encode()), Ok(list));
    }

    #[test]
    fn the_bytes_of_names_are_pinned() {
        let list: NameList = ["flag-001", "flag-002", "flags"].into_iter().collect();
        let expected = b"\x03\x00\x08flag-001\x07\x012\x04\x01s";
        assert_eq!(list.encode(), expected);
        for length in 0..expected.len() {
            assert!(NameList::decode(&expected[..length]).is_err(), "{length}");
        }
    }
    #[test]
    fn a_value_that_is_not_bytes_is_refused_with_what_was_expected() {
        let refused = serde_json::from_str::<NameList>("5").unwrap_err().to_string();
        assert!(refused.contains("expected front-coded names in key order"), "{refused}");
    }
}
