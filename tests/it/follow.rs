//! Filters that views follow.

use viewlink::{
    Action, Batch, ChangeKind, Error, FailureCode, LinkChange, NewResource, NewView, Options,
    Project, ResourceCondition, ResourceFilter, ResourceType, SetPredicate, Store, Unfollow,
};

use crate::support::{
    assert_clean_and_replayed, assert_plain, create, flag, flags, journal, link, outcomes, pairs,
    revision, two_views,
};

const FLAG: ResourceType = ResourceType::Flag;

fn filter(text: &str) -> ResourceFilter {
    ResourceFilter::parse(FLAG, text).unwrap()
}

fn put(project: &Project, key: &str, tags: &[&str]) -> viewlink::Report {
    project.put_resources([NewResource::flag(key).tags(tags.iter().copied())]).unwrap()
}

fn follow(project: &Project, view: &str, text: &str) {
    project.follow(view, FLAG, filter(text)).unwrap().all_ok().unwrap();
}

/// The views `v` and `w`; `v` follows a filter for a tag. Flags with and without the tag; `c` is also linked by key.
fn following() -> (Store, Project) {
    let (store, project) = two_views();
    link(&project, "v", &["c"]);
    for (key, tags) in [("a", &["t"][..]), ("b", &["t"]), ("c", &[]), ("d", &[])] {
        put(&project, key, tags).all_ok().unwrap();
    }
    let report = project.follow("v", FLAG, filter("tags:t")).unwrap();
    assert_eq!(report.action(), Action::Follow);
    assert_eq!(outcomes(&report), pairs(&[("a", "linked"), ("b", "linked")]));
    assert_eq!(flags(&store, "v"), ["c", "a", "b"]);
    (store, project)
}

/// The part of a report about following views: view, linked, unlinked.
fn followed(report: &viewlink::Report) -> Vec<String> {
    let keys = |of: &[viewlink::Resource]| -> String {
        of.iter().map(|resource| format!(" {resource}")).collect()
    };
    let part = |part: &viewlink::ChangedLinks| {
        assert!(part.holds.by_filter);
        format!("{}:{} /{}", part.view, keys(&part.linked), keys(&part.unlinked))
    };
    report.followed().iter().map(part).collect()
}

#[test]
fn a_put_updates_followed_links_in_the_same_change_and_reports_them() {
    let (store, project) = following();
    let before = revision(&store);
    let resources = [
        NewResource::flag("a"),
        NewResource::flag("d").tags(["t"]),
        NewResource::flag("c").tags(["t"]),
        NewResource::flag("e").tags(["other"]),
    ];
    let report = project.put_resources(resources).unwrap();
    assert_eq!(followed(&report), ["v: d / a"]);
    assert_eq!(flags(&store, "v"), ["c", "b", "d"]);
    assert_eq!(revision(&store), before + 1);
    let ChangeKind::Steps { steps } = journal(&store).pop().unwrap().kind else { panic!() };
    assert!(matches!(steps[0], ChangeKind::ResourcesPut { .. }));
    let ChangeKind::LinksChanged { view, linked, unlinked, holds, .. } = &steps[1] else {
        panic!()
    };
    assert_eq!((view.as_str(), holds.by_filter), ("v", true));
    assert_eq!((linked.as_slice(), unlinked.as_slice()), (&[flag("d")][..], &[flag("a")][..]));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_link_made_by_key_stays_when_the_filter_no_longer_finds_it() {
    let (store, project) = following();
    // One link existed before, one was made by the filter and then by key, one by key and then by the filter.
    let report = project.link("v", Batch::flags(["a", "d"])).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("a", "already"), ("d", "linked")]));
    let ChangeKind::LinksChanged { linked, holds, .. } = journal(&store).pop().unwrap().kind else {
        panic!()
    };
    assert_eq!((linked, holds.held), (vec![flag("d")], vec![flag("a")]));
    put(&project, "d", &["t"]).all_ok().unwrap();
    for key in ["a", "b", "c", "d"] {
        put(&project, key, &["gone"]).all_ok().unwrap();
    }
    assert_eq!(flags(&store, "v"), ["c", "a", "d"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn linking_by_key_a_link_of_a_filter_is_a_change_once_unless_existing_links_are_refused() {
    let (store, project) = following();
    let before = revision(&store);
    let report = project.link("v", Batch::flags(["a"]).refuse_existing()).unwrap();
    assert_eq!((report.failure_count(), revision(&store)), (1, before));
    assert_eq!(project.link("v", Batch::flags(["a"])).unwrap().revision(), Some(before + 1));
    assert_eq!(project.link("v", Batch::flags(["a"])).unwrap().revision(), None);
}

#[test]
fn unlinking_a_link_that_only_the_filter_holds_fails_for_that_key() {
    let (store, project) = following();
    project.link("v", Batch::flags(["b"])).unwrap().all_ok().unwrap();
    let report = project.unlink("v", Batch::flags(["a", "b", "c", "d"])).unwrap();
    let expected =
        [("a", "held_by_filter"), ("b", "released"), ("c", "unlinked"), ("d", "not_linked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    assert_eq!(flags(&store, "v"), ["a", "b"]);
    let failed = report.failures().next().unwrap();
    assert_eq!(failed.code(), FailureCode::HeldByFilter);
    assert_plain(&failed.to_string());
    let ChangeKind::LinksChanged { unlinked, holds, .. } = journal(&store).pop().unwrap().kind
    else {
        panic!()
    };
    assert_eq!((unlinked, holds.released), (vec![flag("c")], vec![flag("b")]));
    // Now only the filter holds it.
    let report = project.unlink("v", Batch::flags(["b"])).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("b", "held_by_filter")]));
    put(&project, "b", &[]).all_ok().unwrap();
    assert_eq!(flags(&store, "v"), ["a"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_replacement_does_not_change_links_of_the_filter() {
    let (store, project) = following();
    project.link("v", Batch::flags(["b", "x"])).unwrap().all_ok().unwrap();
    let report = project.replace("v", Batch::flags(["x", "y"])).unwrap();
    let expected = [("x", "already"), ("y", "linked"), ("b", "released"), ("c", "unlinked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    assert_eq!(flags(&store, "v"), ["a", "b", "x", "y"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn removing_a_resource_removes_its_links_of_keys_and_filters() {
    let (store, project) = following();
    project.link("v", Batch::flags(["b"])).unwrap().all_ok().unwrap();
    for key in ["a", "b"] {
        assert_eq!(project.remove_resource(&flag(key)).unwrap().links, 1);
    }
    assert_eq!(flags(&store, "v"), ["c"]);
    // An unregistered resource is linked by key, and no filter finds it.
    link(&project, "v", &["a"]);
    project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    assert_clean_and_replayed(&store);
}

#[test]
fn another_filter_replaces_the_first_one() {
    let (store, project) = following();
    put(&project, "c", &["t", "u"]).all_ok().unwrap();
    put(&project, "d", &["u"]).all_ok().unwrap();
    let report = project.follow("v", FLAG, filter("tags:u")).unwrap();
    let expected = [("a", "unlinked"), ("b", "unlinked"), ("c", "already"), ("d", "linked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    let again = project.follow("v", FLAG, filter("tags:u")).unwrap();
    assert_eq!((again.revision(), again.len()), (None, 0));
    put(&project, "c", &[]).all_ok().unwrap();
    assert_eq!(flags(&store, "v"), ["c", "d"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn ending_a_filter_keeps_or_removes_its_links() {
    for (how, left) in
        [(Unfollow::KeepLinks, &["c", "a", "b"][..]), (Unfollow::RemoveLinks, &["c", "b"])]
    {
        let (store, project) = following();
        project.link("v", Batch::flags(["b"])).unwrap().all_ok().unwrap();
        let report = project.unfollow("v", FLAG, how).unwrap();
        let out =
            if how == Unfollow::RemoveLinks { pairs(&[("a", "unlinked")]) } else { Vec::new() };
        assert_eq!((report.action(), outcomes(&report)), (Action::Unfollow, out));
        assert_eq!(flags(&store, "v"), left);
        let view = project.read().unwrap().view("v").unwrap();
        assert!(view.follows.is_empty());
        assert_eq!(Some(view.revision), report.revision());
        // Keys hold all remaining links.
        put(&project, "d", &["t"]).all_ok().unwrap();
        project.unlink("v", Batch::flags(left.iter().copied())).unwrap().all_ok().unwrap();
        assert_eq!(project.unfollow("v", FLAG, how).unwrap().revision(), None);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn ending_a_filter_can_keep_resources_in_their_last_views() {
    let (store, project) = following();
    link(&project, "w", &["b"]);
    let report = project.unfollow("v", FLAG, Unfollow::RemoveLinksKeepLastView).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("a", "last_view"), ("b", "unlinked")]));
    assert_eq!(flags(&store, "v"), ["c", "a"]);
    project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    assert_clean_and_replayed(&store);
}

#[test]
fn filters_that_name_views_follow_each_other_in_the_same_change() {
    let (store, project) = two_views();
    create(&project, "x");
    for (key, tags) in [("a", &["t"][..]), ("b", &["t", "u"]), ("c", &["u"])] {
        put(&project, key, tags).all_ok().unwrap();
    }
    follow(&project, "v", "tags:t");
    follow(&project, "w", "view:v");
    follow(&project, "x", "view notEquals w");
    assert_eq!([flags(&store, "w"), flags(&store, "x")], [vec!["a", "b"], vec!["c"]]);
    let before = revision(&store);
    // A change of the registry affects all of them.
    let report = put(&project, "a", &[]);
    assert_eq!(followed(&report), ["v: / a", "w: / a", "x: a /"]);
    // So does a link by key.
    let report = project.link("v", Batch::flags(["c"])).unwrap();
    assert_eq!(followed(&report), ["w: c /", "x: / c"]);
    let ChangeKind::ManyLinksChanged { parts } = journal(&store).pop().unwrap().kind else {
        panic!()
    };
    assert_eq!(
        parts.iter().map(|part| part.holds.by_filter).collect::<Vec<_>>(),
        [false, true, true]
    );
    // So does the deletion of a view: then it has no links.
    let deleted = project.delete_view("v").unwrap();
    assert_eq!((deleted.followed.len(), revision(&store)), (2, before + 3));
    assert!(flags(&store, "w").is_empty());
    assert_eq!(flags(&store, "x"), ["a", "b", "c"]);
    // And a new view with the same key.
    create(&project, "v");
    link(&project, "v", &["b"]);
    assert_eq!([flags(&store, "w"), flags(&store, "x")], [vec!["b"], vec!["a", "c"]]);
    assert_clean_and_replayed(&store);
}

#[test]
fn the_report_of_each_batch_has_its_followed_changes() {
    let (store, project) = two_views();
    put(&project, "a", &[]).all_ok().unwrap();
    follow(&project, "w", "view:v");
    let reports = project
        .change_links([
            LinkChange::link("v", Batch::flags(["a"])),
            LinkChange::unlink("w", Batch::flags(["a"])),
            LinkChange::unlink("v", Batch::flags(["a"])),
        ])
        .unwrap();
    let reported: Vec<_> = reports.iter().map(followed).collect();
    assert_eq!(reported, [vec!["w: a /"], vec![], vec!["w: / a"]]);
    assert_eq!(outcomes(&reports[1]), pairs(&[("a", "held_by_filter")]));
    assert!(flags(&store, "w").is_empty());
    assert_clean_and_replayed(&store);
}

#[test]
fn the_guard_of_last_views_considers_followed_changes() {
    let (store, project) = two_views();
    put(&project, "a", &[]).all_ok().unwrap();
    link(&project, "v", &["a"]);
    follow(&project, "w", "view:v");
    assert_eq!(flags(&store, "w"), ["a"]);
    let guarded = || Batch::flags(["a"]).keep_last_view();
    // The link to `w` would also be removed.
    let report = project.unlink("v", guarded()).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("a", "last_view")]));
    follow(&project, "w", "key = a");
    let report = project.unlink("v", guarded()).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("a", "unlinked")]));
    assert_clean_and_replayed(&store);
}

#[test]
fn circular_filters_are_refused_for_each_type() {
    let (store, project) = two_views();
    create(&project, "x");
    follow(&project, "v", "view:w");
    follow(&project, "w", "view notEquals x");
    let before = revision(&store);
    for (view, text, by) in [
        ("v", "view:v", "v"),
        ("x", "view:v", "v"),
        ("x", "tags:t,view anyOf [w, v]", "v"),
        ("w", "view:v", "v"),
    ] {
        let error = project.follow(view, FLAG, filter(text)).unwrap_err();
        assert!(
            matches!(&error, Error::CircularFilter { named, .. } if named.as_str() == by),
            "{error:?}"
        );
        assert_plain(&error.to_string());
    }
    assert_eq!(revision(&store), before);
    let segments = ResourceFilter::parse(ResourceType::Segment, "view = v").unwrap();
    project.follow("x", ResourceType::Segment, segments).unwrap().all_ok().unwrap();
    let error = project.follow("v", FLAG, filter("view:nobody")).unwrap_err();
    assert!(matches!(error, Error::UnknownView { .. }), "{error:?}");
    // A filter may name a deleted view; a new view with that key may complete a circle again.
    project.delete_view("w").unwrap();
    follow(&project, "x", "view:v");
    create(&project, "w");
    let error = project.follow("w", FLAG, filter("view:x")).unwrap_err();
    assert!(matches!(error, Error::CircularFilter { .. }), "{error:?}");
    assert_clean_and_replayed(&store);
}

#[test]
fn followed_changes_count_for_the_limit_of_a_batch() {
    let store = Options::new().batch_limit(3).open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    for view in ["v", "w", "x"] {
        project.create_view(NewView::new(view, view)).unwrap();
    }
    follow(&project, "v", "tags:t");
    follow(&project, "w", "view:v");
    let flags =
        |count| (0..count).map(|number| NewResource::flag(format!("f{number}")).tags(["t"]));
    let too_large = |answer: viewlink::Result<viewlink::Report>, keys| match answer {
        Err(Error::BatchTooLarge { keys: found, limit: 3 }) => assert_eq!(found, keys),
        other => panic!("{other:?}"),
    };
    too_large(project.put_resources(flags(2)), 6);
    assert_eq!(revision(&store), 5);
    project.put_resources(flags(1)).unwrap().all_ok().unwrap();
    too_large(
        project.follow("x", FLAG, filter("view:v")).and_then(|_| project.put_resources(flags(2))),
        5,
    );
    too_large(
        project
            .unfollow("v", FLAG, Unfollow::RemoveLinks)
            .and_then(|_| project.link("v", Batch::flags(["f0", "a"]))),
        4,
    );
}

#[test]
fn a_followed_filter_has_the_size_limit_of_a_text() {
    let (store, project) = two_views();
    let tags = |count: usize, length: usize| {
        let tags = (0..count).map(|number| format!("{number:0length$}")).collect();
        ResourceFilter::all().and(ResourceCondition::Tags(SetPredicate::AnyOf(tags)))
    };
    for filter in [tags(1_001, 4), tags(10, 7_000)] {
        let error = project.follow("v", FLAG, filter).unwrap_err();
        assert!(matches!(error, Error::TooLong { what: "standing filter", .. }), "{error:?}");
    }
    project.follow("v", FLAG, tags(1_000, 65)).unwrap().all_ok().unwrap();
    assert_clean_and_replayed(&store);
}

#[test]
fn preconditions_and_dry_runs_apply_to_filters() {
    let (store, project) = following();
    let before = revision(&store);
    let late = project.if_view_at(before - 1).unfollow("v", FLAG, Unfollow::RemoveLinks);
    assert!(matches!(late, Err(Error::RevisionDiffers { .. })), "{late:?}");
    let dry = project.dry_run().unfollow("v", FLAG, Unfollow::RemoveLinks).unwrap();
    assert_eq!(outcomes(&dry), pairs(&[("a", "unlinked"), ("b", "unlinked")]));
    assert_eq!((dry.revision(), revision(&store)), (None, before));
    let noted = project.actor("ann").comment("why").if_view_at(before);
    noted.follow("v", FLAG, filter("tags:u")).unwrap().all_ok().unwrap();
    let change = journal(&store).pop().unwrap();
    assert_eq!((change.actor.as_deref(), change.comment.as_deref()), (Some("ann"), Some("why")));
    let ChangeKind::Steps { steps } = change.kind else { panic!() };
    let ChangeKind::Followed { view, filter: reported, .. } = &steps[0] else { panic!() };
    assert_eq!((view.as_str(), reported), ("v", &filter("tags:u")));
}
