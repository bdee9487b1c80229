//! The matches of a filter.

use super::*;
use crate::filter::{ResourceFacts, ViewCondition};
use crate::model::attribute::{Attribute, AttributeValue, Attributes};
use crate::model::key::EnvironmentId;
use crate::model::time::Timestamp;
use crate::model::view::Maintainer;

const FACTS: ResourceFacts<'_> = ResourceFacts {
    key: "checkout-v2",
    environment: None,
    name: "Größe der Kasse",
    tags: &[],
    maintainer: None,
    archived: false,
    temporary: true,
    unbounded: false,
    created_at: None,
    attributes: None,
};

fn matches(filter: &str, facts: &ResourceFacts<'_>) -> bool {
    flags(filter).matches(facts)
}

#[test]
fn a_filter_without_conditions_matches_everything() {
    assert!(ResourceFilter::all().matches(&FACTS));
}

#[test]
fn all_conditions_must_hold() {
    assert!(matches("key:checkout-v2,type:temporary", &FACTS));
    assert!(!matches("key:checkout-v2,type:permanent", &FACTS));
    assert!(!matches("key:checkout,type:temporary", &FACTS));
    assert!(matches("key startsWith check,key contains v2", &FACTS));
}

#[test]
fn a_query_ignores_case_in_key_and_name() {
    for found in ["CHECK", "out-V2", "GRÖSSE".replace("SS", "ß").as_str(), "kasse", "r K"] {
        assert!(matches(&format!("query:{found}"), &FACTS), "{found}");
    }
    for not_found in ["checkout v2", "grosse", "v2Größe"] {
        assert!(!matches(&format!("query:{not_found}"), &FACTS), "{not_found}");
    }
    // The sigma at the end of a word is written differently; the part is still in the name.
    let facts = ResourceFacts { name: "ΟΔΥΣΣΕΥΣ", ..FACTS };
    assert!(matches("query:ΟΔΥΣ", &facts) && matches("query:οδυσσευσ", &facts));
    // The kelvin sign is a k in lower case, but three times as long.
    let facts = ResourceFacts { key: "kk", ..FACTS };
    assert!(matches("query:\u{212a}\u{212a}", &facts) && !matches("query:kkk", &facts));
}

#[test]
fn an_attribute_is_compared_with_a_text_a_number_or_each_text_of_a_set() {
    let attributes = Attributes::from([
        (Attribute::Status, "active".into()),
        (Attribute::StaleState, 7.into()),
        (Attribute::FollowerId, AttributeValue::texts(["bob", "ann"])),
    ]);
    let facts = ResourceFacts { attributes: Some(&attributes), ..FACTS };
    for found in [
        "status:active",
        "status = active,staleState:7",
        "status anyOf [new, active]",
        "status notEquals new",
        "status exists true,targeting exists false",
        "followerId:ann+bob",
        "followerId contains [ann, bob]",
        "followerId = bob",
    ] {
        assert!(matches(found, &facts), "{found}");
    }
    for other in
        ["status:Active", "status:act", "staleState:8", "followerId:ann+eve", "status:\"\""]
    {
        assert!(!matches(other, &facts), "{other}");
    }
}

#[test]
fn a_condition_on_an_attribute_that_no_resource_has_matches_nothing() {
    for facts in [FACTS, ResourceFacts { attributes: Some(&Attributes::new()), ..FACTS }] {
        for field in ["status", "staleState", "targeting", "filterEnv", "followerId"] {
            for test in [":a", " = a", " notEquals a", " anyOf [a]", " contains a", " exists true"]
            {
                assert!(!matches(&format!("{field}{test}"), &facts), "{field}{test}");
            }
            assert!(matches(&format!("{field} exists false"), &facts));
        }
    }
}

#[test]
fn everything_else_is_compared_with_case() {
    let tags = texts(["Beta"]);
    let facts = ResourceFacts { tags: &tags, ..FACTS };
    assert!(matches("tags:Beta", &facts) && !matches("tags:beta", &facts));
    assert!(!matches("key:Checkout-v2", &facts));
    assert!(!matches("name contains kasse", &facts));
}

#[test]
fn without_a_maintainer_only_negative_conditions_hold() {
    let member = Maintainer::Member("m".into());
    let team = Maintainer::Team("m".into());
    let of_member = ResourceFacts { maintainer: Some(&member), ..FACTS };
    let of_team = ResourceFacts { maintainer: Some(&team), ..FACTS };
    for (filter, member, team, nobody) in [
        ("maintainerId:m", true, false, false),
        ("maintainerId:n", false, false, false),
        ("maintainerId notEquals m", false, true, true),
        ("maintainerId anyOf [l, m]", true, false, false),
        ("maintainerId startsWith m", true, false, false),
        ("maintainerId contains m", true, false, false),
        ("maintainerTeamKey:m", false, true, false),
        ("maintainerTeamKey notEquals m", true, false, true),
    ] {
        let found = [&of_member, &of_team, &FACTS].map(|facts| matches(filter, facts));
        assert_eq!(found, [member, team, nobody], "{filter}");
    }
    let none_of = ResourceCondition::MaintainerId(TextPredicate::NoneOf(texts(["m"])));
    let filter = ResourceFilter::all().and(none_of);
    assert!(filter.matches(&FACTS) && filter.matches(&of_team) && !filter.matches(&of_member));
}

#[test]
fn a_registered_resource_is_found_by_its_time_of_creation() {
    let created = |time| ResourceFacts { created_at: Some(Timestamp::from_millis(time)), ..FACTS };
    for (filter, found) in [
        (r#"creationDate:{"after":1}"#, [false, false, true, true]),
        (r#"creationDate:{"before":2}"#, [true, true, false, false]),
        (r#"creationDate = { "after" : 0, "before" : 3 }"#, [false, true, true, false]),
        (
            r#"archived:false,creationDate:{"before":3,"after":1},key:k"#,
            [false, false, true, false],
        ),
    ] {
        let times = [0, 1, 2, 3].map(|time| {
            let facts = created(time);
            matches(filter, &ResourceFacts { key: "k", ..facts })
        });
        assert_eq!(times, found, "{filter}");
        assert!(!matches(filter, &ResourceFacts { key: "k", ..FACTS }), "{filter}");
    }
}

#[test]
fn empty_lists_hold_always_or_never() {
    let holds = |condition| ResourceFilter::all().and(condition).matches(&FACTS);
    assert!(!holds(any_tags([])) && holds(all_tags([])) && holds(no_tags([])));
    assert!(!holds(ResourceCondition::Key(TextPredicate::AnyOf(Vec::new()))));
    assert!(holds(ResourceCondition::Key(TextPredicate::NoneOf(Vec::new()))));
}

#[test]
fn conditions_on_views_are_checked_by_the_caller() {
    assert!(matches("view:a", &FACTS) && matches("view notEquals a", &FACTS));
}

#[test]
fn an_environment_has_only_its_own_segments() {
    let environment = EnvironmentId::parse("test").unwrap();
    let filter = segments("unbounded = true").and(ResourceCondition::Environment(environment));
    let segment = |environment| ResourceFacts { environment, unbounded: true, ..FACTS };
    assert!(filter.matches(&segment(Some("test"))));
    assert!(!filter.matches(&segment(Some("test2"))));
    assert!(!filter.matches(&segment(None)));
    assert!(!filter.matches(&ResourceFacts { unbounded: false, ..segment(Some("test")) }));
}

#[test]
fn no_view_is_a_payload_view() {
    let view = super::random::view("a", "A", Vec::new(), None);
    assert!(!views("isPayloadView = true").matches(&view));
    assert!(views("isPayloadView = false").matches(&view));
    let filter = ViewFilter::all().and(ViewCondition::Payload(true));
    assert!(!filter.matches(&view));
    assert!(views("key = A").matches(&view) && !views("key notEquals A").matches(&view));
}
