//! The limits of texts and lists: a longer one is refused, and nothing changes.

use viewlink::{
    Batch, EnvironmentId, Error, Limits, Maintainer, NewResource, NewView, Options, Project,
    Resource, ResourceFilter, Result, Store, ViewPatch,
};

use crate::support::{
    assert_clean, content_of, create, flag, journal, link, outcomes, pairs, project,
};

/// A store with limits that a short text can reach, and its view `v` with the flag `a`.
fn small() -> (Store, Project) {
    let limits = Limits {
        name: 10,
        description: 11,
        tags: 3,
        tag: 12,
        maintainer: 13,
        comment: 14,
        actor: 15,
        environment_id: 5,
    };
    let store = Options::new().limits(limits).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    link(&project, "v", &["a"]);
    (store, project)
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

/// Calls once with a value at the limit and once with a value over it. The second call returns the error that names the
/// value, and changes nothing.
fn check<T>(what: &str, limit: usize, unit: &str, ask: impl Fn(&Project, usize) -> Result<T>) {
    let (store, project) = small();
    let before = content_of(&store);
    let error = ask(&project, limit + 1).err().expect(what);
    let Error::TooLong { what: found, length, unit: counted, limit: allowed } = &error else {
        panic!("{what}: {error}")
    };
    assert_eq!((*found, *length, *counted, *allowed), (what, limit + 1, unit, limit));
    assert_eq!(content_of(&store), before, "{what}");
    assert_eq!(journal(&store).len(), 2, "{what}");
    ask(&project, limit).expect(what);
    assert_clean(&store);
}

#[test]
fn fields_of_a_new_view_have_limits() {
    let name = |length| NewView::new("new", text(length));
    check("name", 10, "bytes", |project, length| project.create_view(name(length)));
    check("name", 10, "bytes", |project, length| project.ensure_view(name(length)));
    check("description", 11, "bytes", |project, length| {
        project.create_view(NewView::new("new", "").description(text(length)))
    });
    check("list of tags", 3, "entries", |project, length| {
        let tags = (0..length).map(|number| format!("t{number}"));
        project.create_view(NewView::new("new", "").tags(tags))
    });
    check("tag", 12, "bytes", |project, length| {
        project.create_view(NewView::new("new", "").tags([text(1), text(length)]))
    });
    for maintainer in [Maintainer::Member, Maintainer::Team] {
        check("maintainer", 13, "bytes", |project, length| {
            project.create_view(NewView::new("new", "").maintainer(maintainer(text(length))))
        });
    }
}

#[test]
fn fields_of_a_patch_have_the_same_limits() {
    let update = |project: &Project, patch| project.update_view("v", patch);
    check("name", 10, "bytes", |project, length| {
        update(project, ViewPatch::new().name(text(length)))
    });
    check("description", 11, "bytes", |project, length| {
        update(project, ViewPatch::new().description(text(length)))
    });
    check("list of tags", 3, "entries", |project, length| {
        let tags = (0..length).map(|number| format!("t{number}"));
        update(project, ViewPatch::new().tags(tags))
    });
    check("tag", 12, "bytes", |project, length| {
        update(project, ViewPatch::new().tags([text(length)]))
    });
    check("maintainer", 13, "bytes", |project, length| {
        update(project, ViewPatch::new().maintainer(Maintainer::Member(text(length))))
    });
}

#[test]
fn each_tag_is_counted_once() {
    let (_, project) = small();
    let tags = ["a", "b", "a", "c", "c", "b"];
    let view = project.create_view(NewView::new("new", "").tags(tags)).unwrap();
    assert_eq!(view.tags, ["a", "b", "c"]);
}

#[test]
fn texts_are_measured_in_bytes() {
    let (_, project) = small();
    // Five characters of two bytes.
    project.create_view(NewView::new("five", "äöüßé")).unwrap();
    let error = project.create_view(NewView::new("six", "äöüßéä")).unwrap_err();
    assert!(matches!(error, Error::TooLong { length: 12, .. }), "{error}");
}

#[test]
fn a_comment_and_an_actor_have_limits_on_every_change() {
    type Call = fn(&Project) -> Result<()>;
    let calls: [(&str, Call); 6] = [
        ("create", |project| project.create_view(NewView::new("w", "")).map(drop)),
        ("update", |project| project.update_view("v", ViewPatch::new().name("n")).map(drop)),
        ("link", |project| project.link("v", Batch::flags(["b"])).map(drop)),
        ("remove", |project| project.remove_resource(&flag("a")).map(drop)),
        ("delete view", |project| project.delete_view("v").map(drop)),
        ("delete", |project| project.delete().map(drop)),
    ];
    for (_, call) in calls {
        check("comment", 14, "bytes", |project, length| call(&project.comment(text(length))));
        check("actor", 15, "bytes", |project, length| call(&project.actor(text(length))));
    }
}

#[test]
fn the_comment_and_actor_of_a_batch_have_the_same_limits() {
    let batch = || Batch::flags(["b"]);
    check("comment", 14, "bytes", |project, length| {
        project.link("v", batch().comment(text(length)))
    });
    check("actor", 15, "bytes", |project, length| project.link("v", batch().actor(text(length))));
    check("comment", 14, "bytes", |project, length| {
        project.unlink("v", batch().comment(text(length)))
    });
}

#[test]
fn an_environment_id_beyond_its_limit_is_that_keys_failure() {
    let (store, project) = small();
    let names = [("abcde", "s"), ("abcdef", "s"), ("abc", "s")];
    let report = project.link("v", Batch::segments(names)).unwrap();
    let words: Vec<_> = outcomes(&report).into_iter().map(|(_, word)| word).collect();
    assert_eq!(words, ["linked", "invalid_key", "linked"]);
    let reason = report.failures().next().unwrap().reason().to_string();
    assert!(reason.contains("environment id") && reason.contains("the limit is 5"), "{reason}");
    // A longer name can still be asked for; there is nothing with it.
    let removed = project.remove_environment(&EnvironmentId::parse("abcdef").unwrap()).unwrap();
    assert_eq!((removed.links, removed.revision), (0, None));
    assert_clean(&store);
}

#[test]
fn a_replacement_leaves_what_it_names_with_an_environment_id_beyond_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    let puts = ["s", "t"].map(|key| NewResource::segment("long", key));
    project(&store).put_resources(puts).unwrap().all_ok().unwrap();
    let before = Batch::segments([("long", "s"), ("e", "x")]);
    project(&store).link("v", before).unwrap().all_ok().unwrap();
    store.close().unwrap();

    let limits = Limits { environment_id: 3, ..Limits::default() };
    let store = Options::new().limits(limits).open(dir.path()).unwrap();
    let batch = || Batch::segments([("long", "s"), ("long", "t"), ("e", "y")]);
    let report = project(&store).replace("v", batch()).unwrap();
    let expected = [("s", "invalid_key"), ("t", "invalid_key"), ("y", "linked"), ("x", "unlinked")];
    assert_eq!(outcomes(&report), pairs(&expected));
    // The resources that a filter finds are not linked either if a key failed.
    let matching = batch().and_matching(ResourceFilter::all());
    let report = project(&store).replace("v", matching).unwrap();
    let expected = [("s", "invalid_key"), ("t", "invalid_key"), ("y", "already")];
    assert_eq!(outcomes(&report), pairs(&expected));
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let is_linked = |environment, key| {
        reader.is_linked("v", &Resource::segment(environment, key).unwrap()).unwrap()
    };
    assert!(is_linked("long", "s") && is_linked("e", "y"));
    assert!(!is_linked("long", "t") && !is_linked("e", "x"));
    assert_clean(&store);
}

#[test]
fn texts_from_a_larger_limit_stay_and_can_be_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let view = NewView::new("v", text(20)).description(text(20)).tags([text(20)]);
    project(&store).create_view(view).unwrap();
    let long = || Batch::segments([("long", "s")]);
    project(&store).link("v", long()).unwrap().all_ok().unwrap();
    store.close().unwrap();

    let limits = Limits { name: 3, description: 3, tag: 3, environment_id: 3, ..Limits::default() };
    let store = Options::new().limits(limits).open(dir.path()).unwrap();
    let project = project(&store);
    // Only changed texts are checked.
    let view = project.update_view("v", ViewPatch::new().name("new")).unwrap();
    assert_eq!((view.name, view.description.len(), view.tags.len()), ("new".into(), 20, 1));
    let error = project.update_view("v", ViewPatch::new().description(text(19))).unwrap_err();
    assert!(matches!(error, Error::TooLong { what: "description", .. }), "{error}");
    let report = project.unlink("v", long()).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("s", "unlinked")]));
    let report = project.link("v", long()).unwrap();
    assert_eq!(outcomes(&report), pairs(&[("s", "invalid_key")]));
    assert_clean(&store);
}

#[test]
fn an_environment_id_is_never_longer_than_a_key() {
    let limits = Limits { environment_id: usize::MAX, ..Limits::default() };
    let store = Options::new().limits(limits).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let report = project.link("v", Batch::segments([(text(256), "s"), (text(257), "s")])).unwrap();
    assert_eq!((report.success_count(), report.failure_count()), (1, 1));
    let reason = report.failures().next().unwrap().reason().to_string();
    assert!(reason.contains("the limit is 256"), "{reason}");
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let store = Options::new().open_in_memory().unwrap();
    let project = project(&store);
    let full = |extra: usize| {
        NewView::new(format!("v{extra}"), text(256 + extra))
            .description(text(4_096))
            .tags((0..64).map(|number| format!("{number:0256}")))
            .maintainer(Maintainer::Team(text(256)))
    };
    let noted = project.actor(text(256)).comment(text(16_384));
    noted.create_view(full(0)).unwrap();
    assert!(matches!(noted.create_view(full(1)), Err(Error::TooLong { limit: 256, .. })));
    let long = project.comment(text(16_385)).create_view(full(0));
    assert!(matches!(long, Err(Error::TooLong { limit: 16_384, .. })));
    assert_eq!(journal(&store).len(), 1);
    assert_clean(&store);
}
