//! The calls on a store and its model.

use std::collections::BTreeSet;

use proptest::prelude::*;
use viewlink::{Batch, Resource, ResourceType, SegmentRef};

use super::filter::{Condition, Filter, filter};
use super::put::{Put, puts};

/// Numbers from here on name a segment by its id: 16 is id 0.
pub(crate) const BY_ID: u8 = 16;

/// A call that may change the store.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Ensure(Place),
    Create(Place),
    Rename(Place, String),
    DeleteView(Place),
    DeleteProject(u8),
    /// Sets the fields of a project from bits: name, new flags and new segments must be in a view; or changes them.
    PutProject(u8, u8),
    UpdateProject(u8, u8),
    Put(u8, Vec<Put>),
    Link(Place, Keys),
    Unlink(Place, Keys),
    Replace(Place, Keys),
    /// Also unlinks resources that are in another view of the project.
    UnlinkButLast(Place, Keys),
    /// Links to the view with a number, and unlinks from the place, in one change.
    Move(Place, u8, Keys),
    /// Moves links to the view with a number.
    MoveLinks(Place, u8, Keys),
    /// Gives a view the key of a number.
    RenameView(Place, u8),
    /// Creates a copy of another view with the key of a number, and with another name.
    CopyView(Place, u8, String),
    RemoveResource(u8, Keys),
    RemoveEnvironment(u8, u8),
    /// Reverts the previous call.
    Undo,
    Follow(Place, ResourceType, Filter),
    /// 0: its links stay; 1: they are removed; 2: links of last views stay.
    Unfollow(Place, ResourceType, u8),
    Checkpoint,
}

/// A view of a project, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) project: u8,
    pub(crate) view: u8,
}

/// Keys of one type, and the resources that a filter finds; number 0 is malformed.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) resource_type: ResourceType,
    pub(crate) numbers: Vec<u8>,
    pub(crate) filter: Option<Filter>,
}

/// The resources that a request names, as far as they are known without the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Malformed,
    Resource(Resource),
    /// A segment by its id.
    Id(String),
}

impl Keys {
    fn texts(&self) -> impl Iterator<Item = String> {
        self.numbers.iter().map(|number| key_text(number % BY_ID))
    }

    /// Whether the request names the resource of a number by its id.
    fn is_id(&self, number: u8) -> bool {
        self.resource_type == ResourceType::Segment && number >= BY_ID
    }

    pub(crate) fn batch(&self) -> Batch {
        let batch = match self.resource_type {
            ResourceType::Flag => Batch::flags(self.texts()),
            ResourceType::AiConfig => Batch::ai_configs(self.texts()),
            ResourceType::Metric => Batch::metrics(self.texts()),
            ResourceType::Segment => {
                let named = |(&number, key): (&u8, String)| match self.is_id(number) {
                    true => SegmentRef::Id(id_text(number - BY_ID)),
                    false => SegmentRef::Named { environment: environment(number), key },
                };
                Batch::segment_refs(self.numbers.iter().zip(self.texts()).map(named))
            }
        };
        match &self.filter {
            Some(filter) => batch.and_matching(filter.to_store()),
            None => batch,
        }
    }

    /// The keys whose text is in `texts`, each once.
    pub(crate) fn only(&self, texts: &[String]) -> Self {
        let kept = self.numbers.iter().zip(self.texts()).filter(|(_, text)| texts.contains(text));
        let numbers: BTreeSet<u8> = kept.map(|(number, _)| *number).collect();
        let numbers = numbers.into_iter().collect();
        Self { resource_type: self.resource_type, numbers, filter: None }
    }

    pub(super) fn named(&self) -> Vec<Named> {
        let named = |&number: &u8| match self.is_id(number) {
            true if number == BY_ID => Named::Malformed,
            true => Named::Id(id_text(number - BY_ID)),
            false => resource(self.resource_type, number % BY_ID)
                .map_or(Named::Malformed, Named::Resource),
        };
        self.numbers.iter().map(named).collect()
    }

    /// The first resource that is named by its key.
    pub(super) fn first(&self) -> Option<Resource> {
        self.named().into_iter().find_map(|named| match named {
            Named::Resource(resource) => Some(resource),
            _ => None,
        })
    }
}

/// The resource that a number names, if its key is valid.
pub(super) fn resource(resource_type: ResourceType, number: u8) -> Option<Resource> {
    let key = key_text(number);
    let resource = match resource_type {
        ResourceType::Flag => Resource::flag(&key),
        ResourceType::AiConfig => Resource::ai_config(&key),
        ResourceType::Metric => Resource::metric(&key),
        ResourceType::Segment => Resource::segment(&environment(number), &key),
    };
    resource.ok()
}

pub(super) fn key_text(number: u8) -> String {
    match number {
        0 => "not a key".to_owned(),
        number => format!("key-{number}"),
    }
}

pub(super) fn id_text(number: u8) -> String {
    match number {
        0 => "not an id".to_owned(),
        number => format!("id-{number}"),
    }
}

pub(super) fn environment(number: u8) -> String {
    format!("env{}", number % 3)
}

pub(super) fn project_key(project: u8) -> String {
    format!("project-{project}")
}

pub(super) fn view_key(view: u8) -> String {
    format!("view-{view}")
}

pub(crate) fn place() -> impl Strategy<Value = Place> {
    (0..2_u8, 0..4_u8).prop_map(|(project, view)| Place { project, view })
}

pub(crate) fn resource_type() -> impl Strategy<Value = ResourceType> {
    prop::sample::select(&ResourceType::ALL[..])
}

/// Resources by their keys.
pub(crate) fn keys() -> impl Strategy<Value = Keys> {
    (resource_type(), prop::collection::vec(0..12_u8, 0..10))
        .prop_map(|(resource_type, numbers)| Keys { resource_type, numbers, filter: None })
}

/// Resources by their keys, by their ids, and by a filter.
fn chosen() -> impl Strategy<Value = Keys> {
    let number = prop_oneof![3 => 0..12_u8, 1 => BY_ID..BY_ID + 5];
    let filter = prop::option::weighted(0.3, filter());
    (resource_type(), prop::collection::vec(number, 0..8), filter)
        .prop_map(|(resource_type, numbers, filter)| Keys { resource_type, numbers, filter })
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => place().prop_map(Call::Ensure),
        1 => place().prop_map(Call::Create),
        1 => (place(), "[a-z]{0,8}").prop_map(|(place, name)| Call::Rename(place, name)),
        1 => place().prop_map(Call::DeleteView),
        1 => (0..2_u8).prop_map(Call::DeleteProject),
        1 => (0..2_u8, 0..8_u8).prop_map(|(project, bits)| Call::PutProject(project, bits)),
        1 => (0..2_u8, 0..8_u8).prop_map(|(project, bits)| Call::UpdateProject(project, bits)),
        8 => (0..2_u8, puts()).prop_map(|(project, puts)| Call::Put(project, puts)),
        10 => (place(), chosen()).prop_map(|(place, keys)| Call::Link(place, keys)),
        6 => (place(), chosen()).prop_map(|(place, keys)| Call::Unlink(place, keys)),
        3 => (place(), keys()).prop_map(|(place, keys)| Call::Replace(place, keys)),
        2 => (place(), keys()).prop_map(|(place, keys)| Call::UnlinkButLast(place, keys)),
        3 => (place(), 0..4_u8, keys()).prop_map(|(from, to, keys)| Call::Move(from, to, keys)),
        3 => (place(), 0..4_u8, chosen())
            .prop_map(|(from, to, keys)| Call::MoveLinks(from, to, keys)),
        1 => (place(), 0..4_u8).prop_map(|(from, to)| Call::RenameView(from, to)),
        1 => (place(), 0..4_u8, "[a-z]{0,8}")
            .prop_map(|(from, to, name)| Call::CopyView(from, to, name)),
        2 => (0..2_u8, keys()).prop_map(|(project, keys)| Call::RemoveResource(project, keys)),
        1 => (0..2_u8, 0..3_u8).prop_map(|(project, env)| Call::RemoveEnvironment(project, env)),
        5 => (place(), resource_type(), prop_oneof![filter(), of_view()])
            .prop_map(|(place, of, filter)| Call::Follow(place, of, filter)),
        1 => (place(), resource_type(), 0..3_u8)
            .prop_map(|(place, of, how)| Call::Unfollow(place, of, how)),
        1 => Just(Call::Checkpoint),
        4 => Just(Call::Undo),
    ]
}

/// A filter for resources that are, or are not, in a view, so that filters often depend on each other.
fn of_view() -> impl Strategy<Value = Filter> {
    let condition = (0..4_u8, any::<bool>()).prop_map(|(view, within)| match within {
        true => Condition::View(view),
        false => Condition::NotView(view),
    });
    condition.prop_map(|condition| Filter(vec![condition]))
}

pub(crate) fn calls(most: usize) -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(call(), 0..most)
}

/// Calls for flags of one project, after some that make its views follow filters for each other.
pub(crate) fn following(most: usize) -> impl Strategy<Value = Vec<Call>> {
    let first = (puts(), puts(), filter(), of_view(), of_view(), of_view());
    (first, calls(most)).prop_map(|((one, other, filter, second, third, fourth), calls)| {
        let place = |view| Place { project: 0, view };
        let views = (0..4).map(|view| Call::Ensure(place(view)));
        let puts = [one, other].map(|puts| Call::Put(0, puts));
        let filters = [filter, second, third, fourth].into_iter().zip(0..);
        let follow =
            filters.map(|(filter, view)| Call::Follow(place(view), ResourceType::Flag, filter));
        views.chain(puts).chain(follow).chain(calls).map(Call::of_flags).collect()
    })
}

impl Call {
    /// The same for flags of the first project.
    fn of_flags(mut self) -> Self {
        match &mut self {
            Self::Put(project, puts) => {
                *project = 0;
                puts.iter_mut().for_each(|put| put.resource_type = ResourceType::Flag);
            }
            Self::DeleteProject(project)
            | Self::PutProject(project, _)
            | Self::UpdateProject(project, _)
            | Self::RemoveEnvironment(project, _) => *project = 0,
            Self::RemoveResource(project, keys) => {
                *project = 0;
                keys.resource_type = ResourceType::Flag;
            }
            Self::Link(place, keys)
            | Self::Unlink(place, keys)
            | Self::Replace(place, keys)
            | Self::UnlinkButLast(place, keys)
            | Self::Move(place, _, keys)
            | Self::MoveLinks(place, _, keys) => {
                place.project = 0;
                keys.resource_type = ResourceType::Flag;
            }
            Self::Follow(place, of, _) | Self::Unfollow(place, of, _) => {
                place.project = 0;
                *of = ResourceType::Flag;
            }
            Self::Ensure(place)
            | Self::Create(place)
            | Self::Rename(place, _)
            | Self::RenameView(place, _)
            | Self::CopyView(place, ..)
            | Self::DeleteView(place) => place.project = 0,
            Self::Undo | Self::Checkpoint => {}
        }
        self
    }
}
