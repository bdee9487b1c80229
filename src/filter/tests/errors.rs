//! Errors of invalid filter texts, and their positions.

use std::error::Error as _;

use super::*;
use crate::filter::{FilterError, FilterErrorKind as Kind, MAX_FILTER_LEN, MAX_FILTER_VALUES};

fn error(resource_type: ResourceType, text: &str) -> FilterError {
    match ResourceFilter::parse(resource_type, text) {
        Ok(filter) => panic!("{text:?} is a filter: {filter:?}"),
        Err(error) => error,
    }
}

/// Each text is an invalid filter of segments, with this message at this byte.
fn assert_errors<const N: usize>(cases: [(&str, usize, &str); N]) {
    for (text, position, message) in cases {
        let error = error(ResourceType::Segment, text);
        let shown = error.to_string();
        assert_eq!(error.position(), position, "{text:?}: {shown}");
        assert!(shown.contains(message), "{text:?}: {shown}");
        assert!(shown.starts_with(&format!("at byte {position} of the filter: ")), "{shown}");
    }
}

#[test]
fn an_empty_text_is_not_a_filter() {
    for text in ["", " ", "\t\n\u{a0}"] {
        assert_eq!(error(ResourceType::Flag, text).kind(), &Kind::Empty);
        assert_eq!(ViewFilter::parse(text).unwrap_err().kind(), &Kind::Empty);
    }
}

#[test]
fn a_comma_has_a_condition_on_both_sides() {
    let missing = "a condition is missing";
    assert_errors([
        (",", 0, missing),
        (" ,query:a", 1, missing),
        ("query:a,", 8, missing),
        ("query:a, ", 9, missing),
        ("query:a,,query:b", 8, missing),
        ("query = a , , query:b", 12, missing),
        ("tags anyOf [a],", 15, missing),
    ]);
}

#[test]
fn the_error_for_an_unknown_field_lists_the_known_ones() {
    assert_errors([
        (
            "colour:red",
            0,
            "unknown field \"colour\": the fields are query, key, name, tags, view, ",
        ),
        ("query:a, Tags:b", 9, "unknown field \"Tags\""),
        ("query:a,tag-s = b", 8, "unknown field \"tag-s\""),
        ("archived:true", 0, "unknown field \"archived\""),
        ("?:a", 0, "'?' is not allowed here: expected the name of a field"),
        ("query:a,ä:b", 8, "'ä' is not allowed here: expected the name of a field"),
        ("(query = a)", 0, "'(' is not allowed here: expected the name of a field"),
        ("query:a,\u{7}:b", 8, "'\\u{7}' is not allowed here"),
    ]);
    let Kind::UnknownField { field, .. } =
        error(ResourceType::Flag, &"x".repeat(9_000)).kind().clone()
    else {
        panic!("expected an unknown field")
    };
    assert_eq!(field, "x".repeat(64));
}

#[test]
fn a_field_of_the_api_that_a_store_does_not_have_has_its_own_error() {
    let text = "tags:a,evaluated:{\"before\":1690527600000}";
    let unsupported = error(ResourceType::Flag, text);
    assert_eq!(unsupported.position(), 7);
    assert_eq!(unsupported.kind(), &Kind::UnsupportedField { field: "evaluated" });
    for (resource_type, field) in
        [(ResourceType::Flag, "codeReferences.min"), (ResourceType::Metric, "eventKind")]
    {
        let kind = error(resource_type, &format!("{field}:x")).kind().clone();
        assert_eq!(kind, Kind::UnsupportedField { field });
        let kind = error(ResourceType::AiConfig, &format!("{field}:x")).kind().clone();
        assert!(matches!(kind, Kind::UnknownField { .. }), "{kind}");
    }
}

#[test]
fn bounds_of_a_time_are_an_object_with_one_or_two_known_members() {
    for (value, position) in [
        ("1690527600000", 13),
        ("", 13),
        ("{}", 14),
        ("{before:1}", 14),
        (r#"{"until":1}"#, 14),
        (r#"{"before"}"#, 22),
        (r#"{"before":"1"}"#, 23),
        (r#"{"before":-1}"#, 23),
        (r#"{"before":99999999999999999999}"#, 23),
        (r#"{"before":1,"before":2}"#, 25),
        (r#"{"before":1,}"#, 25),
        (r#"{"before":1"#, 24),
        (r#"{"before":1 "after":2}"#, 25),
        ("[1]", 13),
    ] {
        let text = format!("creationDate:{value}");
        let found = error(ResourceType::Flag, &text);
        assert_eq!(found.position(), position, "{text}");
        assert!(matches!(found.kind(), Kind::BadValue { field: "creationDate", .. }), "{text}");
    }
}

#[test]
fn an_operator_is_required_and_must_be_accepted_by_the_field() {
    assert_errors([
        ("query", 5, "an operator is missing: query accepts `:` `=` `equals` `contains`"),
        ("query ,name:a", 6, "an operator is missing"),
        ("query ? a", 6, "'?' is not allowed here: expected an operator"),
        ("query \"a\"", 6, "'\"' is not allowed here: expected an operator"),
        (
            "tags all [a]",
            5,
            "unknown operator \"all\": tags accepts `:` `=` `equals` `notEquals` `contains` `anyOf`",
        ),
        ("tags anyof [a]", 5, "unknown operator \"anyof\""),
        ("tags == a", 5, "unknown operator \"==\""),
        ("tags != a", 5, "unknown operator \"!=\""),
        (
            "query notEquals a",
            6,
            "query does not accept the operator \"notEquals\": it accepts `:` `=` `equals` `contains`",
        ),
        ("tags startsWith a", 5, "tags does not accept the operator \"startsWith\""),
        ("keys:a", 4, "keys does not accept the operator \":\": it accepts `=` `equals` `anyOf`"),
        ("unbounded anyOf [true]", 10, "unbounded does not accept the operator \"anyOf\""),
    ]);
    let text = format!("tags {} a", "x".repeat(9_000));
    let Kind::UnknownOperator { operator, .. } = error(ResourceType::Flag, &text).kind().clone()
    else {
        panic!("expected an unknown operator")
    };
    assert_eq!(operator, "x".repeat(64));
}

#[test]
fn a_value_is_required() {
    let missing = "is missing";
    assert_errors([
        ("query:", 6, missing),
        ("query: ,name:a", 7, missing),
        ("query =", 7, missing),
        ("query = ,name:a", 8, missing),
        ("tags:+a", 5, missing),
        ("tags:a+", 7, missing),
        ("tags:a++b", 7, missing),
        ("tags:a+,query:b", 7, missing),
        ("tags anyOf []", 12, missing),
        ("tags anyOf [ ]", 13, missing),
        ("tags anyOf [,a]", 12, missing),
        ("tags anyOf [a,]", 14, missing),
        ("tags anyOf [a,,b]", 14, missing),
        ("excludedKeys anyOf []", 20, missing),
    ]);
}

#[test]
fn an_empty_search_text_is_an_error() {
    assert_errors([
        ("query:\"\"", 6, "query accepts a text that is not empty"),
        ("query = \"\"", 8, "query accepts a text that is not empty"),
        ("name startsWith \"\"", 16, "name accepts a text that is not empty"),
        ("key contains \"\"", 13, "key accepts a text that is not empty"),
    ]);
    assert_eq!(segments("name = \"\"").conditions(), [named("")]);
}

#[test]
fn a_value_must_be_valid_for_the_field() {
    assert_errors([
        ("unbounded:maybe", 10, "unbounded accepts true or false"),
        ("unbounded = True", 12, "unbounded accepts true or false"),
        ("unbounded = \"\"", 12, "unbounded accepts true or false"),
        ("unbounded:true+false", 10, "unbounded accepts true or false"),
        ("name = [a]", 7, "name accepts one value here, not a list"),
        ("tags = [a, b]", 7, "tags accepts one value here, not a list"),
        ("query equals [\"a\"]", 13, "query accepts one value here, not a list"),
    ]);
    let kind = error(ResourceType::Flag, "type:forever").to_string();
    assert_eq!(kind, "at byte 5 of the filter: type accepts temporary or permanent");
    assert_eq!(error(ResourceType::Flag, "state:deprecated").position(), 6);
}

#[test]
fn the_error_for_a_malformed_view_key_has_the_reason() {
    for (text, position) in [
        ("view:a+no key", 7),
        ("view:\"\"", 5),
        ("view anyOf [a, \"/\"]", 15),
        ("view notEquals /", 15),
    ] {
        let error = error(ResourceType::Segment, text);
        assert_eq!(error.position(), position, "{text}");
        let Kind::BadValue { field: "view", source: Some(source), .. } = error.kind() else {
            panic!("{text}: {error}")
        };
        assert_eq!(error.source().unwrap().to_string(), source.to_string());
    }
}

#[test]
fn quotes_and_lists_must_end() {
    let quote = "the value in double quotes does not end";
    let list = "the list does not end";
    assert_errors([
        ("query:\"a", 6, quote),
        ("query = \"", 8, quote),
        ("tags:a+\"b,c:d", 7, quote),
        ("tags anyOf [a, \"b]", 15, quote),
        ("tags anyOf [", 11, list),
        ("tags anyOf [a", 11, list),
        ("tags anyOf [a, ", 11, list),
        (
            "tags anyOf [a b]",
            14,
            "'b' is not allowed here: expected a comma or the closing bracket",
        ),
        ("tags anyOf [[a]]", 12, "'[' is not allowed here: expected a value"),
        ("tags anyOf [a|b]", 13, "'|' is not allowed here"),
    ]);
}

#[test]
fn a_backslash_in_quotes_must_begin_a_valid_escape() {
    let escape = "the escape is invalid";
    assert_errors([
        (r#"query:"\x""#, 7, escape),
        (r#"query:"ab\"#, 9, escape),
        (r#"query:"\u12""#, 7, escape),
        (r#"query:"\u+123""#, 7, escape),
        (r#"query:"\u12é4""#, 7, escape),
        (r#"query:"a\ud83d""#, 8, escape),
        (r#"query:"a\ud83d\n""#, 8, escape),
        (r#"query:"a\ud83d\u0041""#, 8, escape),
        (r#"query:"a\ude00""#, 8, escape),
    ]);
}

#[test]
fn only_a_comma_may_follow_a_value() {
    let expected = "is not allowed here: expected a comma or the end";
    assert_errors([
        ("query = a b", 10, expected),
        ("query:\"a\" b", 10, expected),
        ("query:a \"b\"", 8, expected),
        ("query = \"a\"\"b\"", 11, expected),
        ("tags anyOf [a] b", 15, expected),
        ("query = a | query = b", 10, expected),
        ("query = a|b", 9, expected),
        ("query = a)", 9, expected),
        ("tags:[a,b]", 5, "'[' is not allowed here: expected a value"),
        ("query = ]", 8, "']' is not allowed here: expected a value"),
    ]);
}

#[test]
fn a_text_is_accepted_up_to_the_greatest_length() {
    let longest = format!("query:{}", "x".repeat(MAX_FILTER_LEN - 6));
    assert_eq!(flags(&longest).conditions().len(), 1);
    let length = MAX_FILTER_LEN + 1;
    let too_long = error(ResourceType::Flag, &format!("{longest}x"));
    assert_eq!(too_long.kind(), &Kind::TooLong { length, limit: MAX_FILTER_LEN });
    assert_eq!(too_long.position(), 0);
}

#[test]
fn the_number_of_values_of_all_conditions_is_limited() {
    let many = |count| vec!["a"; count].join("+");
    assert_eq!(flags(&format!("query:a,tags:{}", many(999))).conditions().len(), 2);
    for text in [
        format!("tags:{}", many(1_001)),
        format!("query:a,tags:{}", many(1_000)),
        format!("tags anyOf [{}]", vec!["a"; 1_001].join(",")),
        vec!["query:a"; 1_001].join(","),
    ] {
        let error = error(ResourceType::Flag, &text);
        assert_eq!(error.kind(), &Kind::TooManyValues { limit: MAX_FILTER_VALUES });
        assert_eq!(error.position(), text.rfind('a').unwrap());
    }
}
