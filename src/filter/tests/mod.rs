//! Filters: their grammar, their errors, and their matches.

mod errors;
mod grammar;
mod laws;
mod lookup;
mod matching;
mod model;
mod pen;
mod random;

use super::{ResourceCondition, ResourceFilter, SetPredicate, TextPredicate, ViewFilter};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

fn flags(text: &str) -> ResourceFilter {
    ResourceFilter::parse(ResourceType::Flag, text).unwrap()
}

fn segments(text: &str) -> ResourceFilter {
    ResourceFilter::parse(ResourceType::Segment, text).unwrap()
}

fn views(text: &str) -> ViewFilter {
    ViewFilter::parse(text).unwrap()
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn query(text: &str) -> ResourceCondition {
    ResourceCondition::Query(text.into())
}

fn all_tags<const N: usize>(tags: [&str; N]) -> ResourceCondition {
    ResourceCondition::Tags(SetPredicate::AllOf(texts(tags)))
}

fn any_tags<const N: usize>(tags: [&str; N]) -> ResourceCondition {
    ResourceCondition::Tags(SetPredicate::AnyOf(texts(tags)))
}

fn no_tags<const N: usize>(tags: [&str; N]) -> ResourceCondition {
    ResourceCondition::Tags(SetPredicate::NoneOf(texts(tags)))
}

fn named(name: &str) -> ResourceCondition {
    ResourceCondition::Name(TextPredicate::Equals(name.into()))
}

fn in_views<const N: usize>(keys: [&str; N]) -> Vec<ViewKey> {
    keys.map(|key| ViewKey::parse(key).unwrap()).to_vec()
}
