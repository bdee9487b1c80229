//! Removing a resource, or all segments of an environment, from every view.

use viewlink::{Batch, ChangeKind, EnvironmentId, Project, Resource, ResourceType, Store};

use crate::support::{
    all, assert_clean, assert_clean_and_replayed, batch, content, content_of, create, flag, flags,
    journal, link, memory, project, resource, revision, views_of,
};

fn segment(environment: &str, key: &str) -> Resource {
    Resource::segment(environment, key).unwrap()
}

fn environment(id: &str) -> EnvironmentId {
    EnvironmentId::parse(id).unwrap()
}

/// A project with the views `u`, `v` and `w`.
fn three_views() -> (Store, Project) {
    let store = memory();
    let project = project(&store);
    ["u", "v", "w"].iter().for_each(|key| create(&project, key));
    (store, project)
}

/// The number of links of a view, by type.
fn counts(store: &Store, view: &str) -> [u64; 4] {
    let snapshot = store.snapshot().unwrap();
    let links = snapshot.project("p").unwrap().view(view).unwrap().links;
    ResourceType::ALL.map(|resource_type| links.get(resource_type))
}

#[test]
fn a_resource_is_removed_from_every_view_in_one_change() {
    for resource_type in ResourceType::ALL {
        let (store, project) = three_views();
        for view in ["u", "w"] {
            project.link(view, batch(resource_type, &["a", "a2", "b"])).unwrap().all_ok().unwrap();
        }
        let before = revision(&store);
        let gone = resource(resource_type, "a");
        let removed = project.comment("deleted").remove_resource(&gone).unwrap();
        assert_eq!((removed.resources, removed.links), (1, 2));
        assert_eq!(removed.revision, Some(before + 1));
        assert_eq!(revision(&store), before + 1);
        assert!(views_of(&store, &gone).is_empty());
        for kept in ["a2", "b"] {
            assert_eq!(views_of(&store, &resource(resource_type, kept)), ["u", "w"]);
        }
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        for (view, total, at) in [("u", 2, before + 1), ("v", 0, 2), ("w", 2, before + 1)] {
            let page = reader.linked_resources(view, resource_type, all()).unwrap();
            assert_eq!((page.items.len() as u64, page.total), (total, total), "{view}");
            let found = reader.view(view).unwrap();
            assert_eq!((found.links.get(resource_type), found.revision), (total, at), "{view}");
            assert_eq!(found.version, 1);
        }
        let change = journal(&store).pop().unwrap();
        assert_eq!(change.comment.as_deref(), Some("deleted"));
        assert_eq!(change.kind, ChangeKind::ResourceRemoved { resource: gone, links: 2 });
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn removing_a_resource_leaves_the_same_key_of_other_types_and_projects() {
    let (store, project) = three_views();
    for resource_type in ResourceType::ALL {
        project.link("v", batch(resource_type, &["a"])).unwrap().all_ok().unwrap();
    }
    let other = store.project("other").unwrap();
    create(&other, "v");
    link(&other, "v", &["a"]);
    project.remove_resource(&flag("a")).unwrap();
    assert_eq!(counts(&store, "v"), [0, 1, 1, 1]);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("other").unwrap();
    assert!(reader.is_linked("v", &flag("a")).unwrap());
    assert_eq!(reader.linked_views(&flag("a"), all()).unwrap().total, 1);
    assert_clean_and_replayed(&store);
}

#[test]
fn removing_a_segment_leaves_the_one_of_another_environment() {
    let (store, project) = three_views();
    let names = [("prod", "a"), ("prod2", "a"), ("prod", "ab")];
    project.link("v", Batch::segments(names)).unwrap().all_ok().unwrap();
    let removed = project.remove_resource(&segment("prod", "a")).unwrap();
    assert_eq!((removed.resources, removed.links), (1, 1));
    assert!(views_of(&store, &segment("prod", "a")).is_empty());
    assert_eq!(views_of(&store, &segment("prod2", "a")), ["v"]);
    assert_eq!(views_of(&store, &segment("prod", "ab")), ["v"]);
    assert_clean(&store);
}

#[test]
fn a_removed_environment_takes_all_its_segments_and_no_others() {
    let (store, project) = three_views();
    let names = [("prod", "a"), ("prod", "b"), ("pro", "a"), ("prod2", "a"), ("prod.x", "a")];
    project.link("u", Batch::segments(names)).unwrap().all_ok().unwrap();
    project.link("v", Batch::segments([("prod", "a"), ("Prod", "a")])).unwrap().all_ok().unwrap();
    project.link("w", Batch::segments([("test", "a")])).unwrap().all_ok().unwrap();
    link(&project, "u", &["prod"]);
    let other = store.project("other").unwrap();
    create(&other, "u");
    other.link("u", Batch::segments([("prod", "a")])).unwrap().all_ok().unwrap();
    let before = revision(&store);

    let removed = project.actor("ann").remove_environment(&environment("prod")).unwrap();
    assert_eq!((removed.resources, removed.links), (2, 3));
    assert_eq!(removed.revision, Some(before + 1));
    assert_eq!(revision(&store), before + 1);
    assert_eq!(counts(&store, "u"), [1, 3, 0, 0]);
    assert_eq!(counts(&store, "v"), [0, 1, 0, 0]);
    assert_eq!(counts(&store, "w"), [0, 1, 0, 0]);
    for (name, view) in [("pro", "u"), ("prod2", "u"), ("prod.x", "u"), ("Prod", "v")] {
        assert_eq!(views_of(&store, &segment(name, "a")), [view], "{name}");
    }
    for key in ["a", "b"] {
        assert!(views_of(&store, &segment("prod", key)).is_empty());
    }
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("other").unwrap();
    assert!(reader.is_linked("u", &segment("prod", "a")).unwrap());
    let change = journal(&store).pop().unwrap();
    let kind =
        ChangeKind::EnvironmentRemoved { environment: environment("prod"), segments: 2, links: 3 };
    assert_eq!((change.actor.as_deref(), change.kind), (Some("ann"), kind));
    assert_clean_and_replayed(&store);
}

#[test]
fn removing_an_unused_resource_changes_nothing_and_has_no_revision() {
    let (store, project) = three_views();
    project.link("v", Batch::segments([("prod", "a")])).unwrap().all_ok().unwrap();
    let before = content_of(&store);
    let results = [
        project.remove_resource(&flag("a")),
        project.remove_resource(&segment("pro", "a")),
        project.remove_environment(&environment("pro")),
        project.remove_environment(&environment("prod2")),
    ];
    for removed in results.map(Result::unwrap) {
        assert_eq!((removed.resources, removed.links, removed.revision), (0, 0, None));
    }
    assert_eq!(content_of(&store), before);
    assert_eq!(journal(&store).len(), 4);
}

#[test]
fn a_removed_resource_can_be_linked_again() {
    let (store, project) = three_views();
    for view in ["u", "v"] {
        link(&project, view, &["a", "b"]);
    }
    project.remove_resource(&flag("a")).unwrap();
    link(&project, "v", &["a"]);
    assert_eq!(views_of(&store, &flag("a")), ["v"]);
    assert_eq!(flags(&store, "v"), ["b", "a"]);
    assert_eq!(flags(&store, "u"), ["b"]);
    assert_clean_and_replayed(&store);
}

#[test]
fn links_of_deleted_views_are_not_removed_a_second_time() {
    let (store, project) = three_views();
    for view in ["u", "v"] {
        let names = [("prod", "a"), ("prod", "b")];
        project.link(view, Batch::segments(names)).unwrap().all_ok().unwrap();
        link(&project, view, &["a"]);
    }
    project.delete_view("u").unwrap();
    let removed = project.remove_resource(&flag("a")).unwrap();
    assert_eq!((removed.resources, removed.links), (1, 1));
    let removed = project.remove_environment(&environment("prod")).unwrap();
    assert_eq!((removed.resources, removed.links), (2, 2));
    project.delete_view("v").unwrap();
    // Only deleted views had it, so there is nothing to remove.
    link(&project, "w", &["a"]);
    project.delete_view("w").unwrap();
    let before = content(&store.snapshot().unwrap());
    let removed = project.remove_resource(&flag("a")).unwrap();
    assert_eq!((removed.resources, removed.links, removed.revision), (0, 0, None));
    assert_eq!(content(&store.snapshot().unwrap()), before);
    assert_clean_and_replayed(&store);
}
