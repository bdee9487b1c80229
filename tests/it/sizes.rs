//! The sizes of the parts of a store.

use std::path::Path;

use viewlink::{Batch, Checkpoints, Error, Fault, MemoryUse, NewResource, NewView, Options, Store};

use crate::support::{
    checkpoint_file, copy, create, link, memory, project, segments, stop_writes, two_views,
};

/// The bytes of the journal's files.
fn journal_bytes(dir: &Path) -> u64 {
    segments(dir).iter().map(|path| std::fs::metadata(path).unwrap().len()).sum()
}

fn assert_as_on_disk(store: &Store, dir: &Path) {
    let sizes = store.sizes().unwrap();
    assert_eq!(sizes.journal.segments, segments(dir).len() as u64);
    assert_eq!(sizes.journal.bytes, journal_bytes(dir));
    let checkpoint = std::fs::metadata(checkpoint_file(dir)).unwrap().len();
    assert_eq!(sizes.checkpoint_bytes, checkpoint);
}

/// The change of the memory of each part by an action: views, links, names, backlinks, registry.
fn growth(store: &Store, act: impl FnOnce()) -> [i64; 5] {
    let parts = |store: &Store| {
        let MemoryUse { views, links, names, backlinks, registry, .. } =
            store.sizes().unwrap().memory;
        [views, links, names, backlinks, registry].map(|bytes| i64::try_from(bytes).unwrap())
    };
    let before = parts(store);
    act();
    let after = parts(store);
    std::array::from_fn(|part| after[part] - before[part])
}

#[test]
fn each_part_of_the_memory_grows_with_its_content_and_is_freed() {
    let (store, project) = two_views();
    assert_eq!(growth(&store, || create(&project, "x"))[1..], [0; 4], "a view has no links yet");
    let keys = || (0..5_000).map(|number| format!("a-flag-with-a-long-name-{number}"));
    let [_, links, names, backlinks, registry] = growth(&store, || {
        project.link("v", Batch::flags(keys())).unwrap().all_ok().map(drop).unwrap()
    });
    assert!(links > 5_000 * 8 && links < 5_000 * 100, "{links}");
    assert!(names > 5_000 * 24 && names < 5_000 * 160, "{names}");
    assert!(backlinks > 5_000 * 2 && backlinks < 5_000 * 100, "{backlinks}");
    assert_eq!(registry, 0);
    // A second link of the same names needs no more memory for them.
    let second = growth(&store, || {
        project.link("w", Batch::flags(keys())).unwrap().all_ok().unwrap();
    });
    assert!(second[1] > 5_000 * 8 && second[2] == 0, "{second:?}");
    let registering = growth(&store, || {
        project.put_resources(keys().map(NewResource::flag)).unwrap().all_ok().unwrap();
    });
    assert!(registering[4] > 5_000 * 24 && registering[1..4] == [0; 3], "{registering:?}");
    let total = store.sizes().unwrap().memory.total();
    project.delete().unwrap();
    let left = store.sizes().unwrap().memory.total();
    assert!(left < total / 100, "{left} of {total} bytes");
}

#[test]
fn a_checkpoint_increases_the_revision_on_disk() {
    let (store, project) = two_views();
    let reported = || {
        let sizes = store.sizes().unwrap();
        (sizes.revision, sizes.checkpoint_revision, sizes.journal.oldest, sizes.journal.newest)
    };
    assert_eq!(reported(), (2, 0, 1, 2));
    store.checkpoint().unwrap();
    assert_eq!(reported(), (2, 2, 1, 2));
    link(&project, "v", &["a"]);
    assert_eq!(reported(), (3, 2, 1, 3));
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["b"])).unwrap_err();
    store.recover().unwrap();
    assert_eq!(reported(), (4, 2, 1, 4), "a recovery makes no checkpoint");
    store.checkpoint().unwrap();
    assert_eq!(reported(), (4, 4, 1, 4));
}

#[test]
fn the_sizes_of_files_are_those_of_the_directory_through_rotation_removal_and_opening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let options = Options::new().segment_size(4096).keep_changes(Some(20));
    let store = options.clone().open(&path).unwrap();
    create(&project(&store), "v");
    assert_as_on_disk(&store, &path);
    for number in 0..60 {
        let key = format!("{number}{}", "x".repeat(200));
        link(&project(&store), "v", &[&key]);
    }
    assert_as_on_disk(&store, &path);
    let before = store.sizes().unwrap().journal;
    assert!(before.segments > 3 && before.oldest == 1, "{before:?}");
    store.checkpoint().unwrap();
    assert_as_on_disk(&store, &path);
    let after = store.sizes().unwrap().journal;
    assert!(after.segments < before.segments && after.bytes < before.bytes, "{after:?}");
    assert!(after.oldest > 30 && after.newest == 61, "{after:?}");

    let killed = dir.path().join("killed");
    copy(&path, &killed);
    store.close().unwrap();
    for path in [path, killed] {
        let store = options.clone().open(&path).unwrap();
        assert_as_on_disk(&store, &path);
        assert_eq!(store.sizes().unwrap().checkpoint_revision, 61);
    }
}

#[test]
fn a_read_only_store_reports_the_same_sizes_as_a_writable_one() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Options::new().checkpoints(Checkpoints::ByHand).open(dir.path()).unwrap();
    create(&project(&store), "v");
    let keys = (0..20_000).map(|number| format!("flag-{number}"));
    project(&store).link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    copy(dir.path(), killed.path());
    let read = Options::new().read_only(true).open(killed.path()).unwrap();
    assert_as_on_disk(&read, killed.path());
    let (read, written) = (read.sizes().unwrap(), store.sizes().unwrap());
    assert_eq!((read.revision, read.checkpoint_revision), (2, 0));
    assert_eq!(read.checkpoint_bytes, written.checkpoint_bytes);
    let memory = [read.memory, written.memory].map(|memory| memory.total());
    assert!(memory[0].abs_diff(memory[1]) < memory[1] / 4, "{memory:?}");
}

/// The newest segment has no change yet, and the next change does not fit into it.
#[test]
fn a_segment_that_replaces_an_empty_one_has_the_length_of_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().segment_size(4096).open(dir.path()).unwrap();
    let view = NewView::new("v", "V").description("d".repeat(4096));
    project(&store).create_view(view).unwrap();
    assert_as_on_disk(&store, dir.path());
    assert_eq!(store.stats().journal_bytes, journal_bytes(dir.path()));
}

#[test]
fn a_store_in_memory_has_sizes_and_an_empty_one_has_no_changes() {
    let sizes = memory().sizes().unwrap();
    assert_eq!((sizes.revision, sizes.checkpoint_revision), (0, 0));
    assert_eq!((sizes.journal.oldest, sizes.journal.newest), (1, 0));
    assert!(sizes.checkpoint_bytes > 0 && sizes.journal.bytes > 0, "{sizes:?}");
    assert_eq!(sizes.memory.total(), 0);
}

#[test]
fn sizes_can_be_read_when_writes_stopped_and_not_when_the_store_is_closed() {
    let (store, _) = two_views();
    stop_writes(&store);
    assert_eq!(store.sizes().unwrap().revision, 2);
    let other = store.clone();
    store.recover().unwrap();
    store.close().unwrap();
    assert!(matches!(other.sizes(), Err(Error::Closed)));
}

#[test]
fn reading_sizes_leaves_no_snapshot() {
    let store = memory();
    create(&project(&store), "v");
    store.sizes().unwrap();
    assert_eq!(store.stats().snapshots, 0);
    store.compact().unwrap();
}
