//! Filters that views follow, together with undo, renaming, copying, moving and registration.

use viewlink::{
    Attribute, AttributeValue, Batch, Error, HistoryEvent, HistoryPaging, LinkChange, NewResource,
    Options, Paging, Project, Resource, ResourceCondition, ResourceFilter, ResourceType,
    SetPredicate, Snapshot, Store, Unfollow, ViewPatch,
};

use crate::support::{
    assert_clean_and_replayed, assert_plain, create, flag, flags, link, outcomes, pairs, revision,
    two_views,
};

const FLAG: ResourceType = ResourceType::Flag;

fn filter(text: &str) -> ResourceFilter {
    ResourceFilter::parse(FLAG, text).unwrap()
}

fn put(project: &Project, key: &str, tags: &[&str]) {
    let put = NewResource::flag(key).tags(tags.iter().copied());
    project.put_resources([put]).unwrap().all_ok().unwrap();
}

fn follow(project: &Project, view: &str, text: &str) {
    project.follow(view, FLAG, filter(text)).unwrap().all_ok().unwrap();
}

/// The views `v`, which follows a tag, and `w`, which follows `v`; the flag `a` has the tag.
fn chained() -> (Store, Project) {
    let (store, project) = two_views();
    put(&project, "a", &["t"]);
    follow(&project, "v", "tags:t");
    follow(&project, "w", "view:v");
    (store, project)
}

/// The links of a view with their times and revisions, and the filters that it follows.
fn content(snapshot: &Snapshot, view: &str) -> String {
    let reader = snapshot.project("p").unwrap();
    let page = reader.linked_resources(view, FLAG, Paging::first(10)).unwrap();
    let links = page.items.iter().map(|link| format!("{}@{} ", link.resource, link.linked_at));
    let follows = reader.view(view).unwrap().follows;
    let follows = follows.iter().map(|of| format!("{}", of.filter));
    links.chain(follows).collect()
}

fn both(store: &Store) -> [String; 2] {
    let snapshot = store.snapshot().unwrap();
    ["v", "w"].map(|view| content(&snapshot, view))
}

#[test]
fn changes_of_filters_are_undone_and_redone_with_their_causes() {
    let (store, project) = chained();
    let tagged = ["a@", "a@"].map(String::from);
    let first = both(&store);
    assert!(first.iter().zip(&tagged).all(|(is, begins)| is.starts_with(begins)), "{first:?}");
    type Change = fn(&Project);
    let changes: [(&str, Change); 7] = [
        ("untag", |project| put(project, "a", &[])),
        ("tag", |project| put(project, "b", &["t"])),
        ("follow", |project| follow(project, "v", "tags:u")),
        ("unfollow", |project| {
            project.unfollow("v", FLAG, Unfollow::RemoveLinks).unwrap().all_ok().unwrap();
        }),
        ("keep", |project| {
            project.unfollow("v", FLAG, Unfollow::KeepLinks).unwrap().all_ok().unwrap();
        }),
        ("delete", |project| drop(project.delete_view("v").unwrap())),
        ("remove", |project| _ = project.remove_resource(&flag("a")).unwrap()),
    ];
    for (what, change) in changes {
        let (before, at) = (both(&store), revision(&store));
        change(&project);
        let changed = revision(&store);
        assert_eq!(changed, at + 1, "{what}");
        let undone = project.revert(changed).unwrap();
        assert_eq!(undone.failures, [], "{what}");
        assert_eq!(both(&store), before, "{what}");
        let redone = project.revert(undone.revision().unwrap()).unwrap();
        assert_eq!(redone.failures, [], "{what}");
        assert_eq!(project.revert(redone.revision().unwrap()).unwrap().failures, [], "{what}");
        assert_eq!(both(&store), before, "{what}");
        let then = store.snapshot_at(at).unwrap();
        assert_eq!(["v", "w"].map(|view| content(&then, view)), before, "{what}");
    }
    assert_clean_and_replayed(&store);
}

#[test]
fn an_undo_reports_followed_changes_and_a_history_has_filters() {
    let (store, project) = chained();
    put(&project, "a", &[]);
    let undone = project.revert(revision(&store)).unwrap();
    let followed: Vec<_> = undone.followed.iter().map(|part| part.view.as_str()).collect();
    assert_eq!((followed, undone.success_count), (vec!["v", "w"], 1));
    let reader = project.read().unwrap();
    let history = reader.view_history("v", HistoryPaging::newest(100)).unwrap();
    let events = history.entries.iter().rev().flat_map(|entry| &entry.events);
    let events: Vec<String> = events.map(HistoryEvent::to_string).collect();
    assert!(events.contains(&r#"view v follows flags with tags contains ["t"]"#.to_owned()));
    let linked = events.iter().filter(|event| *event == "a linked to v").count();
    assert_eq!(linked, 2, "{events:?}");
}

#[test]
fn a_view_is_restored_with_its_filter() {
    let (store, project) = chained();
    let (before, at) = (both(&store), revision(&store));
    project.unfollow("v", FLAG, Unfollow::RemoveLinks).unwrap().all_ok().unwrap();
    link(&project, "v", &["z"]);
    assert_eq!(project.revert_to("v", at).unwrap().failures, []);
    assert_eq!(both(&store)[0], before[0]);
    assert_eq!(flags(&store, "w"), ["a"]);
    assert_eq!(project.revert_to("v", at).unwrap().change, None);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_filter_that_changed_since_is_not_reverted() {
    let (store, project) = two_views();
    follow(&project, "v", "tags:t");
    let followed = revision(&store);
    follow(&project, "v", "tags:u");
    let failures = project.revert(followed).unwrap().failures;
    assert_eq!(failures[0].to_string(), "view v: changed again later (changed_since)");
    // By then the view that the filter named follows the first one.
    follow(&project, "v", "view:w");
    let named = revision(&store);
    project.unfollow("v", FLAG, Unfollow::RemoveLinks).unwrap().all_ok().unwrap();
    follow(&project, "w", "view:v");
    let failures = project.revert(named + 1).unwrap().failures;
    assert_eq!(failures[0].to_string(), "view v: changed again later (changed_since)");
    assert_clean_and_replayed(&store);
}

#[test]
fn a_filter_for_exactly_some_views_cannot_be_followed() {
    let (store, project) = two_views();
    let before = revision(&store);
    for views in [vec!["w"], vec![]] {
        let filter = ResourceFilter::all().in_views(SetPredicate::Exactly(views)).unwrap();
        let error = project.follow("v", FLAG, filter).unwrap_err();
        assert!(
            matches!(&error, Error::UnsupportedStandingFilter { view } if view.as_str() == "v")
        );
        assert_plain(&error.to_string());
    }
    assert_eq!(revision(&store), before);
    let tags = SetPredicate::Exactly(vec!["t".to_owned()]);
    let exactly = ResourceFilter::all().and(ResourceCondition::Tags(tags));
    project.follow("v", FLAG, exactly).unwrap().all_ok().unwrap();
    put(&project, "a", &["t"]);
    put(&project, "b", &["t", "u"]);
    assert_eq!(flags(&store, "v"), ["a"]);
}

#[test]
fn a_view_named_by_a_filter_cannot_be_renamed_or_replaced() {
    let (store, project) = chained();
    create(&project, "x");
    let named = |answer: viewlink::Result<viewlink::View>| {
        let error = answer.unwrap_err();
        let tells = matches!(&error, Error::NamedByFilter { view, by }
            if (view.as_str(), by.as_str()) == ("v", "w"));
        assert!(tells, "{error:?}");
        assert_plain(&error.to_string());
    };
    named(project.rename_view("v", "y"));
    // The following view may get another key.
    project.rename_view("w", "w-new").unwrap();
    project.rename_view("w-new", "w").unwrap();
    put(&project, "b", &["t"]);
    assert_eq!(flags(&store, "w"), ["a", "b"]);
    project.delete_view("v").unwrap();
    named(project.rename_view("x", "v"));
    named(project.copy_view("x", "v", ViewPatch::new()));
    // An earlier rename cannot be undone if a filter names the old key now.
    project.rename_view("x", "y").unwrap();
    let renamed = revision(&store);
    create(&project, "x");
    follow(&project, "w", "view:x");
    project.delete_view("x").unwrap();
    let failures = project.revert(renamed).unwrap().failures;
    assert_eq!(failures[0].to_string(), "view y: changed again later (changed_since)");
    assert_clean_and_replayed(&store);
}

#[test]
fn a_copy_has_the_links_and_follows_nothing() {
    let (store, project) = chained();
    project.copy_view("v", "x", ViewPatch::new()).unwrap();
    put(&project, "b", &["t"]);
    assert_eq!(
        (flags(&store, "v"), flags(&store, "x")),
        (vec!["a".into(), "b".into()], vec!["a".into()])
    );
    project.unlink("x", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    assert_clean_and_replayed(&store);
}

#[test]
fn links_of_the_filter_of_a_view_cannot_be_moved() {
    let (store, project) = chained();
    create(&project, "x");
    create(&project, "y");
    project.link("v", Batch::flags(["a", "k"])).unwrap().all_ok().unwrap();
    put(&project, "k", &[]);
    follow(&project, "y", "view:x");
    let reports = project.move_links("v", "x", [Batch::flags(["a", "k"])]).unwrap();
    assert_eq!(outcomes(&reports[0]), pairs(&[("a", "held_by_filter"), ("k", "moved")]));
    let followed: Vec<_> = reports[0].followed().iter().map(|part| part.view.as_str()).collect();
    assert_eq!(followed, ["w", "y"]);
    assert_eq!((flags(&store, "x"), flags(&store, "y")), (vec!["k".into()], vec!["k".to_string()]));
    // Links that only the filter of the other view held there are now held by keys.
    let reports = project.move_links("x", "y", [Batch::flags(["k"])]).unwrap();
    assert_eq!(outcomes(&reports[0]), pairs(&[("k", "unlinked")]));
    assert_eq!(flags(&store, "y"), ["k"]);
    assert_clean_and_replayed(&store);
    let undone = project.revert(revision(&store)).unwrap();
    assert_eq!((undone.failures, flags(&store, "x")), (vec![], vec!["k".into()]));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_registration_that_links_is_followed_in_the_same_change() {
    let (store, project) = chained();
    create(&project, "x");
    follow(&project, "x", "view:w,tags:t");
    let before = revision(&store);
    let new = [NewResource::flag("n").tags(["t"]), NewResource::flag("o")];
    let report = project.register(new, ["v"]).unwrap();
    report.all_ok().unwrap();
    assert_eq!(revision(&store), before + 1);
    assert_eq!(flags(&store, "v"), ["a", "n", "o"]);
    assert_eq!(flags(&store, "w"), ["a", "n", "o"]);
    assert_eq!(flags(&store, "x"), ["a", "n"]);
    // Keys hold both, and the filter also holds the one with the tag.
    let report = project.unlink("v", Batch::flags(["n", "o"])).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("n", "released"), ("o", "unlinked")]));
    assert_eq!(project.revert(before + 1).unwrap().failures.len(), 2);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_filter_on_an_attribute_is_followed_by_its_values() {
    let (store, project) = two_views();
    let status = Attribute::Status;
    let condition = |texts: &[&str]| {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        ResourceFilter::all().and(ResourceCondition::Attribute(status, SetPredicate::AnyOf(texts)))
    };
    project.follow("v", FLAG, condition(&["on", "07"])).unwrap().all_ok().unwrap();
    let put = |value: AttributeValue| {
        let flag = NewResource::flag("a").attribute(status, value);
        project.put_resources([flag]).unwrap().all_ok().unwrap();
        !flags(&store, "v").is_empty()
    };
    let reported = [put("on".into()), put("off".into()), put(7.into()), put(8.into())];
    assert_eq!(reported, [true, false, true, false]);
    assert!(put(AttributeValue::texts(["on", "off"])));
    assert_clean_and_replayed(&store);
}

#[test]
fn an_end_of_a_filter_that_keeps_too_many_links_cannot_be_reverted() {
    let store = Options::new().removal_detail(1).open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    create(&project, "v");
    follow(&project, "v", "tags:t");
    put(&project, "a", &["t"]);
    put(&project, "b", &["t"]);
    project.unfollow("v", FLAG, Unfollow::KeepLinks).unwrap().all_ok().unwrap();
    let error = project.revert(revision(&store)).unwrap_err();
    assert!(matches!(error, Error::DetailNotKept { .. }), "{error:?}");
    let linked = Resource::flag("a").unwrap();
    assert!(project.read().unwrap().is_linked("v", &linked).unwrap());
}

/// The view `v` follows the resources that have the tag and are not in `w`; the flag `x` has the tag. A view `z` has it
/// by key.
fn excluding() -> (Store, Project) {
    let (store, project) = two_views();
    create(&project, "z");
    put(&project, "x", &["t"]);
    link(&project, "z", &["x"]);
    follow(&project, "v", "tags:t,view notEquals w");
    (store, project)
}

fn change(project: &Project, parts: Vec<LinkChange>) -> u64 {
    let reports = project.change_links(parts).unwrap();
    reports.first().unwrap().revision().unwrap()
}

#[test]
fn a_link_that_keys_and_a_filter_held_comes_back_though_the_filter_no_longer_finds_it() {
    let (store, project) = excluding();
    project.link("v", Batch::flags(["x"])).unwrap().all_ok().unwrap();
    let x = || Batch::flags(["x"]);
    let parts = vec![LinkChange::unlink("v", x()), LinkChange::link("w", x())];
    let changed = change(&project, parts);
    put(&project, "x", &[]);
    let undo = project.revert(changed).unwrap();
    assert_eq!(undo.failures, []);
    assert_eq!((flags(&store, "v"), flags(&store, "w")), (vec!["x".to_owned()], vec![]));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_link_that_keys_made_since_stays_theirs_when_a_filter_is_followed_again() {
    let (store, project) = two_views();
    put(&project, "x", &["t"]);
    follow(&project, "v", "tags:t");
    let ended = project.unfollow("v", FLAG, Unfollow::KeepLinks).unwrap().revision().unwrap();
    project.unlink("v", Batch::flags(["x"])).unwrap().all_ok().unwrap();
    link(&project, "v", &["x"]);
    assert_eq!(project.revert(ended).unwrap().failures, []);
    put(&project, "x", &[]);
    assert_eq!(flags(&store, "v"), ["x"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_link_held_by_one_part_and_released_by_the_next_is_undone_without_a_failure() {
    let (store, project) = excluding();
    let x = || Batch::flags(["x"]);
    let parts =
        vec![LinkChange::link("v", x()), LinkChange::unlink("v", x()), LinkChange::link("w", x())];
    let changed = change(&project, parts);
    let undo = project.revert(changed).unwrap();
    assert_eq!(undo.failures, []);
    put(&project, "x", &[]);
    assert!(flags(&store, "v").is_empty(), "only the filter held it");
    assert_clean_and_replayed(&store);
}
