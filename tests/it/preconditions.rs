//! Changes that are made only if no other change was made in the meantime.

use std::thread;

use viewlink::{
    Batch, EnvironmentId, Error, LinkChange, NewResource, NewView, Project, Store, ViewPatch,
};

use crate::support::{
    assert_clean_and_replayed, assert_plain, create, flag, flags, link, revision, two_views,
};

fn view_revision(store: &Store, view: &str) -> u64 {
    let snapshot = store.snapshot().unwrap();
    snapshot.project("p").unwrap().view(view).unwrap().revision
}

fn assert_differs<T: std::fmt::Debug>(answer: viewlink::Result<T>, expected: (&str, u64, u64)) {
    match answer.unwrap_err() {
        Error::RevisionDiffers { what, expected: asked, actual } => {
            assert_eq!((what.as_str(), asked, actual), expected);
        }
        other => panic!("{other}"),
    }
}

type Call = fn(&Project) -> viewlink::Result<()>;

/// The calls that concern one view, `v`.
const OF_A_VIEW: [Call; 5] = [
    |project| project.link("v", Batch::flags(["x"])).map(drop),
    |project| project.unlink("v", Batch::flags(["a"])).map(drop),
    |project| project.replace("v", Batch::flags(["x"])).map(drop),
    |project| project.update_view("v", ViewPatch::new().name("other")).map(drop),
    |project| project.delete_view("v").map(drop),
];

/// The other calls.
const OF_NO_VIEW: [Call; 7] = [
    |project| project.create_view(NewView::new("new", "New")).map(drop),
    |project| project.ensure_view(NewView::new("newer", "New")).map(drop),
    |project| project.put_resources([NewResource::flag("x")]).map(drop),
    |project| project.remove_resource(&flag("a")).map(drop),
    |project| project.remove_environment(&EnvironmentId::parse("e").unwrap()).map(drop),
    |project| project.change_links([LinkChange::link("w", Batch::flags(["x"]))]).map(drop),
    |project| project.delete().map(drop),
];

#[test]
fn a_call_on_a_view_at_another_revision_changes_nothing() {
    for call in OF_A_VIEW {
        let (store, project) = two_views();
        link(&project, "v", &["a"]);
        let seen = view_revision(&store, "v");
        project.update_view("v", ViewPatch::new().name("changed")).unwrap();
        let before = revision(&store);
        assert_differs(call(&project.if_view_at(seen)), ("view v", seen, before));
        assert_eq!((revision(&store), flags(&store, "v")), (before, vec!["a".to_string()]));
        // A change of another view does not matter.
        link(&project, "w", &["a"]);
        call(&project.if_view_at(before)).unwrap();
        assert_eq!(revision(&store), before + 2);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_change_of_its_links_increases_the_revision_of_a_view() {
    let (store, project) = two_views();
    let seen = view_revision(&store, "v");
    link(&project, "v", &["a"]);
    let late = project.if_view_at(seen).link("v", Batch::flags(["b"]));
    assert_differs(late, ("view v", seen, view_revision(&store, "v")));
}

#[test]
fn a_precondition_on_a_view_is_refused_by_calls_without_a_single_view() {
    let (store, project) = two_views();
    let before = revision(&store);
    for call in OF_NO_VIEW {
        let error = call(&project.if_view_at(before)).unwrap_err();
        assert!(matches!(error, Error::NoSingleView), "{error}");
        assert_plain(&error.to_string());
    }
    assert_eq!(revision(&store), before);
}

#[test]
fn any_call_can_have_a_precondition_on_the_revision_of_the_store() {
    for call in OF_A_VIEW.into_iter().chain(OF_NO_VIEW) {
        let (store, project) = two_views();
        link(&project, "v", &["a"]);
        let batch = Batch::segments([("e", "s")]);
        project.link("v", batch).unwrap().all_ok().unwrap();
        let seen = revision(&store);
        link(&project, "w", &["z"]);
        assert_differs(call(&project.if_store_at(seen)), ("the store", seen, seen + 1));
        assert_eq!(revision(&store), seen + 1);
        call(&project.if_store_at(seen + 1)).unwrap();
        assert_eq!(revision(&store), seen + 2);
    }
}

#[test]
fn a_deleted_view_is_unknown_and_not_at_another_revision() {
    let (_, project) = two_views();
    let error = project.if_view_at(1).link("nowhere", Batch::flags(["a"])).unwrap_err();
    assert!(matches!(error, Error::UnknownView { .. }), "{error}");
}

#[test]
fn one_of_many_callers_with_the_same_revision_changes_the_view() {
    let (store, project) = two_views();
    for round in 0..30 {
        let seen = view_revision(&store, "v");
        let made: usize = thread::scope(|scope| {
            let calls: Vec<_> = (0..8)
                .map(|number| {
                    let project = &project;
                    scope.spawn(move || {
                        let key = format!("flag-{round}-{number}");
                        match project.if_view_at(seen).link("v", Batch::flags([key])) {
                            Ok(report) => report.success_count(),
                            Err(Error::RevisionDiffers { .. }) => 0,
                            Err(other) => panic!("{other}"),
                        }
                    })
                })
                .collect();
            calls.into_iter().map(|call| call.join().unwrap()).sum()
        });
        assert_eq!(made, 1);
    }
    assert_eq!(flags(&store, "v").len(), 30);
    create(&project, "last");
    assert_clean_and_replayed(&store);
}
