//! Filters, evaluated by checking every resource.

use proptest::prelude::*;
use viewlink::{
    Attribute, AttributeValue, EnvironmentId, Maintainer, Resource, ResourceCondition,
    ResourceFilter, SetPredicate, TextPredicate, ViewKey,
};

use super::call::{environment, view_key};
use super::put::tag;
use super::registry::Registered;

/// Conditions that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter(pub(crate) Vec<Condition>);

/// A condition, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Tag(u8),
    AnyTag(u8, u8),
    BothTags(u8, u8),
    NotTag(u8),
    Member(u8),
    NotMember(u8),
    AnyTeam(u8),
    Query(u8),
    KeyStart(u8),
    Named(u8),
    Archived(bool),
    Temporary(bool),
    Unbounded(bool),
    View(u8),
    NotView(u8),
    Environment(u8),
    Status(u8),
    OtherStatus(u8),
}

/// The data that a filter checks.
pub(super) struct Looked<'a> {
    pub(super) resource: &'a Resource,
    pub(super) known: Option<&'a Registered>,
    /// Whether the resource is in a view.
    pub(super) is_in: &'a dyn Fn(&str) -> bool,
}

impl Filter {
    pub(super) fn to_store(&self) -> ResourceFilter {
        let conditions = self.0.iter().map(|condition| condition.to_store());
        conditions.fold(ResourceFilter::all(), ResourceFilter::and)
    }

    /// The views that it names.
    pub(super) fn views(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|condition| match condition {
            Condition::View(view) | Condition::NotView(view) => Some(view_key(*view)),
            _ => None,
        })
    }

    pub(super) fn finds(&self, looked: &Looked<'_>) -> bool {
        self.0.iter().all(|condition| condition.holds(looked))
    }
}

fn member(number: u8) -> &'static str {
    ["ann", "bob", "nobody"][usize::from(number % 3)]
}

fn team(number: u8) -> &'static str {
    ["ann", "core", "nobody"][usize::from(number % 3)]
}

fn status(number: u8) -> &'static str {
    ["on", "7", "off"][usize::from(number % 3)]
}

fn is_status(reported: &AttributeValue, number: u8) -> bool {
    match (reported, number % 3) {
        (AttributeValue::Text(_), number) => number == 0,
        (AttributeValue::Number(_), number) => number == 1,
        (_, number) => number < 2,
    }
}

/// Parts of keys and of names.
fn query(number: u8) -> &'static str {
    ["Y-1", "name 2", "key", "NAME"][usize::from(number % 4)]
}

impl Condition {
    /// The condition of a kind, from any numbers.
    pub(crate) const fn of(kind: u8, one: u8, other: u8) -> Self {
        match kind % 18 {
            0 => Self::Tag(one),
            1 => Self::AnyTag(one, other),
            2 => Self::BothTags(one, other),
            3 => Self::NotTag(one),
            4 => Self::Member(one),
            5 => Self::NotMember(one),
            6 => Self::AnyTeam(one),
            7 => Self::Query(one),
            8 => Self::KeyStart(one % 2 + 1),
            9 => Self::Named(one),
            10 => Self::Archived(one.is_multiple_of(2)),
            11 => Self::Temporary(one.is_multiple_of(2)),
            12 => Self::Unbounded(one.is_multiple_of(2)),
            13 => Self::View(one % 4),
            14 => Self::NotView(one % 4),
            15 => Self::Environment(one),
            16 => Self::Status(one),
            _ => Self::OtherStatus(one),
        }
    }

    fn to_store(self) -> ResourceCondition {
        use ResourceCondition as To;
        match self {
            Self::Tag(one) => To::Tags(SetPredicate::AllOf(vec![tag(one)])),
            Self::AnyTag(one, other) => To::Tags(SetPredicate::AnyOf(vec![tag(one), tag(other)])),
            Self::BothTags(one, other) => To::Tags(SetPredicate::AllOf(vec![tag(one), tag(other)])),
            Self::NotTag(one) => To::Tags(SetPredicate::NoneOf(vec![tag(one)])),
            Self::Member(one) => To::MaintainerId(TextPredicate::Equals(member(one).into())),
            Self::NotMember(one) => To::MaintainerId(TextPredicate::NotEquals(member(one).into())),
            Self::AnyTeam(one) => To::MaintainerTeam(TextPredicate::AnyOf(vec![
                team(one).into(),
                team(one + 1).into(),
            ])),
            Self::Query(one) => To::Query(query(one).into()),
            Self::KeyStart(one) => To::Key(TextPredicate::StartsWith(format!("key-{one}"))),
            Self::Named(one) => To::Name(TextPredicate::Equals(format!("Name {}", one % 4))),
            Self::Archived(wanted) => To::Archived(wanted),
            Self::Temporary(wanted) => To::Temporary(wanted),
            Self::Unbounded(wanted) => To::Unbounded(wanted),
            Self::View(view) => To::View(SetPredicate::AllOf(vec![parsed(view)])),
            Self::NotView(view) => To::View(SetPredicate::NoneOf(vec![parsed(view)])),
            Self::Environment(number) => {
                To::Environment(EnvironmentId::parse(&environment(number)).unwrap())
            }
            Self::Status(one) => {
                To::Attribute(Attribute::Status, SetPredicate::AnyOf(vec![status(one).into()]))
            }
            Self::OtherStatus(one) => {
                To::Attribute(Attribute::Status, SetPredicate::NoneOf(vec![status(one).into()]))
            }
        }
    }

    fn holds(self, Looked { resource, known, is_in }: &Looked<'_>) -> bool {
        let has = |number| known.is_some_and(|known| known.tags.contains(&tag(number)));
        let maintainer = known.and_then(|known| known.maintainer.as_ref());
        let is_member =
            |number| matches!(maintainer, Some(Maintainer::Member(id)) if id == member(number));
        let is_team =
            |number| matches!(maintainer, Some(Maintainer::Team(key)) if key == team(number));
        let reported = known.and_then(|known| known.status.as_ref());
        let key = resource.key().as_str();
        let name = known.map_or(key, |known| &known.name);
        match self {
            Self::Tag(one) => has(one),
            Self::AnyTag(one, other) => has(one) || has(other),
            Self::BothTags(one, other) => has(one) && has(other),
            Self::NotTag(one) => !has(one),
            Self::Member(one) => is_member(one),
            Self::NotMember(one) => !is_member(one),
            Self::AnyTeam(one) => is_team(one) || is_team(one + 1),
            Self::Query(one) => {
                let part = query(one).to_lowercase();
                key.to_lowercase().contains(&part) || name.to_lowercase().contains(&part)
            }
            Self::KeyStart(one) => key.starts_with(&format!("key-{one}")),
            Self::Named(one) => name == format!("Name {}", one % 4),
            Self::Archived(wanted) => known.is_some_and(|known| known.archived) == wanted,
            Self::Temporary(wanted) => known.is_some_and(|known| known.temporary) == wanted,
            Self::Unbounded(wanted) => known.is_some_and(|known| known.unbounded) == wanted,
            Self::View(view) => is_in(&view_key(view)),
            Self::NotView(view) => !is_in(&view_key(view)),
            Self::Environment(number) => {
                resource.environment().is_some_and(|of| of.as_str() == environment(number))
            }
            Self::Status(one) => reported.is_some_and(|reported| is_status(reported, one)),
            Self::OtherStatus(one) => reported.is_some_and(|reported| !is_status(reported, one)),
        }
    }
}

fn parsed(view: u8) -> ViewKey {
    ViewKey::parse(&view_key(view)).unwrap()
}

pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    let condition = (0..18_u8, 0..8_u8, 0..8_u8);
    let condition = condition.prop_map(|(kind, one, other)| Condition::of(kind, one, other));
    prop::collection::vec(condition, 0..3).prop_map(Filter)
}
