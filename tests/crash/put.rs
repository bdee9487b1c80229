//! Resources to register.

use viewlink::{Maintainer, NewResource, Resource, ResourceType};

use crate::random::Random;
use crate::request::Keys;

/// The ids of segments. There are few, so that some are in use.
pub(crate) const IDS: [&str; 4] = ["id-0", "id-1", "id-2", "id-3"];
pub(crate) const TAGS: [&str; 3] = ["tag", "tagged", "u"];

/// Resources of one type to register; all their fields come from a number.
#[derive(Clone, Debug)]
pub(crate) struct Puts {
    keys: Keys,
    number: u64,
}

/// The fields of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) id: Option<&'static str>,
    pub(crate) name: String,
    pub(crate) tags: Vec<&'static str>,
    pub(crate) member: Option<String>,
    pub(crate) archived: bool,
}

impl Said {
    fn of(resource_type: ResourceType, place: usize, number: u64) -> Self {
        let pick = usize::try_from(number % 64).unwrap() + place;
        let has_id = resource_type == ResourceType::Segment && !pick.is_multiple_of(5);
        Self {
            id: has_id.then_some(IDS[pick % 4]),
            name: format!("name {}", pick % 3),
            tags: TAGS
                .into_iter()
                .enumerate()
                .filter(|(at, _)| (pick >> at) % 2 == 1)
                .map(|(_, tag)| tag)
                .collect(),
            member: (!pick.is_multiple_of(3)).then(|| format!("member-{}", pick % 3)),
            archived: pick.is_multiple_of(4),
        }
    }
}

impl Puts {
    pub(crate) fn random(random: &mut Random, number: u64) -> Self {
        let keys = Keys::random(random);
        Self { keys, number: number + random.below(8) as u64 }
    }

    /// Each key with its fields, in request order.
    fn each(&self) -> impl Iterator<Item = (&String, Said)> {
        let resource_type = self.keys.resource_type;
        let texts = self.keys.texts.iter().enumerate();
        texts.map(move |(place, text)| (text, Said::of(resource_type, place, self.number)))
    }

    /// Each resource with a valid key, with its fields.
    pub(crate) fn said(&self) -> impl Iterator<Item = (Resource, Said)> {
        self.each().filter_map(|(text, said)| Some((self.keys.resource(text)?, said)))
    }

    pub(crate) fn to_store(&self) -> Vec<NewResource> {
        let environment = self.keys.environment;
        let new = self.each().map(|(key, said)| {
            let new = match (self.keys.resource_type, said.id) {
                (ResourceType::Flag, _) => NewResource::flag(key),
                (ResourceType::AiConfig, _) => NewResource::ai_config(key),
                (ResourceType::Metric, _) => NewResource::metric(key),
                (ResourceType::Segment, None) => NewResource::segment(environment, key),
                (ResourceType::Segment, Some(id)) => {
                    NewResource::segment_with_id(environment, key, id)
                }
            };
            let new = new.name(said.name).tags(said.tags).archived(said.archived);
            match said.member {
                Some(member) => new.maintainer(Maintainer::Member(member)),
                None => new,
            }
        });
        new.collect()
    }
}
