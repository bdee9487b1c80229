//! The parameters with lists of views.

use viewlink::wire::{LinkedResources, Query};
use viewlink::{Paging, ResourceFilter, ResourceType, SetPredicate};

use crate::support::{create, memory, project};

fn filter(pairs: &[(&str, &str)]) -> ResourceFilter {
    let query = Query::from_pairs(pairs.iter().copied()).unwrap();
    query.resource_filter(ResourceType::Flag).unwrap()
}

fn in_views(predicate: SetPredicate<&str>) -> ResourceFilter {
    ResourceFilter::all().in_views(predicate).unwrap()
}

#[test]
fn each_list_of_views_is_a_condition_of_its_own() {
    for (name, expected) in [
        ("and", SetPredicate::AllOf(vec!["a", "b"])),
        ("any", SetPredicate::AnyOf(vec!["a", "b"])),
        ("not", SetPredicate::NoneOf(vec!["a", "b"])),
        ("exactly", SetPredicate::Exactly(vec!["a", "b"])),
    ] {
        let expected = in_views(expected);
        assert_eq!(filter(&[(name, "a, b")]), expected);
        let (first, second) = (format!("{name}[]"), format!("{name}[1]"));
        assert_eq!(filter(&[(first.as_str(), "a"), (second.as_str(), ",b,")]), expected);
    }
}

#[test]
fn a_list_without_views_is_no_condition_except_that_of_exactly_none() {
    for name in ["and", "any", "not"] {
        assert_eq!(filter(&[(name, "")]), ResourceFilter::all());
    }
    assert_eq!(filter(&[("exactly", "")]), in_views(SetPredicate::Exactly(vec![])));
}

#[test]
fn a_view_with_an_invalid_key_is_refused_with_the_name_of_its_list() {
    for name in ["and", "any", "not", "exactly"] {
        let refused = Query::from_pairs([(name, "a,-b")]).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{name} is \"a,-b\"")), "{refused}");
    }
}

#[test]
fn the_links_between_pages_keep_the_lists_of_views() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let pairs = [("and", "v"), ("any", "a"), ("any", "b"), ("not", "c"), ("exactly", "v")];
    let query = Query::from_pairs(pairs).unwrap();
    let reader = project.read().unwrap();
    let page = reader.linked_resources("v", ResourceType::Flag, Paging::first(20)).unwrap();
    let (info, view) = (reader.info(), "v".parse().unwrap());
    let answer = LinkedResources::new(&page, &info.key, &view, ResourceType::Flag, &query);
    let own = answer.links.unwrap().own.href;
    assert!(own.ends_with("?limit=20&offset=0&and=v&any=a,b&not=c&exactly=v"), "{own}");
}
