//! Queries on sets of links, at sizes at which a store uses bitmaps.

use std::collections::BTreeSet;

use viewlink::{
    Batch, Error, NewResource, Page, Paging, Project, ProjectSnapshot, Resource, ResourceCondition,
    ResourceFilter, ResourceSort, ResourceType, SetPredicate, TextPredicate, ViewFilter, ViewSort,
};

use crate::support::{assert_clean, create, flag, link, memory, project, two_views};

/// More links than the size from which a set is a bitmap.
const LARGE: usize = 6_000;

fn in_views(tests: impl IntoIterator<Item = SetPredicate<&'static str>>) -> ResourceFilter {
    let add = |filter: ResourceFilter, test| filter.in_views(test).unwrap();
    tests.into_iter().fold(ResourceFilter::all(), add)
}

fn in_no_view() -> ResourceFilter {
    in_views([SetPredicate::Exactly(Vec::new())])
}

fn found(reader: &ProjectSnapshot, filter: &ResourceFilter) -> Vec<String> {
    let page = reader.find_resources(ResourceType::Flag, filter, Paging::first(100_000)).unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.iter().map(|resource| resource.key().to_string()).collect()
}

fn numbered(numbers: impl IntoIterator<Item = usize>) -> impl Iterator<Item = String> {
    numbers.into_iter().map(|number| format!("flag-{number:05}"))
}

fn link_numbers(project: &Project, view: &str, numbers: impl IntoIterator<Item = usize>) {
    project.link(view, Batch::flags(numbered(numbers))).unwrap().all_ok().unwrap();
}

#[test]
fn resources_are_in_all_any_none_or_exactly_these_views() {
    let (_store, project) = two_views();
    create(&project, "x");
    link(&project, "v", &["a", "b", "c", "d"]);
    link(&project, "w", &["b", "c", "e"]);
    link(&project, "x", &["c", "f"]);
    project.put_resources(["a", "g"].map(NewResource::flag)).unwrap().all_ok().unwrap();
    let reader = project.read().unwrap();
    use SetPredicate::{AllOf, AnyOf, Exactly, NoneOf};
    for (tests, expected) in [
        (vec![AllOf(vec!["v", "w"])], "b c"),
        (vec![AnyOf(vec!["w", "x"])], "b c e f"),
        (vec![AllOf(vec!["v"]), NoneOf(vec!["w"])], "a d"),
        (vec![NoneOf(vec!["v", "w", "x"])], "g"),
        (vec![NoneOf(vec!["v"])], "e f g"),
        (vec![Exactly(vec!["v", "w"])], "b"),
        (vec![Exactly(vec!["W", "v", "w"])], "b"),
        (vec![Exactly(vec![])], "g"),
        (vec![Exactly(vec![]), Exactly(vec!["v"])], ""),
        (vec![AnyOf(vec![])], ""),
        (vec![AnyOf(vec!["v", "w"]), AnyOf(vec!["x"])], "c"),
        (vec![], "a b c d e f g"),
    ] {
        let filter = in_views(tests.clone());
        assert_eq!(found(&reader, &filter).join(" "), expected, "{tests:?}");
    }
}

#[test]
fn a_condition_on_views_is_a_filter_like_any_other() {
    let (_store, project) = two_views();
    link(&project, "v", &["a", "b", "stray"]);
    let put = |key| NewResource::flag(key).tags(["t"]);
    project.put_resources(["a", "b", "c"].map(put)).unwrap().all_ok().unwrap();
    let tagged = ResourceCondition::Tags(SetPredicate::AllOf(vec!["t".to_owned()]));
    let reader = project.read().unwrap();
    let of_v = in_views([SetPredicate::AllOf(vec!["v"])]);
    assert_eq!(found(&reader, &of_v), ["a", "b", "stray"]);
    assert_eq!(found(&reader, &of_v.clone().and(tagged.clone())), ["a", "b"]);
    assert_eq!(found(&reader, &in_no_view().and(tagged)), ["c"]);
    let by_key = ResourceCondition::Key(TextPredicate::StartsWith("s".to_owned()));
    assert_eq!(found(&reader, &of_v.clone().and(by_key)), ["stray"]);
    // The registry has the registered ones.
    let paging = Paging::first(9).sort(ResourceSort::Name);
    let page = reader.resources(ResourceType::Flag, &of_v, paging).unwrap();
    assert_eq!((page.total, page.items[0].name.as_str()), (2, "a"));
    // Links can be made with it.
    let rest = Batch::matching(ResourceType::Flag, in_no_view());
    assert_eq!(project.link("w", rest).unwrap().success_count(), 1);
    assert_eq!(found(&project.read().unwrap(), &in_no_view()), [""; 0]);
}

#[test]
fn a_missing_view_and_an_invalid_key_are_errors() {
    let (_store, project) = two_views();
    let reader = project.read().unwrap();
    let of = |view| in_views([SetPredicate::NoneOf(vec![view])]);
    let find = |filter: &ResourceFilter| {
        reader.find_resources(ResourceType::Flag, filter, Paging::first(1))
    };
    assert!(matches!(find(&of("never")), Err(Error::UnknownView { .. })));
    let bad = ResourceFilter::all().in_views(SetPredicate::AnyOf(vec!["no key"]));
    assert!(matches!(bad, Err(Error::InvalidKey { .. })));
    for (first, second) in [("v", "never"), ("never", "v")] {
        let error = reader.overlap(first, second).unwrap_err();
        assert!(matches!(error, Error::UnknownView { .. }), "{error}");
    }
    let near = reader.near_views("never", 0.5, Paging::first(1));
    assert!(matches!(near, Err(Error::UnknownView { .. })));
}

#[test]
fn cursors_page_through_the_results_and_belong_to_their_list() {
    let (_store, project) = two_views();
    link(&project, "v", &["a", "b", "c", "d", "e"]);
    let reader = project.read().unwrap();
    let filter = in_views([SetPredicate::AllOf(vec!["v"])]);
    let read = |paging| reader.find_resources(ResourceType::Flag, &filter, paging);
    let first = read(Paging::first(2)).unwrap();
    let cursor = first.next.unwrap();
    // A later unlink does not affect a reader.
    project.unlink("v", Batch::flags(["b", "d"])).unwrap().all_ok().unwrap();
    let later = project.read().unwrap();
    let rest = later.find_resources(ResourceType::Flag, &filter, Paging::after(cursor.clone(), 9));
    let rest: Page<Resource> = rest.unwrap();
    assert_eq!((rest.items, rest.total), (vec![flag("c"), flag("e")], 3));
    let other = reader.find_resources(ResourceType::Metric, &filter, Paging::after(cursor, 9));
    assert!(matches!(other, Err(Error::InvalidCursor { .. })));
}

#[test]
fn large_sets_give_the_same_answers_as_small_ones() {
    let store = memory();
    let project = project(&store);
    ["v", "w", "x", "small"].iter().for_each(|view| create(&project, view));
    link_numbers(&project, "v", 0..LARGE);
    link_numbers(&project, "w", (0..2 * LARGE).filter(|number| number % 3 != 0));
    link_numbers(&project, "x", LARGE / 2..2 * LARGE);
    link_numbers(&project, "small", (0..2 * LARGE).step_by(40));
    project.unlink("v", Batch::flags(numbered(100..200))).unwrap().all_ok().unwrap();
    let set = |numbers: &mut dyn Iterator<Item = usize>| numbers.collect::<BTreeSet<usize>>();
    let of_v = set(&mut (0..LARGE).filter(|number| !(100..200).contains(number)));
    let of_w = set(&mut (0..2 * LARGE).filter(|number| number % 3 != 0));
    let of_x = set(&mut (LARGE / 2..2 * LARGE));
    let of_small = set(&mut (0..2 * LARGE).step_by(40));
    let expect = |numbers: Vec<usize>| numbered(numbers).collect::<Vec<_>>();
    let reopened = {
        let dir = tempfile::tempdir().unwrap();
        store.backup_to(dir.path().join("copy")).unwrap();
        let copy = viewlink::Options::new().read_only(true).open(dir.path().join("copy")).unwrap();
        assert_clean(&copy);
        copy.project("p").unwrap().read().unwrap()
    };
    for reader in [project.read().unwrap(), reopened] {
        let all = in_views([SetPredicate::AllOf(vec!["v", "w"]), SetPredicate::NoneOf(vec!["x"])]);
        let both: Vec<usize> = of_v.intersection(&of_w).copied().collect();
        let expected = both.iter().filter(|number| !of_x.contains(number)).copied();
        assert_eq!(found(&reader, &all), expect(expected.collect()));
        let any = in_views([SetPredicate::AnyOf(vec!["v", "x"]), SetPredicate::AllOf(vec!["w"])]);
        let expected = of_v.union(&of_x).filter(|number| of_w.contains(number)).copied();
        assert_eq!(found(&reader, &any), expect(expected.collect()));
        let mixed = in_views([SetPredicate::AllOf(vec!["v", "small"])]);
        let expected = of_v.intersection(&of_small).copied();
        assert_eq!(found(&reader, &mixed), expect(expected.collect()));
        let overlap = reader.overlap("v", "w").unwrap();
        assert_eq!(overlap.both.total(), both.len() as u64);
        assert_eq!(overlap.either(), of_v.union(&of_w).count() as u64);
        // After the middle of a list only the requested part is read, and the total is the same.
        let paging = Paging::first(1).offset(1_000);
        let page = reader.find_resources(ResourceType::Flag, &all, paging).unwrap();
        assert_eq!(page.total, found(&reader, &all).len() as u64);
        assert_eq!(page.items[0].key().as_str(), found(&reader, &all)[1_000]);
    }
    assert_clean(&store);
}

#[test]
fn resources_of_a_large_deleted_view_are_in_no_view_at_once() {
    let (_store, project) = two_views();
    // Removing from the posting lists takes more than one change.
    link_numbers(&project, "v", 0..LARGE);
    link_numbers(&project, "w", 0..3);
    project.put_resources(numbered(0..LARGE).map(NewResource::flag)).unwrap().all_ok().unwrap();
    project.delete_view("v").unwrap();
    let reader = project.read().unwrap();
    assert_eq!(found(&reader, &in_no_view()).len(), LARGE - 3);
    let only_w = in_views([SetPredicate::Exactly(vec!["w"])]);
    assert_eq!(found(&reader, &only_w).len(), 3);
    assert_eq!(found(&reader, &ResourceFilter::all()).len(), LARGE);
    let first = Resource::flag(&numbered([5]).next().unwrap()).unwrap();
    let linking = ViewFilter::all().linking(SetPredicate::AnyOf(vec![first]));
    assert_eq!(reader.views_matching(&linking, Paging::first(9)).unwrap().total, 0);
}

#[test]
fn views_have_all_any_none_or_exactly_these_resources() {
    let (_store, project) = two_views();
    create(&project, "x");
    let segments = |keys: &[&str]| Batch::segments(keys.iter().map(|key| ("env", *key)));
    project.link("v", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
    project.link("w", Batch::flags(["b"])).unwrap().all_ok().unwrap();
    project.link("w", segments(&["b"])).unwrap().all_ok().unwrap();
    let (a, b, segment) = (flag("a"), flag("b"), Resource::segment("env", "b").unwrap());
    let never = flag("never");
    use SetPredicate::{AllOf, AnyOf, Exactly, NoneOf};
    let reader = project.read().unwrap();
    for (test, expected) in [
        (AllOf(vec![b.clone()]), "v w"),
        (AllOf(vec![b.clone(), segment.clone()]), "w"),
        (AllOf(vec![b.clone(), never.clone()]), ""),
        (AllOf(vec![]), "v w x"),
        (AnyOf(vec![a.clone(), segment, never.clone()]), "v w"),
        (AnyOf(vec![never.clone()]), ""),
        (NoneOf(vec![a.clone(), never.clone()]), "w x"),
        (Exactly(vec![b.clone(), a, b.clone()]), "v"),
        (Exactly(vec![b]), ""),
        (Exactly(vec![]), "x"),
        (Exactly(vec![never]), ""),
    ] {
        let filter = ViewFilter::all().linking(test.clone());
        for sort in [ViewSort::Key, ViewSort::Name] {
            let page = reader.views_matching(&filter, Paging::first(9).sort(sort)).unwrap();
            let keys: Vec<&str> = page.items.iter().map(|view| view.key.as_str()).collect();
            assert_eq!((keys.join(" "), page.total), (expected.to_owned(), keys.len() as u64));
        }
    }
    let named = ViewFilter::parse("key startsWith w").unwrap();
    let both = named.linking(AllOf(vec![flag("b")]));
    assert_eq!(reader.views_matching(&both, Paging::first(9)).unwrap().total, 1);
}

#[test]
fn views_are_near_from_a_threshold() {
    let (_store, project) = two_views();
    ["same", "empty", "half"].iter().for_each(|view| create(&project, view));
    link(&project, "v", &["a", "b", "c", "d"]);
    link(&project, "same", &["a", "b", "c", "d"]);
    link(&project, "w", &["a", "b", "c"]);
    link(&project, "half", &["a", "b"]);
    let reader = project.read().unwrap();
    let near = |view, at_least| {
        let page = reader.near_views(view, at_least, Paging::first(9)).unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        page.items.iter().map(|near| near.key.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(near("v", 1.0), "same");
    assert_eq!(near("v", 0.75), "same w");
    assert_eq!(near("v", 0.5), "half same w");
    assert_eq!(near("v", -1.0), "half same w");
    assert_eq!((near("v", f64::NAN), near("empty", 0.0)), (String::new(), String::new()));
    let overlap = reader.overlap("empty", "empty").unwrap();
    assert_eq!((overlap.either(), overlap.jaccard()), (0, 1.0));
    assert_eq!(reader.overlap("v", "empty").unwrap().jaccard(), 0.0);
    let first = reader.near_views("v", 0.1, Paging::first(2)).unwrap();
    let rest = reader.near_views("v", 0.1, Paging::after(first.next.unwrap(), 2)).unwrap();
    assert_eq!((rest.items[0].key.as_str(), rest.total), ("w", 3));
}
