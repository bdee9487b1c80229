//! The parameters with lists of views.

use super::request_error::RequestError;
use crate::filter::{ResourceCondition, SetPredicate};
use crate::model::key::ViewKey;

const VIEWS: &str = "use view keys, separated by commas";

/// Views that resources must be in: all of `and`, at least one of `any`, none of `not`, exactly those of `exactly`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InViews {
    and: Vec<ViewKey>,
    any: Vec<ViewKey>,
    not: Vec<ViewKey>,
    /// Without a view: in no view at all.
    exactly: Option<Vec<ViewKey>>,
}

impl InViews {
    /// Adds views to the list with a name.
    pub(super) fn add(&mut self, name: &'static str, value: &str) -> Result<(), RequestError> {
        let views = match name {
            "and" => &mut self.and,
            "any" => &mut self.any,
            "exactly" => self.exactly.get_or_insert_default(),
            _ => &mut self.not,
        };
        for key in value.split(',').filter(|key| !key.is_empty()) {
            let key = ViewKey::parse(key.trim());
            views.push(key.map_err(|_| RequestError::parameter(name, value, VIEWS))?);
        }
        Ok(())
    }

    /// The names of the lists.
    pub(super) const NAMES: [&'static str; 4] = ["and", "any", "not", "exactly"];

    /// The conditions of all lists.
    pub(super) fn conditions(&self) -> impl Iterator<Item = ResourceCondition> {
        let Self { and, any, not, exactly } = self.clone();
        let any = (!any.is_empty()).then_some(SetPredicate::AnyOf(any));
        let and = (!and.is_empty()).then_some(SetPredicate::AllOf(and));
        let not = (!not.is_empty()).then_some(SetPredicate::NoneOf(not));
        let exactly = exactly.map(SetPredicate::Exactly);
        [and, any, not, exactly].into_iter().flatten().map(ResourceCondition::View)
    }

    /// The lists that were given, by name.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        let given = |views: &Vec<ViewKey>| (!views.is_empty()).then(|| views.clone());
        let [and, any, not] = [&self.and, &self.any, &self.not].map(given);
        let lists = Self::NAMES.into_iter().zip([and, any, not, self.exactly.clone()]);
        lists.filter_map(|(name, views)| {
            let views = views?;
            Some((name, views.iter().map(ViewKey::as_str).collect::<Vec<_>>().join(",")))
        })
    }
}
