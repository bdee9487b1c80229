//! The grammar of filters, and the meaning of its parts.

use super::super::field::Field;
use super::super::operator::Operator;
use super::super::tables::{Table, of_resources, of_views};
use super::*;
use crate::filter::ViewCondition;

#[test]
fn the_short_form_ends_at_the_next_comma() {
    for (text, expected) in [
        ("query:a", vec![query("a")]),
        ("query:a b", vec![query("a b")]),
        ("query:a:b = c [d] (e|f)", vec![query("a:b = c [d] (e|f)")]),
        ("query: a b ,name:c", vec![query("a b"), named("c")]),
        (" query : a\t,\n name : c ", vec![query("a"), named("c")]),
        ("query:\\n", vec![query("\\n")]),
        ("query:ä→😀", vec![query("ä→😀")]),
    ] {
        assert_eq!(flags(text).conditions(), expected, "{text}");
    }
}

#[test]
fn a_plus_separates_values_of_a_set_and_is_a_character_elsewhere() {
    assert_eq!(flags("tags:a").conditions(), [all_tags(["a"])]);
    assert_eq!(flags("tags:a+b c + d").conditions(), [all_tags(["a", "b c", "d"])]);
    assert_eq!(flags("tags:\"a+b\" + \"c,d\"").conditions(), [all_tags(["a+b", "c,d"])]);
    assert_eq!(flags("query:a+b").conditions(), [query("a+b")]);
    assert_eq!(flags("name:+a+").conditions(), [named("+a+")]);
    let both = SetPredicate::AllOf(in_views(["one", "two"]));
    assert_eq!(flags("view:One+TWO").conditions(), [ResourceCondition::View(both)]);
    assert_eq!(segments("tags = a+b").conditions(), [all_tags(["a+b"])]);
}

#[test]
fn double_quotes_hold_any_character_and_the_escapes_of_json() {
    for (quoted, text) in [
        (r#""""#, ""),
        (r#"" a ""#, " a "),
        (r#""a,b:c+d[e]|""#, "a,b:c+d[e]|"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u0041\u00e4\u00E4\u2192""#, "Aää→"),
        (r#""\ud83d\ude00""#, "😀"),
        ("\"line\nfeed\"", "line\nfeed"),
    ] {
        for filter in [format!("name:{quoted}"), format!("name = {quoted}")] {
            assert_eq!(flags(&filter).conditions(), [named(text)], "{filter}");
        }
    }
}

#[test]
fn the_long_form_compares_with_its_operator() {
    use ResourceCondition::{Key, Name, View};
    for (text, expected) in [
        ("query = a", query("a")),
        ("query equals a", query("a")),
        ("query contains \"a b\"", query("a b")),
        ("name = a", named("a")),
        ("name equals a", named("a")),
        ("name notEquals a", Name(TextPredicate::NotEquals("a".into()))),
        ("name startsWith a", Name(TextPredicate::StartsWith("a".into()))),
        ("name contains a", Name(TextPredicate::Contains("a".into()))),
        ("name anyOf [\"a\", b]", Name(TextPredicate::AnyOf(texts(["a", "b"])))),
        ("name anyOf a", Name(TextPredicate::AnyOf(texts(["a"])))),
        ("tags = a", all_tags(["a"])),
        ("tags contains a", all_tags(["a"])),
        ("tags contains [\"a\",\"b\"]", all_tags(["a", "b"])),
        ("tags notEquals a", no_tags(["a"])),
        ("tags anyOf [ a , \"b c\" ]", any_tags(["a", "b c"])),
        ("keys anyOf [a, b]", Key(TextPredicate::AnyOf(texts(["a", "b"])))),
        ("keys = a", Key(TextPredicate::AnyOf(texts(["a"])))),
        ("includedKeys anyOf [a]", Key(TextPredicate::AnyOf(texts(["a"])))),
        ("excludedKeys anyOf [a, b]", Key(TextPredicate::NoneOf(texts(["a", "b"])))),
        ("excludedKeys equals a", Key(TextPredicate::NoneOf(texts(["a"])))),
        ("view anyOf [A, b]", View(SetPredicate::AnyOf(in_views(["a", "b"])))),
        ("view = A", View(SetPredicate::AllOf(in_views(["a"])))),
        ("view notEquals A", View(SetPredicate::NoneOf(in_views(["a"])))),
    ] {
        assert_eq!(segments(text).conditions(), [expected], "{text}");
    }
}

#[test]
fn white_space_next_to_a_separator_is_optional() {
    let spread = segments(" tags  anyOf [ \"a\" , \"b\" ] , unbounded = true , query : c ");
    assert_eq!(segments("tags anyOf[\"a\",\"b\"],unbounded=true,query:c"), spread);
    assert_eq!(segments("name equals\"a\""), segments("name = a"));
}

#[test]
fn a_field_with_two_words_accepts_both_and_their_negation() {
    use ResourceCondition::{Archived, Temporary, Unbounded};
    for (text, expected) in [
        ("archived:true", Archived(true)),
        ("archived:\"false\"", Archived(false)),
        ("archived = true", Archived(true)),
        ("archived notEquals true", Archived(false)),
        ("type:temporary", Temporary(true)),
        ("type:permanent", Temporary(false)),
        ("type notEquals permanent", Temporary(true)),
        ("state:archived", Archived(true)),
        ("state:live", Archived(false)),
    ] {
        assert_eq!(flags(text).conditions(), [expected], "{text}");
    }
    assert_eq!(segments("unbounded = true").conditions(), [Unbounded(true)]);
    assert_eq!(segments("unbounded notEquals true").conditions(), [Unbounded(false)]);
    assert_eq!(segments("unbounded:false").conditions(), [Unbounded(false)]);
}

#[test]
fn maintainers_are_members_or_teams() {
    use ResourceCondition::{MaintainerId, MaintainerTeam};
    let equals = |text: &str| TextPredicate::Equals(text.into());
    let both = [MaintainerId(equals("abc")), MaintainerTeam(equals("web"))];
    assert_eq!(flags("maintainerId:abc,maintainerTeamKey:web").conditions(), both);
    let metrics = ResourceFilter::parse(ResourceType::Metric, "maintainerIds anyOf [a, b]");
    let any = MaintainerId(TextPredicate::AnyOf(texts(["a", "b"])));
    assert_eq!(metrics.unwrap().conditions(), [any]);
}

#[test]
fn a_field_may_occur_twice_and_conditions_keep_their_order() {
    let conditions = [all_tags(["b"]), query("x"), all_tags(["a"])];
    assert_eq!(flags("tags:b,query:x,tags:a").conditions(), conditions);
}

#[test]
fn views_are_filtered_by_fields_of_their_own() {
    for (text, expected) in [
        ("query:a", ViewCondition::Query("a".into())),
        ("name startsWith A", ViewCondition::Name(TextPredicate::StartsWith("A".into()))),
        ("key = \"MY-view\"", ViewCondition::Key(TextPredicate::Equals("my-view".into()))),
        ("key notEquals A", ViewCondition::Key(TextPredicate::NotEquals("a".into()))),
        ("key startsWith A", ViewCondition::Key(TextPredicate::StartsWith("a".into()))),
        ("key contains A", ViewCondition::Key(TextPredicate::Contains("a".into()))),
        ("key anyOf [A, B]", ViewCondition::Key(TextPredicate::AnyOf(texts(["a", "b"])))),
        ("tag anyOf [A, b]", ViewCondition::Tag(SetPredicate::AnyOf(texts(["A", "b"])))),
        ("tag:a+b", ViewCondition::Tag(SetPredicate::AllOf(texts(["a", "b"])))),
        ("maintainerId = a", ViewCondition::MaintainerId(TextPredicate::Equals("a".into()))),
        ("isPayloadView = true", ViewCondition::Payload(true)),
        ("isPayloadView:false", ViewCondition::Payload(false)),
    ] {
        assert_eq!(views(text).conditions(), [expected], "{text}");
    }
}

/// Checks for every field of the table whether it accepts each operator.
fn assert_fields_take_what_they_say<C>(
    table: &'static Table<C>,
    parses: impl Fn(&str) -> Result<(), crate::FilterErrorKind>,
) {
    let every = [
        Operator::Has,
        Operator::Equals,
        Operator::NotEquals,
        Operator::StartsWith,
        Operator::Contains,
        Operator::AnyOf,
    ];
    let taken = |field: &Field<C>, spelling: &str| {
        // A word that some fields accept and others do not.
        ["true", "temporary", "live", r#"{"before":1}"#].into_iter().any(|value| {
            let text = format!("{} {spelling} {value}", field.name);
            match parses(&text) {
                Ok(()) => true,
                Err(
                    crate::FilterErrorKind::BadValue { .. }
                    | crate::FilterErrorKind::Unexpected { .. },
                ) => false,
                Err(kind) => {
                    let is_operator =
                        matches!(kind, crate::FilterErrorKind::UnsupportedOperator { .. });
                    assert!(is_operator, "{text}: {kind}");
                    false
                }
            }
        })
    };
    for field in table.fields() {
        for operator in every {
            for spelling in Operator::spellings(&[operator]) {
                let says = field.operators().contains(&operator);
                assert_eq!(taken(field, spelling), says, "{} {spelling}", field.name);
            }
        }
    }
}

#[test]
fn every_field_accepts_exactly_its_operators() {
    for resource_type in ResourceType::ALL {
        assert_fields_take_what_they_say(of_resources(resource_type), |text| {
            let parsed = ResourceFilter::parse(resource_type, text);
            parsed.map(drop).map_err(|error| error.kind().clone())
        });
    }
    assert_fields_take_what_they_say(of_views(), |text| {
        ViewFilter::parse(text).map(drop).map_err(|error| error.kind().clone())
    });
}

#[test]
fn every_field_and_operator_is_documented_and_named_once() {
    let documentation = include_str!("../mod.rs");
    let mut tables: Vec<Vec<&str>> = vec![of_views().fields().map(|field| field.name).collect()];
    for resource_type in ResourceType::ALL {
        let table = of_resources(resource_type);
        let fields = table.fields().map(|field| field.name);
        tables.push(fields.chain(table.unsupported.iter().copied()).collect());
    }
    for mut names in tables {
        for name in &names {
            assert!(documentation.contains(&format!("`{name}`")), "{name}");
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
    }
}
