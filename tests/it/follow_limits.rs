//! Filters that views follow: their limits, and views that name each other.

use viewlink::{
    Batch, Error, MAX_FILTER_LEN, NewResource, NewView, Options, Project, Report,
    ResourceCondition, ResourceFilter, ResourceType, Result, SetPredicate, Store, Unfollow,
};

use crate::support::{flags, link, outcomes, pairs, revision, two_views};

const FLAG: ResourceType = ResourceType::Flag;

/// Views `v` and `w` of a store that takes changes of up to three links.
fn limited() -> (Store, Project) {
    let store = Options::new().batch_limit(3).open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    for view in ["v", "w"] {
        project.create_view(NewView::new(view, view)).unwrap();
    }
    (store, project)
}

fn put(project: &Project, key: &str, tags: &[&str]) {
    let resource = NewResource::flag(key).tags(tags.iter().copied());
    project.put_resources([resource]).unwrap().all_ok().unwrap();
}

fn follow(project: &Project, view: &str, text: &str) -> Result<Report> {
    project.follow(view, FLAG, ResourceFilter::parse(FLAG, text).unwrap())
}

#[track_caller]
fn assert_four_are_too_many(answer: Result<Report>) {
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { keys: 4, limit: 3 }), "{error:?}");
}

#[test]
fn links_that_a_filter_finds_linked_count_for_the_limit_with_those_that_it_adds() {
    let (_store, project) = limited();
    link(&project, "v", &["a"]);
    for key in ["a", "b", "c", "d"] {
        put(&project, key, &["t"]);
    }
    assert_four_are_too_many(follow(&project, "v", "tags:t"));
}

#[test]
fn links_that_end_with_a_filter_count_for_the_limit_with_those_of_filters_that_follow() {
    let (_store, project) = limited();
    follow(&project, "v", "tags:t").unwrap().all_ok().unwrap();
    follow(&project, "w", "view:v,tags:u").unwrap().all_ok().unwrap();
    for (key, tags) in [("a", &["t", "u"][..]), ("b", &["t"]), ("c", &["t"])] {
        put(&project, key, tags);
    }
    assert_four_are_too_many(project.unfollow("v", FLAG, Unfollow::RemoveLinks));
}

#[test]
fn the_largest_standing_filter_has_exactly_the_limit_of_bytes() {
    let (_store, project) = two_views();
    let tagged = |length| {
        let tag = SetPredicate::AnyOf(vec!["t".repeat(length)]);
        ResourceFilter::all().and(ResourceCondition::Tags(tag))
    };
    project.follow("v", FLAG, tagged(MAX_FILTER_LEN)).unwrap().all_ok().unwrap();
    let error = project.follow("v", FLAG, tagged(MAX_FILTER_LEN + 1)).unwrap_err();
    assert!(matches!(error, Error::TooLong { what: "standing filter", .. }), "{error:?}");
}

#[test]
fn a_view_keeps_its_own_filter_when_one_that_it_names_begins_to_follow_another() {
    let (store, project) = two_views();
    put(&project, "a", &["t"]);
    put(&project, "b", &["t", "u"]);
    follow(&project, "w", "view:v,tags:u").unwrap().all_ok().unwrap();
    follow(&project, "v", "tags:t").unwrap().all_ok().unwrap();
    assert_eq!(
        (flags(&store, "v"), flags(&store, "w")),
        (vec!["a".into(), "b".into()], vec!["b".to_owned()])
    );
}

#[test]
fn a_view_with_a_filter_that_is_moved_to_itself_does_not_change() {
    let (store, project) = two_views();
    put(&project, "a", &["t"]);
    follow(&project, "v", "tags:t").unwrap().all_ok().unwrap();
    let before = revision(&store);
    let reports = project.move_links("v", "v", [Batch::flags(["a"])]).unwrap();
    assert_eq!(outcomes(&reports[0]), pairs(&[("a", "already")]));
    assert_eq!(revision(&store), before);
}
