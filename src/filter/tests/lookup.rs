//! The index entries of a filter.

use super::*;
use crate::filter::{IndexTerms, ViewCondition};

#[test]
fn tags_and_maintainers_are_looked_up() {
    for (text, expected) in [
        ("tags anyOf [a, b]", Some(IndexTerms::Tags(&texts(["a", "b"])))),
        ("tags:a+b", Some(IndexTerms::Tags(&texts(["a"])))),
        ("tags notEquals a", None),
        ("maintainerId:a", Some(IndexTerms::Members(&texts(["a"])))),
        ("maintainerId anyOf [a, b]", Some(IndexTerms::Members(&texts(["a", "b"])))),
        ("maintainerId notEquals a", None),
        ("maintainerId startsWith a", None),
        ("maintainerTeamKey:a", Some(IndexTerms::Teams(&texts(["a"])))),
        ("maintainerTeamKey contains a", None),
        ("query:a,name:a,key:a,archived:true,view:a", None),
    ] {
        assert_eq!(flags(text).lookup(), expected, "{text}");
    }
}

#[test]
fn the_condition_with_the_fewest_entries_is_looked_up() {
    let filter = flags("tags anyOf [a, b, c], maintainerTeamKey anyOf [d, e], query:x");
    assert_eq!(filter.lookup(), Some(IndexTerms::Teams(&texts(["d", "e"]))));
    let filter = flags("tags anyOf [a, b, c], maintainerId anyOf [d, e], tags:f+g+h+i");
    assert_eq!(filter.lookup(), Some(IndexTerms::Tags(&texts(["f"]))));
}

#[test]
fn lists_without_members_match_nothing_or_everything() {
    assert_eq!(ResourceFilter::all().and(any_tags([])).lookup(), Some(IndexTerms::Tags(&[])));
    assert_eq!(ResourceFilter::all().and(all_tags([])).lookup(), None);
    assert_eq!(ResourceFilter::all().and(no_tags([])).lookup(), None);
    assert_eq!(ResourceFilter::all().lookup(), None);
}

#[test]
fn the_conditions_on_views_are_returned_in_order() {
    let filter = flags("view:a,query:x,view notEquals b");
    let expected = [SetPredicate::AllOf(in_views(["a"])), SetPredicate::NoneOf(in_views(["b"]))];
    assert_eq!(filter.views().cloned().collect::<Vec<_>>(), expected);
    assert_eq!(views("query:x").conditions(), [ViewCondition::Query("x".into())]);
}
