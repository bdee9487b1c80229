//! The matches of a filter, computed in another, simpler way.

use std::collections::BTreeSet;

use super::random::Thing;
use super::*;
use crate::filter::ViewCondition;
use crate::model::attribute::AttributeValue;
use crate::model::time::Timestamp;
use crate::model::time_predicate::TimePredicate;
use crate::model::view::{Maintainer, View};

pub(super) fn resource_matches(conditions: &[ResourceCondition], thing: &Thing) -> bool {
    use ResourceCondition as Is;
    conditions.iter().all(|condition| match condition {
        Is::Query(text) => found(text, &thing.key) || found(text, &thing.name),
        Is::Key(test) => text_holds(test, Some(&thing.key)),
        Is::Name(test) => text_holds(test, Some(&thing.name)),
        Is::Tags(test) => set_holds(test, &thing.tags),
        Is::View(_) => true,
        Is::MaintainerId(test) => text_holds(test, member(thing.maintainer.as_ref())),
        Is::MaintainerTeam(test) => text_holds(test, team(thing.maintainer.as_ref())),
        Is::Archived(wanted) => thing.archived == *wanted,
        Is::Temporary(wanted) => thing.temporary == *wanted,
        Is::Unbounded(wanted) => thing.unbounded == *wanted,
        Is::Attribute(name, test) => {
            let told = thing.attributes.iter().flat_map(|told| told.get(name));
            let told: Vec<Vec<String>> = told.map(told_texts).collect();
            told.first().is_some_and(|told| set_holds(test, told))
        }
        Is::HasAttribute(name, wanted) => {
            let names = thing.attributes.iter().flat_map(|told| told.keys());
            names.filter(|told| *told == name).count() == usize::from(*wanted)
        }
        Is::CreatedAt(TimePredicate { after, before }) => {
            let time = thing.created_at.map(Timestamp::as_millis);
            let within = |time: &u64| {
                after.is_none_or(|after| after.as_millis() < *time)
                    && !before.is_some_and(|before| before.as_millis() <= *time)
            };
            time.filter(within).is_some()
        }
        Is::Environment(id) => thing.environment == Some(id.as_str().to_owned()),
    })
}

pub(super) fn view_matches(conditions: &[ViewCondition], view: &View) -> bool {
    use ViewCondition as Is;
    conditions.iter().all(|condition| match condition {
        Is::Query(text) => found(text, view.key.as_str()) || found(text, &view.name),
        Is::Name(test) => text_holds(test, Some(&view.name)),
        Is::Key(test) => text_holds(test, Some(view.key.as_str())),
        Is::Tag(test) => set_holds(test, &view.tags),
        Is::MaintainerId(test) => text_holds(test, member(view.maintainer.as_ref())),
        Is::Payload(wanted) => *wanted == is_payload(view),
        Is::Linked(_) => true,
    })
}

fn told_texts(value: &AttributeValue) -> Vec<String> {
    match value {
        AttributeValue::Text(text) => vec![text.clone()],
        AttributeValue::Number(number) => vec![number.to_string()],
        AttributeValue::Texts(texts) => texts.clone(),
    }
}

const fn is_payload(_: &View) -> bool {
    false
}

pub(super) fn member(maintainer: Option<&Maintainer>) -> Option<&str> {
    maintainer.filter(|found| matches!(found, Maintainer::Member(_))).map(Maintainer::id)
}

pub(super) fn team(maintainer: Option<&Maintainer>) -> Option<&str> {
    maintainer.filter(|found| matches!(found, Maintainer::Team(_))).map(Maintainer::id)
}

/// Whether consecutive characters equal those of the query, ignoring case.
fn found(query: &str, text: &str) -> bool {
    let (query, text): (Vec<char>, Vec<char>) = (query.chars().collect(), text.chars().collect());
    let same = |(one, other): (&char, &char)| one.to_lowercase().eq(other.to_lowercase());
    query.is_empty() || text.windows(query.len()).any(|piece| piece.iter().zip(&query).all(same))
}

fn text_holds(test: &TextPredicate, text: Option<&str>) -> bool {
    let characters = |text: &str| text.chars().collect::<Vec<_>>();
    match (test, text) {
        (TextPredicate::NotEquals(_) | TextPredicate::NoneOf(_), None) => true,
        (_, None) => false,
        (TextPredicate::Equals(wanted), Some(text)) => characters(wanted) == characters(text),
        (TextPredicate::NotEquals(wanted), Some(text)) => characters(wanted) != characters(text),
        (TextPredicate::StartsWith(wanted), Some(text)) => {
            let count = wanted.chars().count();
            text.chars().take(count).collect::<String>() == *wanted
        }
        (TextPredicate::Contains(wanted), Some(text)) => {
            text.char_indices().any(|(at, _)| text[at..].starts_with(wanted)) || wanted.is_empty()
        }
        (TextPredicate::AnyOf(wanted), Some(text)) => {
            wanted.iter().filter(|one| *one == text).count() > 0
        }
        (TextPredicate::NoneOf(wanted), Some(text)) => {
            wanted.iter().filter(|one| *one == text).count() == 0
        }
    }
}

fn set_holds(test: &SetPredicate<String>, has: &[String]) -> bool {
    let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<String>>();
    let has = set(has);
    match test {
        SetPredicate::AnyOf(wanted) => !set(wanted).is_disjoint(&has),
        SetPredicate::AllOf(wanted) => set(wanted).is_subset(&has),
        SetPredicate::NoneOf(unwanted) => set(unwanted).is_disjoint(&has),
        SetPredicate::Exactly(wanted) => set(wanted) == has,
    }
}
