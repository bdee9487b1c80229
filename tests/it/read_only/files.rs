//! The files of a store that is only read: no byte changes, and damage is detected.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Checkpoints, Error, Health, Options, Store};

use super::{read, read_only, told_by};
use crate::support::{content_of, copy, create, link, project, revision, segments};

/// Every name in a directory, with its bytes and its modification time.
fn seen(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let changed = fs::metadata(&path).unwrap().modified().unwrap();
        let bytes = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
        if path.is_dir() {
            found.extend(seen(&path));
        }
        found.insert(path, (bytes, changed));
    }
    found
}

/// Checks that an action does not change any byte or time in a directory.
fn untouched<T>(dir: &Path, act: impl FnOnce() -> T) -> T {
    let look = || (seen(dir), fs::metadata(dir).unwrap().modified().unwrap());
    let before = look();
    let done = act();
    assert!(before == look(), "the files changed");
    done
}

fn fill(store: &Store) {
    let project = project(store);
    create(&project, "v");
    create(&project, "w");
    for number in 0..40 {
        link(&project, "v", &[&format!("a{number}"), &format!("b{number}")]);
    }
    project.delete_view("w").unwrap();
}

/// A store that was closed.
fn closed() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    fill(&store);
    store.close().unwrap();
    dir
}

/// A store whose process was killed, with most of its state only in the journal.
fn killed() -> TempDir {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = Options::new().segment_size(4 << 10).checkpoints(Checkpoints::ByHand);
    let store = options.open(dir.path()).unwrap();
    fill(&store);
    copy(dir.path(), killed.path());
    killed
}

/// The same with an incomplete last record.
fn torn() -> TempDir {
    let dir = killed();
    let newest = segments(dir.path()).pop().unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[last] ^= 0xff;
    fs::write(&newest, bytes).unwrap();
    dir
}

/// Stores in each of these states, with their revision.
fn stores() -> [(TempDir, u64); 3] {
    [(closed(), 43), (killed(), 43), (torn(), 42)]
}

/// The content after a normal opening of a copy.
fn result_of_a_copy(dir: &Path) -> String {
    let copied = tempfile::tempdir().unwrap();
    copy(dir, copied.path());
    told_by(&Store::open(copied.path()).unwrap())
}

#[test]
fn closed_killed_and_torn_stores_are_read_as_recovered_and_not_changed() {
    for (dir, expected) in stores() {
        let copied = result_of_a_copy(dir.path());
        untouched(dir.path(), || {
            let store = read(dir.path());
            assert_eq!(revision(&store), expected);
            assert_eq!(told_by(&store), copied);
            store.close().unwrap();
        });
        untouched(dir.path(), || drop(read(dir.path())));
        // It can still be opened as before.
        assert_eq!(told_by(&Store::open(dir.path()).unwrap()), copied);
    }
}

#[test]
fn statistics_feeds_copies_and_dry_runs_change_no_byte() {
    for (dir, expected) in stores() {
        let copies = tempfile::tempdir().unwrap();
        untouched(dir.path(), || {
            let store = read(dir.path());
            let sizes = store.sizes().unwrap();
            assert_eq!((sizes.revision, sizes.journal.newest), (expected, expected));
            assert_eq!(sizes.checkpoint_revision, store.stats().checkpoint_revision);
            let length = fs::metadata(dir.path().join("checkpoint.redb")).unwrap().len();
            assert_eq!(sizes.checkpoint_bytes, length);
            assert_eq!(sizes.journal.segments, segments(dir.path()).len() as u64);
            let mut feed = store.feed(0).unwrap();
            assert_eq!(feed.wait(Duration::ZERO, 100).unwrap().len() as u64, expected);
            assert!(feed.wait(Duration::ZERO, 100).unwrap().is_empty(), "nothing comes");
            let report = project(&store).dry_run().unlink("v", Batch::flags(["a0", "no"])).unwrap();
            assert_eq!((report.success_count(), report.failure_count()), (1, 1));
            let copied = copies.path().join("copy");
            assert_eq!(store.backup_to(&copied).unwrap(), expected);
            assert_eq!(content_of(&Store::open(&copied).unwrap()), content_of(&store));
            store.close().unwrap();
        });
    }
}

#[test]
fn no_call_that_changes_anything_reaches_the_disk() {
    for (dir, expected) in stores() {
        let files =
            crate::support::files(dir.path()).into_iter().filter(|(path, _)| path.is_file());
        let named = files.map(|(path, bytes)| {
            let name = path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
            (name, bytes)
        });
        let named: Vec<_> = named.chain([("lock".to_owned(), Vec::new())]).collect();
        let disk = SimulatedDisk::with_files(named);
        let before = disk.contents();
        let store = read_only().open_on(&disk).unwrap();
        assert_eq!(revision(&store), expected);
        told_by(&store);
        project(&store).dry_run().delete().unwrap();
        store.close().unwrap();
        assert_eq!(disk.calls(), 0, "{:?}", disk.log());
        assert!(disk.contents() == before);
    }
}

#[test]
fn a_full_disk_that_a_store_cannot_be_recovered_on_can_be_read() {
    let disk = SimulatedDisk::new();
    let options = || Options::new().segment_size(4 << 10).checkpoints(Checkpoints::ByHand);
    let store = options().open_on(&disk).unwrap();
    fill(&store);
    let killed = disk.killed();
    killed.set_room(Some(0));
    assert!(matches!(options().open_on(&killed), Err(Error::Io { .. })));
    let killed = disk.killed();
    killed.set_room(Some(0));
    assert_eq!(told_by(&read_only().open_on(&killed).unwrap()), told_by(&store));
}

#[test]
fn read_only_files_can_be_read() {
    for (dir, expected) in stores() {
        let paths: Vec<PathBuf> = seen(dir.path()).into_keys().collect();
        let all = || paths.iter().map(PathBuf::as_path).chain([dir.path()]);
        let allow = |path: &Path, write: bool| {
            let mut permissions = fs::metadata(path).unwrap().permissions();
            permissions.set_readonly(!write);
            fs::set_permissions(path, permissions).unwrap();
        };
        all().for_each(|path| allow(path, false));
        // Permissions do not restrict every user, such as root. Then the test cannot check anything.
        let binds =
            fs::File::options().write(true).open(dir.path().join("checkpoint.redb")).is_err();
        if binds {
            let store = read(dir.path());
            assert_eq!(revision(&store), expected);
            told_by(&store);
        }
        all().for_each(|path| allow(path, true));
        if !binds {
            return eprintln!("not tested: this user may write read-only files");
        }
    }
}

#[test]
fn a_missing_store_is_not_created() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().join("missing"), dir.path().to_owned()] {
        let options = read_only().create_if_missing(true);
        let error = untouched(dir.path(), || options.open(&path).unwrap_err());
        assert!(matches!(&error, Error::NotFound { path: named } if *named == path), "{error}");
    }
    assert!(matches!(read_only().open_in_memory(), Err(Error::NotFound { .. })));
    fs::write(dir.path().join("letter"), "dear").unwrap();
    let error = untouched(dir.path(), || read_only().open(dir.path()).unwrap_err());
    assert!(matches!(error, Error::NotAStore { .. }), "{error}");
}

#[test]
fn damage_is_reported_as_by_any_other_opening() {
    let damages: [fn(&Path); 6] = [
        |dir| fs::remove_file(&segments(dir)[0]).unwrap(),
        |dir| fs::remove_file(dir.join("checkpoint.redb")).unwrap(),
        |dir| fs::write(dir.join("checkpoint.redb"), "no database").unwrap(),
        |dir| {
            fs::remove_file(dir.join("checkpoint.redb")).unwrap();
            fs::create_dir(dir.join("checkpoint.redb")).unwrap();
        },
        |dir| {
            fs::remove_dir_all(dir.join("journal")).unwrap();
            fs::write(dir.join("journal"), "no directory").unwrap();
        },
        |dir| {
            // In the middle of synced data.
            let oldest = &segments(dir)[0];
            let mut bytes = fs::read(oldest).unwrap();
            bytes[100] ^= 0xff;
            fs::write(oldest, bytes).unwrap();
        },
    ];
    let both = damages.iter().flat_map(|damage| [(damage, true), (damage, false)]);
    for (number, (damage, has_lock)) in both.enumerate() {
        let dir = killed();
        damage(dir.path());
        if !has_lock {
            fs::remove_file(dir.path().join("lock")).unwrap();
        }
        let error = untouched(dir.path(), || read_only().open(dir.path()).map(drop));
        let ordinary = Store::open(dir.path()).map(drop);
        assert_eq!(format!("{error:?}"), format!("{ordinary:?}"), "{number}");
        assert!(matches!(error, Err(Error::Damaged { .. })), "{number}: {error:?}");
    }
}

#[test]
fn reads_and_dry_runs_need_no_reads_of_the_disk() {
    let disk = SimulatedDisk::new();
    fill(&Options::new().open_on(&disk).unwrap());
    let calls = disk.calls();
    let store = read_only().open_on(&disk).unwrap();
    let before = content_of(&store);
    disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Read).permanently());
    project(&store).dry_run().delete().unwrap();
    assert_eq!(content_of(&store), before);
    // Calls that need the journal return the error, and change nothing.
    let error = store.verify().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    disk.clear_fault();
    assert_eq!(store.health(), Health::ReadOnly);
    assert!(store.verify().unwrap().is_clean());
    store.close().unwrap();
    assert_eq!(disk.calls(), calls);
}
