//! The registry of a project: each resource is in it once, under its key and its id.

use viewlink::{
    Batch, ChangeKind, EnvironmentId, Error, KeyOutcome, Limits, Maintainer, NewResource, NewView,
    Options, Paging, Project, RegisteredResource, Report, Resource, ResourceFilter, ResourceType,
    SegmentRef, Store, Timestamp,
};

use crate::support::{
    all, assert_clean_and_replayed, assert_counts, create, flag, flags, journal, memory, outcomes,
    project, revision, two_views, views_of,
};

/// The outcome of each resource of a put.
fn words(report: &Report) -> Vec<&'static str> {
    assert_counts(report);
    let word = |outcome: &KeyOutcome| match outcome {
        KeyOutcome::Registered => "registered",
        KeyOutcome::Updated => "updated",
        KeyOutcome::Unchanged => "unchanged",
        KeyOutcome::Failed(reason) => reason.code().as_str(),
        other => panic!("{other:?}"),
    };
    report.outcomes().map(|(_, outcome)| word(outcome)).collect()
}

pub(crate) fn put(project: &Project, resources: impl IntoIterator<Item = NewResource>) {
    let _: Option<u64> = project.put_resources(resources).unwrap().all_ok().unwrap();
}

fn found(store: &Store, resource: &Resource) -> Option<RegisteredResource> {
    let snapshot = store.snapshot().unwrap();
    snapshot.project("p").unwrap().resource(resource).unwrap()
}

fn by_id(store: &Store, id: &str) -> Option<String> {
    let snapshot = store.snapshot().unwrap();
    let found = snapshot.project("p").unwrap().segment_by_id(id).unwrap();
    found.map(|segment| segment.to_string())
}

/// The keys of all registered resources of a type.
fn registered(store: &Store, resource_type: ResourceType) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let page = reader.resources(resource_type, &ResourceFilter::all(), all()).unwrap();
    assert_eq!(page.total, reader.info().resources.get(resource_type));
    page.into_iter().map(|found| found.resource.to_string()).collect()
}

#[test]
fn a_registered_resource_has_all_given_fields() {
    let store = memory();
    let project = project(&store);
    let resource = NewResource::segment_with_id("e", "s", "5f")
        .name("A segment")
        .tags(["b", "a", "b"])
        .maintainer(Maintainer::Member("m".into()))
        .archived(true)
        .temporary(true)
        .unbounded(true)
        .created_at(Timestamp::from_millis(7));
    put(&project, [resource]);
    let segment = Resource::segment("e", "s").unwrap();
    let found = found(&store, &segment).unwrap();
    assert_eq!(found.resource, segment);
    assert_eq!(found.id.unwrap().as_str(), "5f");
    assert_eq!((found.name.as_str(), found.tags), ("A segment", vec!["a".into(), "b".into()]));
    assert_eq!(found.maintainer, Some(Maintainer::Member("m".into())));
    assert!(found.archived && found.temporary && found.unbounded);
    assert_eq!((found.created_at, found.revision), (Timestamp::from_millis(7), 1));
    assert_clean_and_replayed(&store);
}

#[test]
fn missing_fields_of_a_resource_have_defaults() {
    let time = Timestamp::from_millis(40);
    let store = Options::new().clock(move || time).open_in_memory().unwrap();
    put(&project(&store), [NewResource::metric("m")]);
    let found = found(&store, &Resource::metric("m").unwrap()).unwrap();
    assert_eq!((found.name.as_str(), found.created_at), ("m", time));
    assert!(found.tags.is_empty() && found.maintainer.is_none() && found.id.is_none());
    assert!(!found.archived && !found.temporary && !found.unbounded);
}

#[test]
fn a_put_reports_an_outcome_for_each_resource() {
    let limits = Limits { name: 4, tags: 1, tag: 3, maintainer: 2, ..Limits::default() };
    let store = Options::new().limits(limits).open_in_memory().unwrap();
    let project = project(&store);
    put(&project, [NewResource::flag("a"), NewResource::segment_with_id("e", "s", "1")]);
    let report = project.put_resources([
        NewResource::flag("a"),
        NewResource::flag("a").name("b"),
        NewResource::ai_config("a"),
        NewResource::flag("not a key"),
        NewResource::segment("", "s"),
        NewResource::segment_with_id("e", "t", "no id"),
        NewResource::segment_with_id("e", "u", "1"),
        NewResource::flag("b").name("12345"),
        NewResource::flag("b"),
        NewResource::flag("c").tags(["a", "b"]),
        NewResource::flag("d").tags(["1234"]),
        NewResource::flag("e").maintainer(Maintainer::Team("123".into())),
        NewResource::segment_with_id("e", "s", "2"),
    ]);
    let report = report.unwrap();
    let expected = [
        "unchanged",
        "repeated",
        "registered",
        "invalid_key",
        "invalid_key",
        "invalid_key",
        "id_taken",
        "too_long",
        "repeated",
        "too_long",
        "too_long",
        "too_long",
        "updated",
    ];
    assert_eq!(words(&report), expected);
    let failed: Vec<String> = report.failures().map(|failed| failed.to_string()).collect();
    assert_eq!(
        failed[4],
        "e/u: the id already belongs to segment e/s: choose another one (id_taken)"
    );
    assert_eq!(failed[5], "b: the name has 5 bytes, but the limit is 4 (too_long)");
    assert!(matches!(report.all_ok(), Err(Error::KeysFailed(_))));
    assert_eq!(registered(&store, ResourceType::Flag), ["a"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_put_without_differences_changes_nothing() {
    let store = memory();
    let project = project(&store);
    let said = || [NewResource::flag("a").tags(["t"]), NewResource::flag("b")];
    put(&project, said());
    let report = project.put_resources(said()).unwrap();
    assert_eq!((words(&report), report.revision()), (vec!["unchanged"; 2], None));
    assert_eq!(project.put_resources([]).unwrap().revision(), None);
    assert_eq!(revision(&store), 1);
}

#[test]
fn a_project_begins_with_its_first_resource_and_not_with_one_that_failed() {
    let store = memory();
    let project = project(&store);
    let failed = project.put_resources([NewResource::flag("")]).unwrap();
    assert_eq!((words(&failed), failed.revision()), (vec!["invalid_key"], None));
    assert!(matches!(project.delete(), Err(Error::UnknownProject { .. })));
    put(&project, [NewResource::flag("a")]);
    let snapshot = store.snapshot().unwrap();
    let info = snapshot.project("p").unwrap().info();
    assert_eq!((info.views, info.resources.get(ResourceType::Flag)), (0, 1));
    // A view that is created later finds the project.
    create(&project, "v");
    assert_eq!(project.delete().unwrap().views, 1);
    assert_clean_and_replayed(&store);
}

#[test]
fn the_time_of_creation_stays_until_another_one_is_given() {
    let store = memory();
    let project = project(&store);
    let time = Timestamp::from_millis;
    put(&project, [NewResource::flag("a").created_at(time(3))]);
    put(&project, [NewResource::flag("a").name("b")]);
    assert_eq!(found(&store, &flag("a")).unwrap().created_at, time(3));
    put(&project, [NewResource::flag("a").created_at(time(2))]);
    let found = found(&store, &flag("a")).unwrap();
    // The other earlier fields are replaced.
    assert_eq!((found.created_at, found.name.as_str(), found.revision), (time(2), "a", 3));
}

#[test]
fn an_id_leads_to_its_segment_until_the_segment_has_another_one_or_is_gone() {
    let store = memory();
    let project = project(&store);
    put(&project, [NewResource::segment_with_id("e", "s", "1")]);
    assert_eq!(by_id(&store, "1").as_deref(), Some("e/s"));
    put(&project, [NewResource::segment_with_id("e", "s", "2")]);
    assert_eq!((by_id(&store, "1"), by_id(&store, "2").as_deref()), (None, Some("e/s")));
    // It is free for another segment in the same change, after its owner gave it up.
    let swapped = [
        NewResource::segment("e", "s"),
        NewResource::segment_with_id("e", "t", "2"),
        NewResource::segment_with_id("e", "s", "3"),
    ];
    assert_eq!(
        words(&project.put_resources(swapped).unwrap()),
        ["updated", "registered", "repeated"]
    );
    assert_eq!(by_id(&store, "2").as_deref(), Some("e/t"));
    let removed = project.remove_resource(&Resource::segment("e", "t").unwrap()).unwrap();
    assert_eq!((removed.registered, removed.resources, removed.links), (1, 0, 0));
    assert_eq!(by_id(&store, "2"), None);
    assert!(matches!(
        store.snapshot().unwrap().project("p").unwrap().segment_by_id("/"),
        Err(Error::InvalidKey { what: "segment id", .. })
    ));
    assert_clean_and_replayed(&store);
}

#[test]
fn an_id_is_unique_in_its_project_and_free_in_another_one() {
    let store = memory();
    let other = store.project("q").unwrap();
    put(&project(&store), [NewResource::segment_with_id("e", "s", "1")]);
    put(&other, [NewResource::segment_with_id("e", "t", "1")]);
    assert_eq!(by_id(&store, "1").as_deref(), Some("e/s"));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_resource_is_removed_with_its_links_in_one_change() {
    let (store, project) = two_views();
    put(&project, [NewResource::flag("a").tags(["t"]), NewResource::flag("b").tags(["t"])]);
    for view in ["v", "w"] {
        project.link(view, Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
    }
    let before = revision(&store);
    let removed = project.remove_resource(&flag("a")).unwrap();
    assert_eq!((removed.registered, removed.resources, removed.links), (1, 1, 2));
    assert_eq!((removed.revision, revision(&store)), (Some(before + 1), before + 1));
    assert_eq!(registered(&store, ResourceType::Flag), ["b"]);
    assert_eq!((flags(&store, "v"), views_of(&store, &flag("a"))), (vec!["b".into()], vec![]));
    // There is nothing left to remove.
    assert_eq!(project.remove_resource(&flag("a")).unwrap().revision, None);
    assert_clean_and_replayed(&store);
}

#[test]
fn an_environment_is_removed_with_its_segments_and_their_ids() {
    let (store, project) = two_views();
    put(
        &project,
        [
            NewResource::segment_with_id("e", "s", "1").tags(["t"]),
            NewResource::segment("e", "t"),
            NewResource::segment_with_id("e2", "s", "2").tags(["t"]),
        ],
    );
    let batch = Batch::segments([("e", "s"), ("e", "never-registered"), ("e2", "s")]);
    project.link("v", batch).unwrap().all_ok().unwrap();
    let removed = project.remove_environment(&EnvironmentId::parse("e").unwrap()).unwrap();
    assert_eq!((removed.registered, removed.resources, removed.links), (2, 2, 2));
    assert_eq!(registered(&store, ResourceType::Segment), ["e2/s"]);
    assert_eq!((by_id(&store, "1"), by_id(&store, "2").as_deref()), (None, Some("e2/s")));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_project_is_deleted_with_its_registry() {
    let store = memory();
    let (project, other) = (project(&store), store.project("q").unwrap());
    let said = || [NewResource::flag("a").tags(["t"]), NewResource::segment_with_id("e", "s", "1")];
    put(&project, said());
    put(&other, said());
    project.delete().unwrap();
    create(&project, "v");
    assert_eq!(registered(&store, ResourceType::Flag), [""; 0]);
    assert_eq!(by_id(&store, "1"), None);
    assert_eq!(found(&store, &flag("a")), None);
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
    assert_eq!(verification.counts.resources.total(), 2);
}

#[test]
fn segments_are_linked_and_unlinked_by_id_and_reported_by_key() {
    let (store, project) = two_views();
    put(
        &project,
        [NewResource::segment_with_id("e", "s", "1"), NewResource::segment_with_id("e", "t", "2")],
    );
    let names = |report: &Report| -> Vec<String> {
        report.outcomes().map(|(named, _)| named.to_string()).collect()
    };
    let report = project.link("v", Batch::segment_ids(["2", "9", "1", "2"])).unwrap();
    assert_eq!(names(&report), ["e/t", "9", "e/s", "e/t"]);
    let codes: Vec<_> = outcomes(&report).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["linked", "unknown_resource", "linked", "repeated"]);
    assert_eq!(report.failures().next().unwrap().resource().environment(), None);

    let named = |environment: &str, key: &str| SegmentRef::Named {
        environment: environment.into(),
        key: key.into(),
    };
    let id = |id: &str| SegmentRef::Id(id.into());
    let mixed = [named("e", "s"), id("1"), id("2"), named("e", "t"), named("1", "2"), id("/")];
    let report = project.unlink("v", Batch::segment_refs(mixed)).unwrap();
    assert_eq!(names(&report), ["e/s", "e/s", "e/t", "e/t", "1/2", "/"]);
    let codes: Vec<_> = outcomes(&report).into_iter().map(|(_, code)| code).collect();
    let expected = ["unlinked", "repeated", "unlinked", "repeated", "not_linked", "invalid_key"];
    assert_eq!(codes, expected);
    let failed = report.failures().next().unwrap();
    assert_eq!(failed.resource().environment(), Some("e"));
    // Resources that are linked later are in the journal in request order.
    let ChangeKind::LinksChanged { linked, .. } = &journal(&store)[3].kind else { panic!() };
    let linked: Vec<String> = linked.iter().map(ToString::to_string).collect();
    assert_eq!(linked, ["e/t", "e/s"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn the_journal_has_registered_resources() {
    let store = memory();
    let project = project(&store).actor("ann");
    put(&project, [NewResource::flag("b").name("B"), NewResource::flag("a")]);
    put(&project, [NewResource::flag("a").archived(true), NewResource::flag("b").name("B")]);
    let changes = journal(&store);
    let kinds: Vec<Vec<RegisteredResource>> = changes
        .into_iter()
        .map(|change| match change.kind {
            ChangeKind::ResourcesPut { resources } => resources,
            other => panic!("{other:?}"),
        })
        .collect();
    let keys: Vec<_> = kinds[0].iter().map(|put| put.resource.to_string()).collect();
    assert_eq!(keys, ["b", "a"]);
    // Resources without changes are not among them.
    assert_eq!(kinds[1].len(), 1);
    assert!(kinds[1][0].archived && kinds[1][0].revision == 2);
    assert_eq!(found(&store, &flag("a")).as_ref(), Some(&kinds[1][0]));
}

#[test]
fn the_registry_is_durable_after_closing_and_killing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let said = || [NewResource::flag("a").tags(["t"]), NewResource::segment_with_id("e", "s", "1")];
    put(&project(&store), said());
    store.close().unwrap();
    let store = Store::open(dir.path()).unwrap();
    put(&project(&store), [NewResource::flag("b")]);
    // Dropped without a checkpoint, so that the journal is read.
    store.fail_next_change(viewlink::Fault::Unknown);
    project(&store).create_view(NewView::new("never", "")).unwrap_err();
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(registered(&store, ResourceType::Flag), ["a", "b"]);
    assert_eq!(by_id(&store, "1").as_deref(), Some("e/s"));
    assert_clean_and_replayed(&store);
}

#[test]
fn more_resources_than_a_batch_may_have_are_refused() {
    let store = Options::new().batch_limit(2).open_in_memory().unwrap();
    let project = project(&store);
    let flags = |keys: &[&str]| -> Vec<NewResource> {
        keys.iter().map(|key| NewResource::flag(*key)).collect()
    };
    let error = project.put_resources(flags(&["a", "b", "c"])).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { keys: 3, limit: 2 }), "{error}");
    put(&project, flags(&["a", "b"]));
    let page = Paging::first(1);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let page = reader.resources(ResourceType::Flag, &ResourceFilter::all(), page).unwrap();
    assert_eq!((page.total, page.items.len(), page.next.is_some()), (2, 1, true));
}
