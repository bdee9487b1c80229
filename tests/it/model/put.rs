//! Resources to register.

use std::collections::BTreeSet;

use proptest::prelude::*;
use viewlink::{
    Attribute, AttributeValue, Maintainer, NewResource, Resource, ResourceType, Timestamp,
};

use super::call::{environment, id_text, key_text, resource, resource_type};
use super::registry::Registered;

/// A resource to register, made from numbers. A value of 0 is malformed, or missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put {
    pub(crate) resource_type: ResourceType,
    pub(crate) number: u8,
    /// For a segment: 0 is malformed, 5 and more are missing.
    pub(crate) id: u8,
    /// A bit for each of four tags.
    pub(crate) tags: u8,
    /// 0 to 2: no maintainer; 3 and 4: members; 5 and 6: teams. Some have the same text.
    pub(crate) maintainer: u8,
    /// 0 is the key; 1 is a name that is too long.
    pub(crate) name: u8,
    /// One bit each: archived, temporary, unbounded, with a time of creation; then two for the attribute `status`.
    pub(crate) marks: u8,
}

/// The time of creation of a resource that was registered with a time.
const CREATED: u64 = 3;

impl Put {
    pub(super) fn to_store(self) -> NewResource {
        let key = key_text(self.number);
        let mut new = match self.resource_type {
            ResourceType::Flag => NewResource::flag(key),
            ResourceType::AiConfig => NewResource::ai_config(key),
            ResourceType::Metric => NewResource::metric(key),
            ResourceType::Segment if self.id >= 5 => {
                NewResource::segment(environment(self.number), key)
            }
            ResourceType::Segment => {
                NewResource::segment_with_id(environment(self.number), key, id_text(self.id))
            }
        };
        new = new.tags(self.tag_texts()).archived(self.has(0)).temporary(self.has(1));
        new = new.unbounded(self.has(2));
        if let Some(maintainer) = maintainer(self.maintainer) {
            new = new.maintainer(maintainer);
        }
        if self.name > 0 {
            new = new.name(name(self.name));
        }
        if self.has(3) {
            new = new.created_at(Timestamp::from_millis(CREATED));
        }
        if let Some(status) = status(self.marks >> 4) {
            new = new.attribute(Attribute::Status, status);
        }
        new
    }

    /// The resource that it names, if the key is valid.
    pub(super) fn named(&self) -> Option<Resource> {
        resource(self.resource_type, self.number)
    }

    /// The error that it has for any content of the store.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let bad_id = self.resource_type == ResourceType::Segment && self.id == 0;
        if self.number == 0 || bad_id {
            return Some("invalid_key");
        }
        (self.name == 1).then_some("too_long")
    }

    /// The resource, which is valid.
    pub(super) fn resource(&self) -> Resource {
        resource(self.resource_type, self.number).unwrap()
    }

    /// The registered resource; `created` is the time of creation if the request has none.
    pub(super) fn registered(&self, created: u64, revision: u64) -> Registered {
        let has_id = self.resource_type == ResourceType::Segment && self.id < 5;
        Registered {
            id: has_id.then(|| id_text(self.id)),
            name: if self.name == 0 { key_text(self.number) } else { name(self.name) },
            tags: self.tag_texts().into_iter().collect(),
            maintainer: maintainer(self.maintainer),
            archived: self.has(0),
            temporary: self.has(1),
            unbounded: self.has(2),
            status: status(self.marks >> 4),
            created: if self.has(3) { CREATED } else { created },
            revision,
        }
    }

    const fn has(&self, mark: u8) -> bool {
        self.marks >> mark & 1 == 1
    }

    /// Each of them, including repeated ones.
    fn tag_texts(&self) -> Vec<String> {
        let tags = (0..4).filter(|bit| self.tags >> bit & 1 == 1);
        tags.flat_map(|bit| vec![tag(bit); 1 + usize::from(bit == 2)]).collect()
    }
}

/// One tag is a prefix of another, and one is equal to the id of a member.
pub(super) fn tag(number: u8) -> String {
    ["a", "ab", "c\0d", "ann"][usize::from(number % 4)].to_owned()
}

pub(super) fn maintainer(number: u8) -> Option<Maintainer> {
    match number {
        3 => Some(Maintainer::Member("ann".into())),
        4 => Some(Maintainer::Member("bob".into())),
        5 => Some(Maintainer::Team("ann".into())),
        6 => Some(Maintainer::Team("core".into())),
        _ => None,
    }
}

/// A text, a number, or both in a set.
fn status(number: u8) -> Option<AttributeValue> {
    match number % 4 {
        1 => Some("on".into()),
        2 => Some(7.into()),
        3 => Some(AttributeValue::texts(["on", "7", "on"])),
        _ => None,
    }
}

/// There are few, so that some resources have the same, in another order than their keys.
fn name(number: u8) -> String {
    match number {
        1 => "n".repeat(300),
        number => format!("Name {}", number % 4),
    }
}

pub(crate) fn puts() -> impl Strategy<Value = Vec<Put>> {
    let usual = prop_oneof![1 => Just(0_u8), 12 => 1..12_u8];
    let marks = (0..12_u8, prop_oneof![1 => Just(1_u8), 12 => 2..7_u8, 6 => Just(0)], 0..64_u8);
    let put = (resource_type(), usual, 0..8_u8, 0..16_u8, marks).prop_map(
        |(resource_type, number, id, tags, (maintainer, name, marks))| Put {
            resource_type,
            number,
            id,
            tags,
            maintainer,
            name,
            marks,
        },
    );
    prop::collection::vec(put, 0..7)
}

/// The tags of a registered resource, in the shown form.
pub(super) fn sorted(tags: &[String]) -> BTreeSet<String> {
    assert!(tags.is_sorted_by(|one, other| one < other), "{tags:?}");
    tags.iter().cloned().collect()
}
