//! Reading one project in one call.

use std::thread;

use viewlink::{Batch, Error, Paging, ResourceType, Store};

use crate::support::{create, flag, link, memory, project, stop_writes, two_views, view_keys};

#[test]
fn a_reader_of_a_project_sees_one_state() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    let reader = project.read().unwrap();
    assert_eq!(reader.snapshot().revision(), 3);
    assert_eq!(reader.info(), store.snapshot().unwrap().project("p").unwrap().info());
    project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    project.delete_view("w").unwrap();
    assert!(reader.is_linked("v", &flag("a")).unwrap());
    assert_eq!(reader.info().views, 2);
    let now = project.read().unwrap();
    assert!(!now.is_linked("v", &flag("a")).unwrap());
    assert_eq!((now.snapshot().revision(), now.info().views), (5, 1));
    // After the project is removed, a snapshot of it can still be read.
    project.delete().unwrap();
    assert!(matches!(project.read(), Err(Error::UnknownProject { .. })));
    let page = reader.linked_resources("v", ResourceType::Flag, Paging::first(9)).unwrap();
    assert_eq!((page.total, page.items.len()), (2, 2));
}

#[test]
fn an_answered_change_is_visible_at_once_to_all() {
    let (_, project) = two_views();
    for number in 0..50 {
        let key = format!("k{number}");
        link(&project, "v", &[&key]);
        let reading = project.clone();
        let reader = thread::spawn(move || reading.read().unwrap());
        assert!(reader.join().unwrap().is_linked("v", &flag(&key)).unwrap());
    }
}

#[test]
fn a_reader_can_be_sent_to_any_thread_and_its_clones_see_the_same() {
    fn owned<T: Send + Sync + Clone + 'static>(_: &T) {}
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let reader = project.read().unwrap();
    owned(&reader);
    let clones: Vec<_> = (0..4).map(|_| reader.clone()).collect();
    drop(reader);
    project.delete().unwrap();
    assert_eq!(store.stats().snapshots, 1, "clones are one snapshot");
    let threads =
        clones.into_iter().map(|reader| thread::spawn(move || view_keys(&reader, &flag("a"))));
    for thread in threads.collect::<Vec<_>>() {
        assert_eq!(thread.join().unwrap(), ["v"]);
    }
    assert_eq!(store.stats().snapshots, 0);
}

#[test]
fn a_reader_keeps_the_store_open_and_ends_when_it_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    let reader = project(&store).read().unwrap();
    drop(store);
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));
    assert_eq!(reader.view("v").unwrap().version, 1);
    drop(reader);
    let store = Store::open(dir.path()).unwrap();
    let (handle, reader) = (project(&store), project(&store).read().unwrap());
    store.close().unwrap();
    assert!(matches!(reader.view("v"), Err(Error::Closed)));
    assert!(matches!(handle.read(), Err(Error::Closed)));
}

#[test]
fn a_project_is_read_while_writes_are_stopped() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    stop_writes(&store);
    assert!(project.read().unwrap().is_linked("v", &flag("a")).unwrap());
    let nothing = memory().project("p").unwrap();
    assert!(matches!(nothing.read(), Err(Error::UnknownProject { .. })));
}
