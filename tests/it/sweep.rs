//! What deleted views leave in the lists of their resources goes, also where nobody links those
//! resources again.

use viewlink::{Batch, Options, Store};

use crate::support::{assert_clean, create, flag, project, views_of};

/// Links ten resources that were never there to a view, and deletes the view.
fn come_and_go(store: &Store, round: usize) {
    let project = project(store);
    create(&project, "go");
    let keys = (0..10).map(|number| format!("z-{round:06}-{number}"));
    project.link("go", Batch::flags(keys)).unwrap().all_ok().unwrap();
    // Folded before the view goes, or the lists would not be written at all.
    if round.is_multiple_of(2) {
        store.checkpoint().unwrap();
    }
    project.delete_view("go").unwrap();
}

/// How many lists there are, and how many dead ids in them.
fn lists(store: &Store) -> (u64, u64) {
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
    (verification.counts.posting_lists, verification.counts.dead_view_ids)
}

#[test]
fn resources_that_come_and_go_with_their_views_leave_no_lists_behind() {
    for (changes, at_once) in [(0, 1), (50, 5), (200, 1_000)] {
        let store = Options::new().tail(changes, at_once).open_in_memory().unwrap();
        create(&project(&store), "stay");
        let batch = || Batch::flags(["kept"]);
        project(&store).link("stay", batch()).unwrap().all_ok().unwrap();
        for round in 0..300 {
            come_and_go(&store, round);
        }
        let (lists, dead) = lists(&store);
        assert!(lists < 600 && dead < 600, "{lists} lists with {dead} dead ids of 3,000");
        assert_eq!(views_of(&store, &flag("kept")), ["stay"]);
    }
}

/// A sweep goes on where the last one stopped, whatever was closed in between.
#[test]
fn a_store_that_is_opened_often_gets_through_all_lists() {
    let dir = tempfile::tempdir().unwrap();
    let open =
        || Options::new().segment_size(4_096).keep_changes(Some(1)).open(dir.path()).unwrap();
    let store = open();
    create(&project(&store), "stay");
    let keys: Vec<String> = (0..1_500).map(|number| format!("a-{number:05}")).collect();
    project(&store).link("stay", Batch::flags(&keys)).unwrap().all_ok().unwrap();
    store.close().unwrap();
    for round in (0..300).step_by(2) {
        let store = open();
        come_and_go(&store, round);
        store.close().unwrap();
    }
    let store = open();
    let (lists, dead) = lists(&store);
    assert!(lists < 1_500 + 600 && dead < 600, "{lists} lists with {dead} dead ids of 1,500");
    assert_eq!(views_of(&store, &flag("a-00007")), ["stay"]);
}

#[test]
fn a_sweep_leaves_what_lives_in_every_type_and_project() {
    let store = Options::new().tail(20, 1).open_in_memory().unwrap();
    for project in ["p", "q"] {
        let project = store.project(project).unwrap();
        for view in ["stay", "go"] {
            create(&project, view);
            let names = || (0..40).map(|number| format!("name-{number}"));
            let segments = names().map(|name| ("env", name));
            project.link(view, Batch::flags(names())).unwrap().all_ok().unwrap();
            project.link(view, Batch::metrics(names())).unwrap().all_ok().unwrap();
            project.link(view, Batch::ai_configs(names())).unwrap().all_ok().unwrap();
            project.link(view, Batch::segments(segments)).unwrap().all_ok().unwrap();
        }
        store.checkpoint().unwrap();
        project.delete_view("go").unwrap();
    }
    let (count, dead) = lists(&store);
    assert!(count == 320 && dead >= 160, "{count} lists with {dead} dead ids");
    (0..200).for_each(|round| come_and_go(&store, round));
    let (lists, dead) = lists(&store);
    assert!(lists < 320 + 600 && dead < 600, "{lists} lists with {dead} dead ids");
    for project in ["p", "q"] {
        store.project(project).unwrap().delete_view("stay").unwrap();
    }
    (200..500).for_each(|round| come_and_go(&store, round));
    assert_clean(&store);
    assert!(self::lists(&store).0 < 600);
}
