//! The parameters with lists of views.

use super::request_error::RequestError;
use crate::filter::{ResourceCondition, SetPredicate};
use crate::model::key::ViewKey;

const VIEWS: &str = "use view keys, separated by commas";

/// Views that resources must be in: all of `and`, at least one of `any`, none of `not`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InViews {
    and: Vec<ViewKey>,
    any: Vec<ViewKey>,
    not: Vec<ViewKey>,
}

impl InViews {
    /// Adds views to the list with a name.
    pub(super) fn add(&mut self, name: &'static str, value: &str) -> Result<(), RequestError> {
        let views = match name {
            "and" => &mut self.and,
            "any" => &mut self.any,
            _ => &mut self.not,
        };
        for key in value.split(',').filter(|key| !key.is_empty()) {
            let key = ViewKey::parse(key.trim());
            views.push(key.map_err(|_| RequestError::parameter(name, value, VIEWS))?);
        }
        Ok(())
    }

    /// The names of the lists.
    pub(super) const NAMES: [&'static str; 3] = ["and", "any", "not"];

    /// The conditions of all lists.
    pub(super) fn conditions(&self) -> impl Iterator<Item = ResourceCondition> {
        let Self { and, any, not } = self.clone();
        let any = (!any.is_empty()).then_some(SetPredicate::AnyOf(any));
        let and = (!and.is_empty()).then_some(SetPredicate::AllOf(and));
        let not = (!not.is_empty()).then_some(SetPredicate::NoneOf(not));
        [and, any, not].into_iter().flatten().map(ResourceCondition::View)
    }

    /// The lists that are not empty, by name.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        let lists = Self::NAMES.into_iter().zip([&self.and, &self.any, &self.not]);
        lists.filter(|(_, views)| !views.is_empty()).map(|(name, views)| {
            (name, views.iter().map(ViewKey::as_str).collect::<Vec<_>>().join(","))
        })
    }
}
