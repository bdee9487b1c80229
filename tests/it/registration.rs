//! New resources: registered and linked to views in one change, if a project requires it.

use viewlink::{
    Batch, ChangeKind, Error, KeyOutcome, LinkPolicy, NewResource, Options, Project,
    ProjectSettings, Report, Resource, ResourceType, Store,
};

use crate::support::{
    assert_clean_and_replayed, assert_counts, create, flag, journal, memory, project, revision,
    two_views, views_of,
};

fn words(report: &Report) -> Vec<&'static str> {
    assert_counts(report);
    let word = |outcome: &KeyOutcome| match outcome {
        KeyOutcome::Registered => "registered",
        KeyOutcome::Failed(reason) => reason.code().as_str(),
        other => panic!("{other:?}"),
    };
    report.outcomes().map(|(_, outcome)| word(outcome)).collect()
}

fn register(project: &Project, resources: &[NewResource], views: &[&str]) -> Vec<&'static str> {
    words(&project.register(resources.to_vec(), views).unwrap())
}

fn counts(store: &Store) -> u64 {
    store.snapshot().unwrap().project("p").unwrap().info().resources.total()
}

#[test]
fn new_resources_are_registered_and_linked_in_one_change() {
    let (store, project) = two_views();
    let before = revision(&store);
    let segment = NewResource::segment_with_id("e", "s", "5f");
    let resources = [NewResource::flag("x").tags(["t"]), segment, NewResource::flag("a-new-one")];
    let report = project.actor("ann").register(resources, ["v", "W", "v"]).unwrap();
    assert_eq!((words(&report), report.revision()), (vec!["registered"; 3], Some(before + 1)));
    for resource in [flag("x"), flag("a-new-one"), Resource::segment("e", "s").unwrap()] {
        assert_eq!(views_of(&store, &resource), ["v", "w"], "{resource}");
    }
    assert_eq!(counts(&store), 3);
    let last = journal(&store).pop().unwrap();
    assert_eq!(last.actor.as_deref(), Some("ann"));
    let ChangeKind::Steps { steps } = last.kind else { panic!("{last:?}") };
    let [ChangeKind::ResourcesPut { resources }, ChangeKind::ManyLinksChanged { parts }] =
        &steps[..]
    else {
        panic!("{steps:?}")
    };
    assert_eq!((resources.len(), resources[0].revision), (3, before + 1));
    let linked = |part: &viewlink::ChangedLinks| {
        (part.view.to_string(), part.resource_type, part.linked.len(), part.unlinked.len())
    };
    let parts: Vec<_> = parts.iter().map(linked).collect();
    let (flags, segments) = (ResourceType::Flag, ResourceType::Segment);
    let expected =
        ["v", "w"].map(|view| [(view.into(), flags, 2, 0), (view.into(), segments, 1, 0)]);
    assert_eq!(parts, expected.concat());
    assert_clean_and_replayed(&store);
}

#[test]
fn a_failed_resource_is_neither_registered_nor_linked_and_does_not_stop_others() {
    let (store, project) = two_views();
    project.put_resources([NewResource::flag("old").name("Old")]).unwrap().all_ok().unwrap();
    let resources = [
        NewResource::flag("old").name("New"),
        NewResource::flag("no key"),
        NewResource::flag("x"),
        NewResource::flag("x"),
        NewResource::metric("long").name("x".repeat(257)),
        NewResource::segment_with_id("e", "s", "1"),
        NewResource::segment_with_id("e", "t", "1"),
    ];
    let expected = [
        "already_registered",
        "invalid_key",
        "registered",
        "repeated",
        "too_long",
        "registered",
        "id_taken",
    ];
    assert_eq!(register(&project, &resources, &["v"]), expected);
    assert_eq!(
        (views_of(&store, &flag("x")), views_of(&store, &flag("old"))),
        (vec!["v".into()], vec![])
    );
    let snapshot = store.snapshot().unwrap();
    let old = snapshot.project("p").unwrap().resource(&flag("old")).unwrap().unwrap();
    assert_eq!((old.name.as_str(), counts(&store)), ("Old", 3));
    let at = revision(&store);
    assert_eq!(register(&project, &resources[..2], &["v"]), expected[..2]);
    assert_eq!(revision(&store), at, "an empty registration changes nothing");
    assert_clean_and_replayed(&store);
}

#[test]
fn a_project_that_requires_views_refuses_new_resources_without_one() {
    let store = memory();
    let project = project(&store);
    let settings = ProjectSettings::new().require_view_for_new_flags(true);
    project.put(settings.clone()).unwrap();
    create(&project, "v");
    let all = [NewResource::flag("f"), NewResource::segment("e", "s"), NewResource::metric("m")];
    assert_eq!(register(&project, &all, &[]), ["view_required", "registered", "registered"]);
    assert_eq!(register(&project, &all[..1], &["v"]), ["registered"]);
    project.put(settings.require_view_for_new_segments(true)).unwrap();
    let segment = [NewResource::segment("e", "t"), NewResource::segment("e", "s")];
    assert_eq!(register(&project, &segment, &[]), ["view_required", "already_registered"]);
    // The data of the flag service is accepted unchanged.
    project.put_resources(segment).unwrap().all_ok().unwrap();
    project.link("v", Batch::flags(["unknown"])).unwrap().all_ok().unwrap();
    assert_clean_and_replayed(&store);
}

#[test]
fn a_missing_view_fails_the_whole_registration() {
    let (store, project) = two_views();
    let at = revision(&store);
    let new = || [NewResource::flag("x")];
    let error = project.register(new(), ["v", "none"]).unwrap_err();
    assert!(
        matches!(&error, Error::UnknownView { view, .. } if view.as_str() == "none"),
        "{error}"
    );
    let error = project.register([] as [NewResource; 0], ["none"]).unwrap_err();
    assert!(matches!(error, Error::UnknownView { .. }), "{error}");
    let error = project.register(new(), ["no key"]).unwrap_err();
    assert!(matches!(error, Error::InvalidKey { .. }), "{error}");
    let other = store.project("other").unwrap();
    let error = other.register(new(), ["v"]).unwrap_err();
    assert!(matches!(error, Error::UnknownProject { .. }), "{error}");
    assert!(matches!(project.if_view_at(1).register(new(), ["v"]), Err(Error::NoSingleView)));
    assert_eq!(words(&project.dry_run().register(new(), ["v"]).unwrap()), ["registered"]);
    assert_eq!((revision(&store), counts(&store)), (at, 0));
    assert_eq!(register(&other, &new(), &[]), ["registered"]);
    assert_eq!(store.snapshot().unwrap().project("other").unwrap().info().resources.total(), 1);
}

#[test]
fn a_registration_has_as_many_links_as_a_batch_may_have() {
    let store = Options::new().batch_limit(4).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    create(&project, "w");
    let flags = |count: u8| (0..count).map(|of| NewResource::flag(format!("f{of}")));
    let error = project.register(flags(3), ["v", "w"]).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { keys: 6, limit: 4 }), "{error}");
    assert_eq!(words(&project.register(flags(2), ["v", "w"]).unwrap()), ["registered"; 2]);
    let error = project.register(flags(5), [""; 0]).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { keys: 5, limit: 4 }), "{error}");
}

#[test]
fn a_link_from_before_a_registration_stays_under_every_policy() {
    for policy in [LinkPolicy::Open, LinkPolicy::Closed] {
        let store = Options::new().link_policy(policy).open_in_memory().unwrap();
        let project = project(&store);
        create(&project, "v");
        create(&project, "w");
        project.put_resources([NewResource::flag("x")]).unwrap().all_ok().unwrap();
        project.link("v", Batch::flags(["x"])).unwrap().all_ok().unwrap();
        if policy == LinkPolicy::Open {
            project.link("v", Batch::flags(["y"])).unwrap().all_ok().unwrap();
        }
        let before = store.snapshot().unwrap().project("p").unwrap().view("v").unwrap();
        assert_eq!(register(&project, &[NewResource::flag("y")], &["v", "w"]), ["registered"]);
        assert_eq!(views_of(&store, &flag("y")), ["v", "w"]);
        let after = store.snapshot().unwrap().project("p").unwrap().view("v").unwrap();
        assert_eq!(before.change == after.change, policy == LinkPolicy::Open);
        assert_clean_and_replayed(&store);
    }
}
