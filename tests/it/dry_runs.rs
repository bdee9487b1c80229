//! A dry run answers as the call would, and changes nothing.

use std::thread;

use viewlink::{
    Batch, EnvironmentId, Error, LinkChange, NewResource, NewView, Options, Project, Timestamp,
    ViewPatch,
};

use crate::support::{
    assert_clean_and_replayed, content_of, create, flag, flags, journal, link, outcomes, project,
    revision, stop_writes, two_views,
};

/// Every kind of call, each with its whole answer.
pub(crate) const CALLS: [fn(&Project) -> String; 12] = [
    |project| answer(project.create_view(NewView::new("new", "New"))),
    |project| answer(project.ensure_view(NewView::new("v", "V"))),
    |project| answer(project.update_view("v", ViewPatch::new().name("other"))),
    |project| answer(project.delete_view("v").map(|gone| gone.unlinked)),
    |project| answer(project.link("v", Batch::flags(["a", "x", "/"])).map(|of| outcomes(&of))),
    |project| answer(project.unlink("v", Batch::flags(["a", "x"])).map(|of| outcomes(&of))),
    |project| answer(project.replace("v", Batch::flags(["b", "x"])).map(|of| outcomes(&of))),
    |project| {
        let parts = [
            LinkChange::link("w", Batch::flags(["a"])),
            LinkChange::unlink("v", Batch::flags(["a", "b"]).keep_last_view()),
        ];
        answer(project.change_links(parts).map(|of| of.iter().map(outcomes).collect::<Vec<_>>()))
    },
    |project| {
        let put = project.put_resources([NewResource::flag("a").name("b")]);
        answer(put.map(|of| of.success_count()))
    },
    |project| answer(project.remove_resource(&flag("a")).map(|gone| (gone.registered, gone.links))),
    |project| {
        let environment = EnvironmentId::parse("e").unwrap();
        answer(project.remove_environment(&environment).map(|gone| gone.links))
    },
    |project| answer(project.delete().map(|gone| (gone.views, gone.unlinked))),
];

fn answer<T: std::fmt::Debug>(answer: viewlink::Result<T>) -> String {
    format!("{answer:?}")
}

/// A store that returns the same answers each time: its clock stands still.
fn filled() -> (viewlink::Store, Project) {
    let clock = || Timestamp::from_millis(7);
    let store = Options::new().clock(clock).open_in_memory().unwrap();
    let project = project(&store);
    fill(&project);
    (store, project)
}

/// Creates the views and links that the calls need.
pub(crate) fn fill(project: &Project) {
    create(project, "v");
    create(project, "w");
    link(project, "v", &["a", "b"]);
    project.link("v", Batch::segments([("e", "s")])).unwrap().all_ok().unwrap();
    project.put_resources([NewResource::flag("a")]).unwrap().all_ok().unwrap();
}

#[test]
fn a_dry_run_of_any_call_answers_as_the_call_does_and_changes_nothing() {
    for (number, call) in CALLS.iter().enumerate() {
        let (store, project) = filled();
        let (before, changes) = (content_of(&store), journal(&store));
        let dry = call(&project.dry_run());
        assert_eq!((content_of(&store), journal(&store)), (before, changes), "{number}");
        assert_eq!(call(&project.dry_run()), dry, "{number}");
        assert_eq!(call(&project), dry, "{number}");
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_dry_run_has_no_revision_and_fails_as_the_call_does() {
    let (store, project) = two_views();
    let dry = project.dry_run();
    assert_eq!(dry.link("v", Batch::flags(["a"])).unwrap().revision(), None);
    assert_eq!(dry.delete_view("v").unwrap().revision, None);
    assert!(matches!(dry.delete_view("nowhere"), Err(Error::UnknownView { .. })));
    assert!(matches!(dry.create_view(NewView::new("v", "")), Err(Error::ViewExists { .. })));
    let comment = "x".repeat(20_000);
    let error = dry.comment(comment).delete_view("v").unwrap_err();
    assert!(matches!(error, Error::TooLong { what: "comment", .. }), "{error}");
    stop_writes(&store);
    assert!(matches!(dry.delete_view("v"), Err(Error::WritesStopped { .. })));
}

#[test]
fn dry_runs_see_only_complete_changes_and_are_not_visible() {
    let (store, project) = two_views();
    thread::scope(|scope| {
        let dry = scope.spawn(|| {
            for _ in 0..200 {
                // Two flags are added and removed together.
                let report = project.dry_run().unlink("v", Batch::flags(["a", "b"])).unwrap();
                assert!([0, 2].contains(&report.success_count()), "{report}");
                drop(project.dry_run().link("v", Batch::flags(["never"])).unwrap());
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..150 {
                    drop(project.link("v", Batch::flags(["a", "b"])).unwrap());
                    drop(project.unlink("v", Batch::flags(["a", "b"])).unwrap());
                }
            });
        }
        while !dry.is_finished() {
            assert!(!flags(&store, "v").contains(&"never".to_owned()));
        }
    });
    assert_eq!(journal(&store).len() as u64, revision(&store));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_panic_in_a_dry_run_is_an_error_and_the_store_continues() {
    let panics = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let asked = std::sync::Arc::clone(&panics);
    let clock = move || {
        assert!(!asked.load(std::sync::atomic::Ordering::SeqCst), "the clock broke");
        Timestamp::from_millis(1)
    };
    let store = Options::new().clock(clock).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    panics.store(true, std::sync::atomic::Ordering::SeqCst);
    let error = project.dry_run().link("v", Batch::flags(["a"])).unwrap_err();
    assert!(matches!(error, Error::Panicked { .. }), "{error}");
    panics.store(false, std::sync::atomic::Ordering::SeqCst);
    link(&project, "v", &["a"]);
    assert_clean_and_replayed(&store);
}
