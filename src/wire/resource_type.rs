//! The name of a resource type in an answer: the singular.

use serde::{Deserialize, Deserializer, Serializer, de};

use crate::model::resource::ResourceType;

pub(super) fn serialize<S: Serializer>(
    resource_type: &ResourceType,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(resource_type.singular())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<ResourceType, D::Error> {
    let name = String::deserialize(deserializer)?;
    let named = ResourceType::ALL.into_iter().find(|of| of.singular() == name);
    named.ok_or_else(|| {
        de::Error::custom("expected \"flag\", \"segment\", \"aiConfig\" or \"metric\"")
    })
}
