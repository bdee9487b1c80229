//! Opening: which directories are stores, who has a store open, and what a failed open leaves.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Checkpoints, Error, NewView, Options, Store};

use crate::support::{
    assert_clean, assert_plain, checkpoint_file, content_of, copy, create, files, link, project,
    refused, revision, segments,
};

/// Creates a store with a view and some links, and closes it.
fn make(dir: &Path) {
    let store = Store::open(dir).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a", "b"]);
    store.close().unwrap();
}

#[test]
fn a_store_has_one_opener_until_it_is_closed_or_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path()).unwrap();
    create(&project(&first), "v");
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(&error, Error::AlreadyOpen { path } if path == dir.path()), "{error}");
    // Neither under another spelling of the path, nor from another thread.
    let other = dir.path().join("journal").join("..");
    assert!(matches!(Store::open(&other), Err(Error::AlreadyOpen { .. })));
    let in_thread = thread::scope(|scope| scope.spawn(|| Store::open(&other)).join().unwrap());
    assert!(matches!(in_thread, Err(Error::AlreadyOpen { .. })));
    // The process that has it open continues, and a refused opener does not release it.
    create(&project(&first), "w");
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));

    let handle = project(&first);
    drop(first);
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));
    drop(handle);
    let second = Store::open(dir.path()).unwrap();
    assert_eq!(revision(&second), 2);
    let clone = second.clone();
    second.close().unwrap();
    let third = Store::open(dir.path()).unwrap();
    assert!(matches!(clone.snapshot(), Err(Error::Closed)));
    assert_eq!(revision(&third), 2);
}

#[test]
fn a_closed_handle_that_is_dropped_later_does_not_free_the_store_of_the_next_opener() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path()).unwrap();
    let clone = first.clone();
    first.close().unwrap();
    let second = Store::open(dir.path()).unwrap();
    drop(clone);
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));
    create(&project(&second), "v");
    assert_clean(&second);
}

#[test]
fn a_missing_store_is_not_created_without_permission() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().join("a").join("b"), dir.path().to_owned()] {
        let error = refused(&path, Options::new().create_if_missing(false));
        assert!(matches!(&error, Error::NotFound { path: named } if *named == path), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "not even a lock file");
    }
}

#[test]
fn an_existing_store_opens_whether_or_not_it_may_be_created() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    for create in [true, false] {
        let store = Options::new().create_if_missing(create).open(dir.path()).unwrap();
        assert_eq!(revision(&store), 2);
        store.close().unwrap();
    }
}

#[test]
fn a_store_is_created_with_its_parent_directories() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a").join("b").join("store");
    make(&path);
    assert_eq!(revision(&Store::open(&path).unwrap()), 2);
}

#[test]
fn a_file_is_not_a_store_and_is_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "text").unwrap();
    for path in [path.clone(), path.join("below")] {
        for create in [true, false] {
            let error = Options::new().create_if_missing(create).open(&path).unwrap_err();
            assert!(matches!(error, Error::NotAStore { .. }), "{error}");
        }
    }
    assert_eq!(fs::read(&path).unwrap(), b"text");
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn a_directory_that_cannot_be_listed_is_a_disk_error() {
    let disk = SimulatedDisk::new();
    for lists in 0..3 {
        disk.fail(DiskFault::new(ErrorKind::PermissionDenied).on(CallKind::List).after(lists));
        let error = Options::new().open_on(&disk).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "after {lists}: {error}");
    }
    disk.clear_fault();
    assert_clean(&Options::new().open_on(&disk).unwrap());
}

#[test]
fn a_lock_file_that_cannot_be_opened_prevents_the_opening_and_is_not_replaced() {
    let disk = SimulatedDisk::new();
    Options::new().open_on(&disk).unwrap().close().unwrap();
    disk.fail(DiskFault::new(ErrorKind::PermissionDenied).on(CallKind::Open));
    let calls = disk.calls();
    let error = Options::new().open_on(&disk).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert_eq!(disk.calls(), calls, "nothing was changed");
}

#[test]
fn a_directory_with_other_files_is_not_a_store_and_is_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("letter.txt"), "dear").unwrap();
    fs::create_dir(dir.path().join("journal")).unwrap();
    fs::write(dir.path().join("journal").join("monday"), "rain").unwrap();
    for create in [true, false] {
        let error = refused(dir.path(), Options::new().create_if_missing(create));
        let Error::NotAStore { path, reason } = &error else { panic!("{error}") };
        assert_eq!(path, dir.path());
        assert!(reason.contains("letter.txt"), "{reason}");
    }
    assert!(!dir.path().join("lock").exists());
}

#[test]
fn other_files_in_a_store_do_not_prevent_its_opening() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    fs::write(dir.path().join("README"), "mine").unwrap();
    fs::write(dir.path().join("journal").join("notes.log"), "mine too").unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(revision(&store), 2);
    store.close().unwrap();
    assert_eq!(fs::read(dir.path().join("README")).unwrap(), b"mine");
    assert_eq!(fs::read(dir.path().join("journal").join("notes.log")).unwrap(), b"mine too");
}

#[test]
fn the_remains_of_an_interrupted_creation_do_not_prevent_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("unfinished.redb"), "half a database").unwrap();
    fs::write(dir.path().join("lock"), "").unwrap();
    fs::create_dir(dir.path().join("journal")).unwrap();
    fs::write(dir.path().join("journal").join("unfinished"), "half a segment").unwrap();
    let error = refused(dir.path(), Options::new().create_if_missing(false));
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    make(dir.path());
    assert!(!dir.path().join("unfinished.redb").exists());
    assert!(!dir.path().join("journal").join("unfinished").exists());
    // The same next to an existing store.
    fs::write(dir.path().join("unfinished.redb"), "half a database").unwrap();
    fs::write(dir.path().join("journal").join("unfinished"), "half a segment").unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "w");
    assert_clean(&store);
}

#[test]
fn an_empty_directory_becomes_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(revision(&store), 0);
    assert!(content_of(&store).len() == 1);
    assert_clean(&store);
    store.close().unwrap();
    assert_eq!(revision(&Store::open(dir.path()).unwrap()), 0);
}

#[test]
fn opening_again_and_again_without_a_change_does_not_grow_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    Store::open(dir.path()).unwrap().close().unwrap();
    let count = segments(dir.path()).len();
    for number in 0..6 {
        let store = Store::open(dir.path()).unwrap();
        // Alternately closed and dropped.
        if number % 2 == 0 {
            store.close().unwrap();
        }
    }
    assert_eq!(segments(dir.path()).len(), count);
    assert_clean(&Store::open(dir.path()).unwrap());
}

#[test]
fn a_journal_of_a_newer_format_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    let segment = segments(dir.path()).pop().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[8..12].copy_from_slice(&7_u32.to_le_bytes());
    fs::write(&segment, bytes).unwrap();
    let error = refused(dir.path(), Options::new());
    let Error::NewerFormat { part, found, supported } = &error else { panic!("{error}") };
    assert_eq!((*found, *supported), (7, 1));
    assert!(part.contains("journal"), "{part}");
}

#[test]
fn a_checkpoint_of_a_newer_format_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    let table = redb::TableDefinition::<&str, &[u8]>::new("head");
    let database = redb::Database::open(checkpoint_file(dir.path())).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut rows = transaction.open_table(table).unwrap();
    assert_eq!(rows.insert("format", &[9][..]).unwrap().unwrap().value(), [1]);
    drop(rows);
    transaction.commit().unwrap();
    drop(database);
    let error = refused(dir.path(), Options::new());
    let newer = matches!(&error, Error::NewerFormat { found: 9, supported: 1, .. });
    assert!(newer && error.to_string().contains("checkpoint"), "{error}");
}

#[test]
fn a_store_of_the_earlier_layout_is_reported_and_not_changed() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/earlier-layout");
    let dir = tempfile::tempdir().unwrap();
    copy(&kept, dir.path());
    let before = files(dir.path());
    for options in
        [Options::new(), Options::new().create_if_missing(false), Options::new().read_only(true)]
    {
        let error = refused(dir.path(), options);
        let Error::NotAStore { path, reason } = &error else { panic!("{error}") };
        assert_eq!(path, dir.path());
        assert!(
            reason.contains("state.redb") && reason.contains("before its first release"),
            "{reason}"
        );
        assert_plain(&error.to_string());
    }
    assert!(!dir.path().join("lock").exists());
    // It is not treated as an unused path either.
    let store = Options::new().open_in_memory().unwrap();
    assert!(matches!(store.backup_to(dir.path()), Err(Error::AlreadyExists { .. })));
    assert!(files(dir.path()) == before);
}

#[test]
fn a_copy_of_an_open_store_is_a_separate_store() {
    let (dir, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    copy(dir.path(), copied.path());
    let other = Store::open(copied.path()).unwrap();
    create(&project(&other), "w");
    assert_eq!((revision(&store), revision(&other)), (1, 2));
    let snapshot = store.snapshot().unwrap();
    assert!(snapshot.project("p").unwrap().view("w").is_err());
}

#[test]
fn one_of_many_concurrent_openers_of_a_new_store_succeeds() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store");
        let results: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| Store::open(&path))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let refusals = results.iter().filter_map(|result| result.as_ref().err());
        assert!(refusals.clone().all(|error| matches!(error, Error::AlreadyOpen { .. })));
        assert_eq!(refusals.count(), 3);
    }
}

#[test]
fn an_empty_path_is_not_a_store_and_nothing_is_created() {
    let lock = Path::new("lock");
    assert!(!lock.exists());
    let result = Store::open("");
    let left = lock.exists();
    if left {
        fs::remove_file(lock).unwrap();
    }
    assert!(result.is_err() && !left, "{result:?}");
}

/// Whether an opener ever gets another error than that the store is open, while another thread drops the store with
/// much to write at the end.
fn hears_only_already_open(dir: &Path) -> Result<(), Error> {
    let options = || Options::new().checkpoints(Checkpoints::ByHand);
    let store = options().open(dir).unwrap();
    let project = project(&store);
    project.ensure_view(NewView::new("v", "")).unwrap();
    let keys = (0..3_000).map(|number| format!("k{}-{number}", revision(&store)));
    project.link("v", viewlink::Batch::flags(keys)).unwrap().all_ok().unwrap();
    drop(project);
    let (ready, started) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            ready.send(()).unwrap();
            drop(store);
        });
        started.recv().unwrap();
        loop {
            match options().open(dir) {
                Err(Error::AlreadyOpen { .. }) => {}
                other => break other.map(drop),
            }
        }
    })
}

#[test]
fn an_opener_during_a_drop_gets_the_error_that_the_store_is_open_and_later_the_store() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let result = hears_only_already_open(dir.path());
        assert!(result.is_ok(), "round {round}: {result:?}");
    }
}

/// Another store under the old path is not changed, not by new segments and not by a recovery.
#[cfg(unix)]
#[test]
fn a_store_continues_after_its_directory_is_renamed() {
    let above = tempfile::tempdir().unwrap();
    let (old, new, other) =
        (above.path().join("old"), above.path().join("new"), above.path().join("other"));
    let store = Options::new().segment_size(4096).open(&old).unwrap();
    create(&project(&store), "v");
    make(&other);
    fs::rename(&old, &new).unwrap();
    fs::rename(&other, &old).unwrap();
    let before = files(&old);
    for round in 0..3 {
        for number in 0..100 {
            link(&project(&store), "v", &[&format!("flag-{round}-{number}")]);
        }
        store.recover().unwrap();
    }
    assert_clean(&store);
    let content = content_of(&store);
    store.close().unwrap();
    assert_eq!(files(&old), before);
    assert_eq!(content_of(&Store::open(&new).unwrap()), content);
}
