//! The JSON form of an attribute's value.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::model;

/// The JSON form of an attribute's value: a text, a whole number, or a list of texts.
///
/// ```
/// use viewlink::{AttributeValue, wire::Attribute};
///
/// let followers: Attribute = serde_json::from_str(r#"["bob", "ann"]"#)?;
/// assert_eq!(followers, Attribute(AttributeValue::texts(["ann", "bob"])));
/// assert!(serde_json::from_str::<Attribute>("true").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute(pub model::AttributeValue);

/// The JSON form of attributes, by name.
pub(super) type Attributes = BTreeMap<model::Attribute, Attribute>;

/// The attributes of a resource in JSON form.
pub(super) fn to_json(attributes: &model::Attributes) -> Attributes {
    attributes.iter().map(|(name, value)| (*name, Attribute(value.clone()))).collect()
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            model::AttributeValue::Text(text) => serializer.serialize_str(text),
            model::AttributeValue::Number(number) => serializer.serialize_i64(*number),
            model::AttributeValue::Texts(texts) => serializer.collect_seq(texts),
        }
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Value).map(Self)
    }
}

struct Value;

impl<'de> Visitor<'de> for Value {
    type Value = model::AttributeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number or a list of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let number = i64::try_from(number).map_err(|_| E::custom("the number is too large"))?;
        Ok(number.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut texts: Vec<String> = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(model::AttributeValue::texts(texts))
    }
}
