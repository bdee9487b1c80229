//! Projects, and calls on a project or view that does not exist.

use viewlink::{
    Batch, ChangeKind, EnvironmentId, Error, NewView, Paging, Project, ProjectPatch,
    ProjectSettings, ResourceType, Snapshot, Store, ViewPatch,
};

use crate::support::{
    all, assert_clean, assert_clean_and_replayed, batch, content_of, create, flag, journal, link,
    memory, project, resource, revision, two_views,
};

/// Every call of a project that changes the view `v` or the whole project.
fn writes(project: &Project) -> Vec<(&'static str, Result<(), Error>)> {
    let environment = EnvironmentId::parse("env").unwrap();
    vec![
        ("update", project.update_view("v", ViewPatch::new().name("n")).map(drop)),
        ("delete view", project.delete_view("v").map(drop)),
        ("link", project.link("v", Batch::flags(["a"])).map(drop)),
        ("link nothing", project.link("v", Batch::flags([""; 0])).map(drop)),
        ("unlink", project.unlink("v", Batch::flags(["a"])).map(drop)),
        ("remove resource", project.remove_resource(&flag("a")).map(drop)),
        ("remove environment", project.remove_environment(&environment).map(drop)),
        ("patch", project.update(ProjectPatch::new().name("n")).map(drop)),
        ("delete", project.delete().map(drop)),
    ]
}

#[test]
fn every_write_to_a_missing_project_is_an_error_and_changes_nothing() {
    let store = memory();
    create(&store.project("other").unwrap(), "v");
    let before = content_of(&store);
    for (call, result) in writes(&project(&store)) {
        let error = result.unwrap_err();
        let is_it = matches!(&error, Error::UnknownProject { project } if project.as_str() == "p");
        assert!(is_it, "{call}: {error}");
    }
    assert_eq!(content_of(&store), before);
    assert_eq!(journal(&store).len(), 1);
}

#[test]
fn every_write_to_a_missing_view_is_an_error_and_changes_nothing() {
    let store = memory();
    let project = project(&store);
    create(&project, "w");
    let of_a_view = ["update", "delete view", "link", "link nothing", "unlink"];
    for (call, result) in writes(&project) {
        if !of_a_view.contains(&call) {
            continue;
        }
        let error = result.unwrap_err();
        let Error::UnknownView { project, view } = &error else { panic!("{call}: {error}") };
        assert_eq!((project.as_str(), view.as_str()), ("p", "v"), "{call}");
    }
    // Two of them had nothing to remove. The project had fields, and was removed at the end.
    assert_eq!(journal(&store).len(), 3);
    assert!(matches!(journal(&store)[2].kind, ChangeKind::ProjectDeleted { views: 1, .. }));
}

#[test]
fn reads_distinguish_an_unknown_project_from_an_unknown_view() {
    let (store, _) = two_views();
    let snapshot = store.snapshot().unwrap();
    let error = snapshot.project("q").unwrap_err();
    assert!(matches!(&error, Error::UnknownProject { project } if project.as_str() == "q"));
    let reader = snapshot.project("p").unwrap();
    let errors = [
        reader.view("nope").unwrap_err(),
        reader.is_linked("nope", &flag("a")).unwrap_err(),
        reader.linked_resources("nope", ResourceType::Flag, all()).unwrap_err(),
    ];
    for error in errors {
        let Error::UnknownView { project, view } = &error else { panic!("{error}") };
        assert_eq!((project.as_str(), view.as_str()), ("p", "nope"));
    }
}

#[test]
fn a_project_begins_with_its_first_view_and_stays_after_the_last_one_is_deleted() {
    let store = memory();
    let project = project(&store);
    let projects = |snapshot: &Snapshot| snapshot.projects(all()).unwrap().items;
    assert!(projects(&store.snapshot().unwrap()).is_empty());
    create(&project, "v");
    let created = projects(&store.snapshot().unwrap());
    project.delete_view("v").unwrap();
    let emptied = projects(&store.snapshot().unwrap());
    assert_eq!((created.len(), created[0].views), (1, 1));
    assert_eq!((emptied.len(), emptied[0].views), (1, 0));
    assert_eq!(emptied[0].id, created[0].id);
    let snapshot = store.snapshot().unwrap();
    let page = snapshot.project("p").unwrap().views(all()).unwrap();
    assert_eq!((page.items.len(), page.total), (0, 0));
    create(&project, "w");
    assert_eq!(projects(&store.snapshot().unwrap())[0].id, created[0].id);
    project.delete_view("w").unwrap();
    let deleted = project.delete().unwrap();
    assert_eq!((deleted.views, deleted.unlinked.total()), (0, 0));
    assert_eq!(deleted.revision, Some(revision(&store)));
    assert!(projects(&store.snapshot().unwrap()).is_empty());
    assert_clean_and_replayed(&store);
}

#[test]
fn a_project_begins_when_its_fields_are_set_and_keeps_them() {
    let store = memory();
    let project = project(&store);
    let named = ProjectSettings::new().name("Web shop").require_view_for_new_segments(true);
    assert!(matches!(project.update(ProjectPatch::new()), Err(Error::UnknownProject { .. })));
    assert_eq!(project.dry_run().put(named.clone()).unwrap().settings, named);
    assert_eq!(revision(&store), 0);
    let put = project.actor("ann").put(named.clone()).unwrap();
    assert_eq!((put.settings.clone(), put.views, put.id), (named.clone(), 0, 0));
    assert_eq!(store.snapshot().unwrap().project("p").unwrap().info(), put);
    assert_eq!(project.put(named.clone()).unwrap(), put);
    assert_eq!(project.update(ProjectPatch::new().name("Web shop")).unwrap(), put);
    assert_eq!(revision(&store), 1, "settings without differences change nothing");
    let patch = ProjectPatch::new().require_view_for_new_flags(true);
    let settings = project.update(patch).unwrap().settings;
    assert_eq!(settings, named.require_view_for_new_flags(true));
    let kinds: Vec<ChangeKind> = journal(&store).into_iter().map(|change| change.kind).collect();
    assert_eq!(kinds[1], ChangeKind::ProjectPut { settings: settings.clone() });
    create(&project, "v");
    assert_eq!(store.snapshot().unwrap().project("p").unwrap().info().settings, settings);
    assert_eq!(project.put(ProjectSettings::new()).unwrap().views, 1);
    project.delete().unwrap();
    create(&project, "v");
    let anew = store.snapshot().unwrap().project("p").unwrap().info();
    assert_eq!(anew.settings, ProjectSettings::new(), "a project of the same key is another one");
    assert_clean_and_replayed(&store);
}

#[test]
fn a_name_of_a_project_is_checked_when_it_changes() {
    let store = memory();
    let project = project(&store);
    let long = ProjectSettings::new().name("x".repeat(257));
    let error = project.put(long).unwrap_err();
    assert!(matches!(error, Error::TooLong { what: "name", length: 257, .. }), "{error}");
    create(&project, "v");
    let error = project.update(ProjectPatch::new().name("x".repeat(300))).unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
    let at = project.if_view_at(1).update(ProjectPatch::new().name("x"));
    assert!(matches!(at, Err(Error::NoSingleView)));
    assert_eq!(revision(&store), 1);
}

/// Two projects whose keys, views and resources are the same.
fn twins() -> (Store, Project, Project) {
    let store = memory();
    let both = [store.project("p").unwrap(), store.project("q").unwrap()];
    for project in &both {
        for view in ["v", "w"] {
            create(project, view);
            for resource_type in ResourceType::ALL {
                let batch = batch(resource_type, &["a", "b"]);
                project.link(view, batch).unwrap().all_ok().unwrap();
            }
        }
    }
    let [p, q] = both;
    (store, p, q)
}

/// The content of one project: everything except its own line and the store's revision.
fn shown(snapshot: &Snapshot, key: &str) -> Vec<String> {
    let reader = snapshot.project(key).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for view in reader.views(all()).unwrap() {
        for resource_type in ResourceType::ALL {
            let page = reader.linked_resources(view.key.as_str(), resource_type, all()).unwrap();
            lines.push(format!("{view:?} {page:?}"));
        }
    }
    for resource_type in ResourceType::ALL {
        let views = reader.linked_views(&resource(resource_type, "a"), all()).unwrap();
        lines.push(format!("{views:?}"));
    }
    lines
}

#[test]
fn deleting_a_project_deletes_all_its_content_and_no_other() {
    let (store, p, q) = twins();
    let before = store.snapshot().unwrap();
    let deleted = p.actor("ann").comment("closed").delete().unwrap();
    assert_eq!(deleted.views, 2);
    assert_eq!(ResourceType::ALL.map(|ty| deleted.unlinked.get(ty)), [4; 4]);
    let after = store.snapshot().unwrap();
    assert_eq!(deleted.revision, Some(before.revision() + 1));
    assert_eq!(Some(after.revision()), deleted.revision);
    assert!(matches!(after.project("p").unwrap_err(), Error::UnknownProject { .. }));
    assert_eq!(shown(&after, "q"), shown(&before, "q"));
    assert_eq!(after.projects(all()).unwrap().total, 1);
    let change = journal(&store).pop().unwrap();
    assert_eq!((change.actor.as_deref(), change.comment.as_deref()), (Some("ann"), Some("closed")));
    let expected = ChangeKind::ProjectDeleted { views: 2, unlinked: deleted.unlinked };
    assert_eq!((change.project.as_str(), change.kind), ("p", expected));
    assert!(matches!(p.delete().unwrap_err(), Error::UnknownProject { .. }));
    link(&q, "v", &["c"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_deleted_project_can_begin_again_and_starts_empty() {
    let (store, p, _) = twins();
    let old = store.snapshot().unwrap().project("p").unwrap().info();
    p.delete().unwrap();
    let view = p.create_view(NewView::new("v", "new")).unwrap();
    assert_eq!((view.version, view.links.total()), (1, 0));
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    assert_ne!(reader.info().id, old.id);
    assert_eq!(reader.info().views, 1);
    for resource_type in ResourceType::ALL {
        let resource = resource(resource_type, "a");
        assert_eq!(reader.linked_views(&resource, all()).unwrap().total, 0);
        assert!(!reader.is_linked("v", &resource).unwrap());
    }
    link(&p, "v", &["a"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn the_same_keys_in_two_projects_are_independent() {
    let (store, p, _) = twins();
    let before = store.snapshot().unwrap();
    p.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    p.remove_resource(&flag("b")).unwrap();
    p.delete_view("w").unwrap();
    let after = store.snapshot().unwrap();
    assert_eq!(shown(&after, "q"), shown(&before, "q"));
    assert_ne!(shown(&after, "p"), shown(&before, "p"));
    assert_clean(&store);
}

#[test]
fn a_cursor_of_views_belongs_to_its_project_as_it_began() {
    let (store, p, _) = twins();
    let snapshot = store.snapshot().unwrap();
    let page = snapshot.project("p").unwrap().views(Paging::first(1)).unwrap();
    let cursor = page.next.unwrap();
    let other = snapshot.project("q").unwrap().views(Paging::after(cursor.clone(), 1));
    assert!(matches!(other.unwrap_err(), Error::InvalidCursor { .. }));
    p.delete().unwrap();
    create(&p, "v");
    let snapshot = store.snapshot().unwrap();
    let again = snapshot.project("p").unwrap().views(Paging::after(cursor, 1));
    assert!(matches!(again.unwrap_err(), Error::InvalidCursor { .. }));
}
