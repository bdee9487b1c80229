//! The laws of a place for snapshots.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use viewlink_cluster::{DirectorySnapshots, SnapshotName, Snapshots};

/// Opens the same place again and again; it is empty the first time.
pub(crate) type Open<'a> = &'a dyn Fn() -> Arc<dyn Snapshots>;

fn name(sequence: u64) -> SnapshotName {
    let position = format!("{}-{sequence}-{}", "0123456789abcdef".repeat(2), "ab".repeat(16));
    SnapshotName { sequence, position }
}

/// Checks all laws.
pub(crate) fn conforms(open: Open) {
    let folder = tempfile::tempdir().unwrap();
    let file = |bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(format!("put{}", bytes.len()));
        fs::write(&path, bytes).unwrap();
        path
    };
    let place = open();
    assert_eq!(place.list().unwrap(), []);
    place.remove(&name(1)).unwrap();

    let random: Vec<u8> =
        (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let put = [(900, &random[..]), (7, b""), (80, b"x"), (10_000, &random[..300_000])];
    for (sequence, bytes) in put {
        place.put(&name(sequence), &file(bytes)).unwrap();
    }
    let listed: Vec<u64> = place.list().unwrap().iter().map(|name| name.sequence).collect();
    assert_eq!(listed, [7, 80, 900, 10_000], "by sequence");
    assert_eq!(place.list().unwrap()[0], name(7));

    let again = open();
    for (sequence, bytes) in put {
        let into = folder.path().join(format!("fetched{sequence}"));
        again.fetch(&name(sequence), &into).unwrap();
        assert!(fs::read(&into).unwrap() == bytes, "snapshot {sequence}");
        assert!(again.fetch(&name(sequence), &into).is_err(), "a file is there already");
        assert!(fs::read(&into).unwrap() == bytes, "and is not changed");
    }

    let gone = folder.path().join("gone");
    assert!(place.fetch(&name(8), &gone).is_err());
    assert!(!gone.exists(), "a failed fetch leaves no file");
    for _ in 0..2 {
        place.remove(&name(80)).unwrap();
    }
    assert!(place.fetch(&name(80), &gone).is_err());
    assert_eq!(again.list().unwrap(), [name(7), name(900), name(10_000)]);

    place.put(&name(7), &file(b"again")).unwrap();
    place.fetch(&name(7), &gone).unwrap();
    assert_eq!(fs::read(&gone).unwrap(), b"again", "the newest put of a name counts");
}

#[test]
fn a_directory_keeps_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("snapshots");
    conforms(&|| Arc::new(DirectorySnapshots::open(&place).unwrap()));
    fs::write(place.join("notes.txt"), "mine").unwrap();
    fs::write(place.join(format!("{:020}.x.snapshot", 5)), "not a position").unwrap();
    assert_eq!(DirectorySnapshots::open(&place).unwrap().list().unwrap().len(), 3);
    let left: Vec<_> =
        fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".unfinished")), "{left:?}");
}

#[test]
fn a_damaged_snapshot_is_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let place = DirectorySnapshots::open(folder.path().join("snapshots")).unwrap();
    let (file, into) = (folder.path().join("file"), folder.path().join("into"));
    fs::write(&file, "some bytes of a snapshot").unwrap();
    place.put(&name(1), &file).unwrap();
    let kept =
        fs::read_dir(folder.path().join("snapshots")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&kept).unwrap();
    bytes[3] ^= 4;
    fs::write(&kept, &bytes).unwrap();
    let error = place.fetch(&name(1), &into).unwrap_err();
    assert!(!into.exists(), "{error}");
}

#[cfg(feature = "object-store")]
#[test]
fn any_object_store_keeps_snapshots() {
    use object_store::local::LocalFileSystem;
    use object_store::memory::InMemory;
    use viewlink_cluster::ObjectStoreSnapshots;

    let store: Arc<InMemory> = Arc::default();
    conforms(&|| Arc::new(ObjectStoreSnapshots::open(store.clone(), "of/one store").unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
    conforms(&|| Arc::new(ObjectStoreSnapshots::open(store.clone(), "snapshots").unwrap()));
}
