//! The locks of a store that is opened read-only. The tests of the command line use other processes.

use std::thread;

use viewlink::{Error, Store};

use super::{read, read_only, told_by};
use crate::support::{create, project, revision};

#[test]
fn readers_share_a_store_and_a_writer_has_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Store::open(dir.path()).unwrap();
    create(&project(&writer), "v");
    assert!(matches!(read_only().open(dir.path()), Err(Error::AlreadyOpen { .. })));
    writer.close().unwrap();

    let (one, other) = (read(dir.path()), read(dir.path()));
    assert_eq!(told_by(&one), told_by(&other));
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));
    one.close().unwrap();
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));
    assert_eq!(revision(&other), 1);
    drop(other);
    let writer = Store::open(dir.path()).unwrap();
    create(&project(&writer), "w");
    assert!(matches!(read_only().open(dir.path()), Err(Error::AlreadyOpen { .. })));
}

#[test]
fn many_threads_open_one_store_and_read_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Store::open(dir.path()).unwrap();
    create(&project(&writer), "v");
    let expected = told_by(&writer);
    writer.close().unwrap();
    thread::scope(|scope| {
        let readers: Vec<_> = (0..4).map(|_| scope.spawn(|| told_by(&read(dir.path())))).collect();
        for reader in readers {
            assert_eq!(reader.join().unwrap(), expected);
        }
    });
}

#[test]
fn a_store_that_was_never_opened_is_read_and_cannot_be_written_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Store::open(dir.path()).unwrap();
    create(&project(&writer), "v");
    let copied = dir.path().join("copied");
    writer.backup_to(&copied).unwrap();
    let (dir, lock) = (&copied, copied.join("lock"));
    assert!(!lock.exists(), "it has no lock file yet");
    let (one, other) = (read(dir), read(dir));
    assert_eq!((revision(&one), revision(&other)), (1, 1));
    assert!(!lock.exists(), "it was not created");
    for _ in 0..2 {
        // The second one finds the file that the first one created.
        let error = Store::open(dir).unwrap_err();
        assert!(matches!(&error, Error::AlreadyOpen { path } if path == dir), "{error}");
    }
    assert_eq!(told_by(&read(dir)), told_by(&one));
    drop((one, other));
    create(&project(&Store::open(dir).unwrap()), "w");
}
