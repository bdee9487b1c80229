//! The resources that a filter selects: to link, to unlink, to list.

use viewlink::{
    Batch, ChangeKind, EnvironmentId, Error, LinkPolicy, LinkSort, Maintainer, NewResource,
    NewView, Options, Page, Paging, Project, ResourceCondition, ResourceFilter, ResourceSort,
    ResourceType, Store, ViewFilter, ViewSort,
};

use crate::support::{
    all, assert_clean_and_replayed, assert_counts, flags, journal, keys, link, outcomes, pairs,
    revision, two_views,
};

fn filter(text: &str) -> ResourceFilter {
    ResourceFilter::parse(ResourceType::Flag, text).unwrap()
}

fn matching(text: &str) -> Batch {
    Batch::matching(ResourceType::Flag, filter(text))
}

fn segments(text: &str) -> ResourceFilter {
    ResourceFilter::parse(ResourceType::Segment, text).unwrap()
}

/// Views `v` and `w`, and flags with tags, maintainers and names; `linked` of them are in `v`.
fn registered(linked: &[&str]) -> (Store, Project) {
    let (store, project) = two_views();
    let flag = |key: &str, tags: &[&str]| {
        NewResource::flag(key).name(format!("The {key}")).tags(tags.iter().copied())
    };
    let team = Maintainer::Team("core".into());
    let resources = [
        flag("d", &["back", "beta"]).maintainer(team.clone()),
        flag("b", &["back"]).archived(true),
        flag("c", &["beta"]).maintainer(Maintainer::Member("core".into())),
        flag("a", &["back", "beta"]).temporary(true),
        flag("e", &[]).maintainer(team),
    ];
    project.put_resources(resources).unwrap().all_ok().unwrap();
    link(&project, "v", linked);
    (store, project)
}

#[test]
fn a_filter_links_matching_registered_resources_in_key_order() {
    let (store, project) = registered(&["d"]);
    let report = project.link("v", matching("tags:back+beta")).unwrap();
    assert_counts(&report);
    assert_eq!(outcomes(&report), pairs(&[("a", "linked"), ("d", "already")]));
    assert_eq!(flags(&store, "v"), ["d", "a"]);
    let ChangeKind::LinksChanged { linked, .. } = &journal(&store).last().unwrap().kind.clone()
    else {
        panic!()
    };
    assert_eq!(linked.len(), 1);
    assert_clean_and_replayed(&store);
}

#[test]
fn every_field_selects_and_all_conditions_must_hold() {
    let cases = [
        ("tags:back", "a b d"),
        ("tags:beta,archived:false", "a c d"),
        ("maintainerTeamKey:core", "d e"),
        ("maintainerId:core", "c"),
        ("key:b", "b"),
        ("name:\"The e\"", "e"),
        ("type:temporary", "a"),
        ("type:permanent,tags:back", "b d"),
        ("query:THE", "a b c d e"),
        ("query:e e", "e"),
        ("view:w", ""),
        ("tags:none", ""),
    ];
    for (text, expected) in cases {
        let (_, project) = registered(&[]);
        let report = project.link("v", matching(text)).unwrap();
        let linked: Vec<String> = outcomes(&report).into_iter().map(|(key, _)| key).collect();
        assert_eq!(linked.join(" "), expected, "{text}");
    }
}

#[test]
fn keys_and_a_filter_are_a_union_with_the_keys_first() {
    let (store, project) = registered(&["e"]);
    let batch = Batch::flags(["x", "c", "/", "c"]).and_matching(filter("tags:beta"));
    assert_eq!(batch.len(), 4);
    let report = project.link("v", batch).unwrap();
    assert_counts(&report);
    let expected = [
        ("x", "linked"),
        ("c", "linked"),
        ("/", "invalid_key"),
        ("c", "repeated"),
        ("a", "linked"),
        ("d", "linked"),
    ];
    assert_eq!(outcomes(&report), pairs(&expected));
    // By link time, the keys come in request order, and then the resources that the filter found, in key order.
    assert_eq!(flags(&store, "v"), ["e", "x", "c", "a", "d"]);
    assert_eq!(report.failures().count(), 2);
    assert_clean_and_replayed(&store);
}

#[test]
fn on_unlink_a_filter_selects_from_the_links_of_the_view() {
    let (store, project) = registered(&["d", "b", "stray"]);
    link(&project, "w", &["a"]);
    let batch = Batch::flags(["stray", "e"]).and_matching(filter("tags:back"));
    let report = project.unlink("v", batch).unwrap();
    let expected =
        [("stray", "unlinked"), ("e", "not_linked"), ("b", "unlinked"), ("d", "unlinked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    assert_eq!((flags(&store, "v"), flags(&store, "w")), (vec![], vec!["a".to_string()]));
    assert_clean_and_replayed(&store);
}

#[test]
fn an_unregistered_resource_has_only_its_key() {
    let (store, project) = registered(&["stray", "a"]);
    for text in ["query:STRAY", "name:stray", "archived:false,key:stray"] {
        let found = linked(&store, text, Paging::first(10));
        assert_eq!((keys(&found), found.total), (vec!["stray".into()], 1), "{text}");
    }
    let report = project.unlink("v", matching("type:permanent")).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("stray", "unlinked")]));
    // For a link, a filter selects from the registered resources.
    let report = project.link("v", matching("key:stray")).unwrap();
    assert_eq!((report.len(), report.revision()), (0, None));
}

#[test]
fn a_filter_that_finds_nothing_changes_nothing() {
    let (store, project) = registered(&[]);
    let before = revision(&store);
    for batch in [matching("tags:none"), Batch::matching(ResourceType::Metric, filter("key:a"))] {
        let report = project.link("v", batch.clone()).unwrap();
        assert_eq!((report.is_empty(), report.revision()), (true, None));
        assert!(project.unlink("v", batch).unwrap().is_empty());
    }
    assert_eq!(revision(&store), before);
}

#[test]
fn a_filter_may_select_by_the_views_of_a_resource() {
    let (store, project) = registered(&["a", "b", "stray"]);
    link(&project, "w", &["b", "c"]);
    let report = project.link("w", matching("view:V")).unwrap();
    // `stray` is in the view and not registered.
    assert_eq!(outcomes(&report), pairs(&[("a", "linked"), ("b", "already")]));
    let both = linked(&store, "view:v+w", Paging::first(10));
    assert_eq!(keys(&both), ["a", "b"]);
    let error = project.link("v", matching("view:nowhere")).unwrap_err();
    let Error::UnknownView { view, .. } = error else { panic!("{error}") };
    assert_eq!(view.as_str(), "nowhere");
    let before = revision(&store);
    project.unlink("v", Batch::flags(["a"]).and_matching(filter("view:nowhere"))).unwrap_err();
    assert_eq!(revision(&store), before);
}

#[test]
fn keys_and_filtered_resources_together_count_for_the_limit_of_a_batch() {
    let (store, project) = {
        let store = Options::new().batch_limit(3).open_in_memory().unwrap();
        let project = store.project("p").unwrap();
        project.ensure_view(NewView::new("v", "V")).unwrap();
        let flags = ["a", "b", "c"].map(|key| NewResource::flag(key).tags(["t"]));
        project.put_resources(flags).unwrap().all_ok().unwrap();
        (store, project)
    };
    let batch = Batch::flags(["x"]).and_matching(filter("tags:t"));
    let error = project.link("v", batch).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { keys: 4, limit: 3 }), "{error}");
    assert_eq!(flags(&store, "v"), [""; 0]);
    // A key that the filter also finds counts once.
    let batch = Batch::flags(["a"]).and_matching(filter("tags:t"));
    assert_eq!(project.link("v", batch).unwrap().len(), 3);
}

#[test]
fn segments_are_selected_in_one_environment_or_in_all() {
    let (store, project) = two_views();
    let segment = |environment, key| NewResource::segment(environment, key).tags(["t"]);
    let resources = [segment("e1", "a"), segment("e2", "a"), segment("e2", "b"), segment("e", "c")];
    project.put_resources(resources).unwrap().all_ok().unwrap();
    let environment = EnvironmentId::parse("e2").unwrap();
    for text in ["tags anyOf [\"t\"]", "keys anyOf [\"a\", \"b\", \"c\"]"] {
        let within = segments(text).and(ResourceCondition::Environment(environment.clone()));
        let report = project.link("v", Batch::matching(ResourceType::Segment, within)).unwrap();
        let found: Vec<String> = report.outcomes().map(|(named, _)| named.to_string()).collect();
        assert_eq!(found, ["e2/a", "e2/b"], "{text}");
        let everywhere = Batch::matching(ResourceType::Segment, segments(text));
        assert_eq!(project.link("w", everywhere).unwrap().len(), 4);
    }
    let within =
        segments("excludedKeys anyOf [\"b\"]").and(ResourceCondition::Environment(environment));
    let report = project.unlink("w", Batch::matching(ResourceType::Segment, within)).unwrap();
    let found: Vec<String> = report.outcomes().map(|(named, _)| named.to_string()).collect();
    assert_eq!(found, ["e2/a"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn in_a_closed_store_an_unregistered_key_fails_and_filtered_resources_are_linked() {
    let store = Options::new().link_policy(LinkPolicy::Closed).open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    project.ensure_view(NewView::new("v", "V")).unwrap();
    let flags = ["a", "b"].map(|key| NewResource::flag(key).tags(["t"]));
    project.put_resources(flags).unwrap().all_ok().unwrap();
    let batch = Batch::flags(["x", "b"]).and_matching(filter("tags:t"));
    let report = project.link("v", batch).unwrap();
    let expected = [("x", "unknown_resource"), ("b", "linked"), ("a", "linked")];
    assert_eq!(outcomes(&report), pairs(&expected));
}

fn linked(store: &Store, text: &str, paging: Paging<LinkSort>) -> Page<viewlink::LinkedResource> {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    reader.linked_resources_matching("v", ResourceType::Flag, &filter(text), paging).unwrap()
}

/// The keys of a whole list, read in pages of one, by offset and by cursor.
fn page_by_page<T: Clone>(
    sort: LinkSort,
    read: impl Fn(Paging<LinkSort>) -> Page<T>,
    key: impl Fn(&T) -> String,
) -> Vec<String> {
    let first = || Paging::first(1).sort(sort);
    let whole: Vec<String> = read(all().sort(sort)).items.iter().map(&key).collect();
    let by_offset = (0..whole.len()).flat_map(|at| read(first().offset(at)).items);
    assert_eq!(by_offset.map(|item| key(&item)).collect::<Vec<_>>(), whole);
    let mut by_cursor = Vec::new();
    let mut page = read(first());
    loop {
        assert_eq!(page.total, whole.len() as u64);
        by_cursor.extend(page.items.iter().map(&key));
        let Some(next) = page.next else { break };
        page = read(Paging::after(next, 1).sort(sort));
    }
    assert_eq!(by_cursor, whole);
    whole
}

#[test]
fn linked_resources_are_listed_by_filter_in_every_order() {
    let (store, project) = registered(&["d", "stray", "a", "b", "c"]);
    let names = [("a", "Zoo"), ("b", "ant"), ("c", "Zoo"), ("d", "Bee")];
    let named = names.map(|(key, name)| NewResource::flag(key).name(name).tags(["t"]));
    project.put_resources(named).unwrap().all_ok().unwrap();
    let list = |text: &str, sort| {
        page_by_page(sort, |page| linked(&store, text, page), |link| link.resource.to_string())
    };
    assert_eq!(list("query:o", LinkSort::Key), ["a", "c"]);
    assert_eq!(list("tags:t", LinkSort::Key), ["a", "b", "c", "d"]);
    assert_eq!(list("tags:t", LinkSort::LinkTime), ["d", "a", "b", "c"]);
    assert_eq!(list("tags:t", LinkSort::LinkedAt).len(), 4);
    assert_eq!(list("tags:t", LinkSort::Name), ["d", "a", "c", "b"]);
    // The name of an unregistered resource is its key.
    assert_eq!(list("archived:false", LinkSort::Name), ["d", "a", "c", "b", "stray"]);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let by_name = page_by_page(
        LinkSort::Name,
        |page| reader.linked_resources("v", ResourceType::Flag, page).unwrap(),
        |link| link.resource.to_string(),
    );
    assert_eq!(by_name, ["d", "a", "c", "b", "stray"]);
}

#[test]
fn a_cursor_of_a_list_by_name_is_not_valid_in_another_list() {
    let (store, _) = registered(&["a", "b"]);
    let by_name = || Paging::first(1).sort(LinkSort::Name);
    let cursor = linked(&store, "tags:back", by_name()).next.unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let read = |paging| reader.linked_resources("v", ResourceType::Flag, paging);
    let again = read(Paging::after(cursor.clone(), 5).sort(LinkSort::Name)).unwrap();
    assert_eq!(keys(&again), ["b"]);
    for sort in [LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt] {
        let error = read(Paging::after(cursor.clone(), 5).sort(sort)).unwrap_err();
        assert!(matches!(error, Error::InvalidCursor { .. }), "{error}");
    }
    let of_resources = reader
        .resources(ResourceType::Flag, &ResourceFilter::all(), Paging::first(1))
        .unwrap()
        .next
        .unwrap();
    let other = Paging::after(of_resources, 1).sort(ResourceSort::Name);
    let error = reader.resources(ResourceType::Flag, &ResourceFilter::all(), other).unwrap_err();
    assert!(matches!(error, Error::InvalidCursor { .. }), "{error}");
}

#[test]
fn registered_resources_are_listed_by_key_by_name_and_by_filter() {
    let (store, project) = registered(&["a"]);
    let renamed = NewResource::flag("d").name("A name").tags(["back"]);
    project.put_resources([renamed, NewResource::metric("a")]).unwrap().all_ok().unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let list = |text: Option<&str>, sort: ResourceSort| {
        let filter = text.map(filter).unwrap_or_default();
        let read = |paging: Paging<ResourceSort>| {
            reader.resources(ResourceType::Flag, &filter, paging.sort(sort)).unwrap()
        };
        let key = |found: &viewlink::RegisteredResource| found.resource.to_string();
        let whole: Vec<String> = read(all()).items.iter().map(key).collect();
        let mut cursors = Vec::new();
        let mut page = read(Paging::first(2));
        loop {
            assert_eq!(page.total, whole.len() as u64);
            cursors.extend(page.items.iter().map(key));
            let Some(next) = page.next else { break };
            page = read(Paging::after(next, 2));
        }
        assert_eq!(cursors, whole);
        let offset = read(Paging::first(2).offset(1));
        let tail: Vec<String> = whole.iter().skip(1).take(2).cloned().collect();
        assert_eq!(offset.items.iter().map(key).collect::<Vec<_>>(), tail);
        whole.join(" ")
    };
    assert_eq!(list(None, ResourceSort::Key), "a b c d e");
    assert_eq!(list(None, ResourceSort::Name), "d a b c e");
    assert_eq!(list(Some("tags:back"), ResourceSort::Key), "a b d");
    assert_eq!(list(Some("tags:back"), ResourceSort::Name), "d a b");
    assert_eq!(list(Some("view:v"), ResourceSort::Key), "a");
    assert_eq!(list(Some("query:name"), ResourceSort::Key), "d");
}

#[test]
fn views_are_listed_by_filter_in_every_order() {
    let (store, project) = two_views();
    let member = Maintainer::Member("m".into());
    project.create_view(NewView::new("x", "B").tags(["t", "u"]).maintainer(member)).unwrap();
    project.create_view(NewView::new("y", "A").tags(["t"])).unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let list = |text: &str, sort| {
        let filter = ViewFilter::parse(text).unwrap();
        let page = reader.views_matching(&filter, all().sort(sort)).unwrap();
        let keys: Vec<String> = page.items.iter().map(|view| view.key.to_string()).collect();
        assert_eq!(page.total, keys.len() as u64);
        let first = reader.views_matching(&filter, Paging::first(1).sort(sort)).unwrap();
        if let Some(next) = first.next {
            let rest = reader.views_matching(&filter, Paging::after(next, 9).sort(sort)).unwrap();
            assert_eq!((rest.items.len(), rest.total), (keys.len() - 1, page.total), "{text}");
        }
        keys.join(" ")
    };
    assert_eq!(list("tag = t", ViewSort::Key), "x y");
    assert_eq!(list("tag = t", ViewSort::Name), "y x");
    assert_eq!(list("tag anyOf [\"u\", \"none\"]", ViewSort::UpdatedAt), "x");
    assert_eq!(list("maintainerId = m", ViewSort::Key), "x");
    assert_eq!(list("name equals A", ViewSort::Key), "y");
    assert_eq!(list("key notEquals V", ViewSort::Key), "w x y");
    assert_eq!(list("isPayloadView = true", ViewSort::Key), "");
    assert_eq!(list("isPayloadView = false", ViewSort::Key), "v w x y");
}
