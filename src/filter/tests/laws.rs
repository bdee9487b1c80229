//! Properties for every text, filter and resource.

use proptest::prelude::*;
use proptest::sample::select;

use super::model::{member, resource_matches, team, view_matches};
use super::pen::Pen;
use super::random::{Texts, any_view, resource_type, thing};
use super::*;
use crate::filter::{FilterError, IndexTerms, MAX_FILTER_VALUES};

/// The number of cases of a property, times `VIEWLINK_CASES` if that is set.
fn cases(usual: u32) -> u32 {
    let times = std::env::var("VIEWLINK_CASES").ok().and_then(|times| times.parse().ok());
    usual.saturating_mul(times.unwrap_or(1))
}

/// A sequence of pieces of filters, so that most of a text is valid.
fn nearly_a_filter() -> impl Strategy<Value = String> {
    let fields = "query tags tag view key keys excludedKeys name archived type unbounded state external status exists";
    let others =
        r#"= : : anyOf notEquals startsWith contains equals , , + [ ] " \ \u00e4 \ud83d a ä 😀"#;
    let values = "isPayloadView a b true live temporary | (";
    let words = [fields, others, values].into_iter().flat_map(|words| words.split(' '));
    let piece = select(words.chain([" ", " "]).collect::<Vec<_>>());
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

/// The result of the text as each kind of filter: the number of conditions, or the error.
fn parse_all(text: &str) -> Vec<Result<usize, FilterError>> {
    let of_resources = ResourceType::ALL.map(|resource_type| {
        ResourceFilter::parse(resource_type, text).map(|filter| filter.conditions().len())
    });
    let of_views = ViewFilter::parse(text).map(|filter| filter.conditions().len());
    of_resources.into_iter().chain([of_views]).collect()
}

fn assert_filter_or_error(text: &str) {
    for found in parse_all(text) {
        match found {
            Ok(count) => assert!((1..=MAX_FILTER_VALUES).contains(&count), "{text:?}"),
            Err(error) => {
                assert!(text.is_char_boundary(error.position()), "{text:?}: {error}");
                assert!(!error.to_string().contains(char::is_control), "{text:?}: {error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(1_000)))]

    #[test]
    fn every_text_is_a_filter_or_an_error_with_a_position_in_it(text in any::<String>()) {
        assert_filter_or_error(&text);
    }

    #[test]
    fn a_nearly_valid_text_is_a_filter_or_an_error_with_a_position_in_it(text in nearly_a_filter()) {
        assert_filter_or_error(&text);
    }

    #[test]
    fn a_displayed_filter_is_parsed_as_a_filter_with_the_same_text(
        (resource_type, conditions) in resource_type().prop_flat_map(|resource_type| {
            let condition = Texts::Written.resource_condition(resource_type);
            (Just(resource_type), prop::collection::vec(condition, 1..5))
        }),
    ) {
        let made = conditions.into_iter().fold(ResourceFilter::all(), ResourceFilter::and);
        let read = ResourceFilter::parse(resource_type, &made.to_string());
        prop_assert_eq!(read, Ok(made));
    }

    #[test]
    fn a_filter_of_resources_is_the_same_after_writing_and_parsing(
        (resource_type, conditions) in resource_type().prop_flat_map(|resource_type| {
            let condition = Texts::Written.resource_condition(resource_type);
            (Just(resource_type), prop::collection::vec(condition, 1..5))
        }),
        choices in prop::collection::vec(any::<u8>(), 60),
    ) {
        let mut pen = Pen::new(choices);
        let written =
            conditions.iter().map(|condition| pen.resource(condition, resource_type)).collect();
        let text = pen.join(written);
        let filter = ResourceFilter::parse(resource_type, &text);
        let made = conditions.into_iter().fold(ResourceFilter::all(), ResourceFilter::and);
        prop_assert_eq!(filter, Ok(made), "{}", text);
    }

    #[test]
    fn a_filter_of_views_is_the_same_after_writing_and_parsing(
        conditions in prop::collection::vec(Texts::Written.view_condition(), 1..5),
        choices in prop::collection::vec(any::<u8>(), 60),
    ) {
        let mut pen = Pen::new(choices);
        let written = conditions.iter().map(|condition| pen.view(condition)).collect();
        let text = pen.join(written);
        let made = conditions.into_iter().fold(ViewFilter::all(), ViewFilter::and);
        prop_assert_eq!(ViewFilter::parse(&text), Ok(made), "{}", text);
    }

    #[test]
    fn a_filter_matches_the_same_resources_as_the_model(
        conditions in resource_type().prop_flat_map(|resource_type| {
            prop::collection::vec(Texts::Few.resource_condition(resource_type), 0..3)
        }),
        things in prop::collection::vec(thing(), 8),
    ) {
        let filter = conditions.into_iter().fold(ResourceFilter::all(), ResourceFilter::and);
        for thing in things {
            let expected = resource_matches(filter.conditions(), &thing);
            prop_assert_eq!(filter.matches(&thing.facts()), expected, "{:?} {:?}", filter, thing);
        }
    }

    #[test]
    fn a_filter_matches_the_same_views_as_the_model(
        conditions in prop::collection::vec(Texts::Few.view_condition(), 0..3),
        views in prop::collection::vec(any_view(), 8),
    ) {
        let filter = conditions.into_iter().fold(ViewFilter::all(), ViewFilter::and);
        for view in views {
            let expected = view_matches(filter.conditions(), &view);
            prop_assert_eq!(filter.matches(&view), expected, "{:?} {:?}", filter, view);
        }
    }

    #[test]
    fn every_match_is_under_an_index_entry_of_the_filter(
        conditions in resource_type().prop_flat_map(|resource_type| {
            prop::collection::vec(Texts::Few.resource_condition(resource_type), 0..3)
        }),
        things in prop::collection::vec(thing(), 8),
    ) {
        let filter = conditions.into_iter().fold(ResourceFilter::all(), ResourceFilter::and);
        for thing in things.iter().filter(|thing| filter.matches(&thing.facts())) {
            let is = |terms: &[String], found: Option<&str>| {
                found.is_some_and(|found| terms.iter().any(|term| term == found))
            };
            let found = match filter.lookup() {
                None => true,
                Some(IndexTerms::Tags(terms)) => {
                    thing.tags.iter().any(|tag| is(terms, Some(tag)))
                }
                Some(IndexTerms::Members(terms)) => is(terms, member(thing.maintainer.as_ref())),
                Some(IndexTerms::Teams(terms)) => is(terms, team(thing.maintainer.as_ref())),
            };
            prop_assert!(found, "{:?} {:?}", filter, thing);
        }
    }

    #[test]
    fn every_part_of_a_name_is_found_in_it_in_any_case(
        name in any::<String>(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let count = name.chars().count() + 1;
        let (from, to) = (from.index(count), to.index(count));
        let (from, to) = (from.min(to), from.max(to));
        let piece: String = name.chars().skip(from).take(to - from).collect();
        let thing = random::view("k", &name, Vec::new(), None);
        for query in [&piece, &piece.to_ascii_uppercase(), &piece.to_ascii_lowercase()] {
            let query = crate::ViewCondition::Query(query.clone());
            prop_assert!(ViewFilter::all().and(query).matches(&thing));
        }
    }
}
