//! How large the parts of a store are.

use std::path::Path;
use std::time::Duration;

use viewlink::{Batch, Error, Fault, NewView, Options, Sizes, Store, TableSize};

use crate::support::{Ages, copy, create, link, memory, project, segments, stop_writes, two_views};

fn table<'a>(sizes: &'a Sizes, name: &str) -> &'a TableSize {
    sizes.tables.iter().find(|table| table.name == name).unwrap()
}

/// The bytes of the journal's files.
fn journal_bytes(dir: &Path) -> u64 {
    segments(dir).iter().map(|path| std::fs::metadata(path).unwrap().len()).sum()
}

fn assert_as_on_disk(store: &Store, dir: &Path) {
    let sizes = store.sizes().unwrap();
    assert_eq!(sizes.journal.segments, segments(dir).len() as u64);
    assert_eq!(sizes.journal.bytes, journal_bytes(dir));
    let state = std::fs::metadata(dir.join("state.redb")).unwrap().len();
    assert_eq!(sizes.state_bytes, state);
}

#[test]
fn each_table_is_told_with_its_rows_and_bytes() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c"]);
    let sizes = store.sizes().unwrap();
    assert!(sizes.tables.is_sorted_by(|one, other| one.name < other.name), "{sizes:?}");
    assert_eq!(sizes.tables.len(), 21);
    for (name, rows) in
        [("projects", 1), ("views", 2), ("view_keys", 2), ("links.flag", 1), ("links.metric", 0)]
    {
        assert_eq!(table(&sizes, name).rows, rows, "{name}");
    }
    assert_eq!(table(&sizes, "backlinks.flag").rows, 0, "they wait in the tail");
    let links = table(&sizes, "links.flag");
    assert!(links.stored_bytes >= 3 && links.bytes().is_multiple_of(4096), "{links:?}");
    assert_eq!(table(&sizes, "links.metric").bytes(), 0);
    let used: u64 = sizes.tables.iter().map(TableSize::bytes).sum();
    assert_eq!(sizes.free_bytes, sizes.state_bytes - used);
    store.checkpoint().unwrap();
    assert_eq!(table(&store.sizes().unwrap(), "backlinks.flag").rows, 1);
}

#[test]
fn more_links_take_more_bytes() {
    let (store, project) = two_views();
    let bytes = || table(&store.sizes().unwrap(), "links.flag").stored_bytes;
    let before = bytes();
    let keys = (0..1_000).map(|number| format!("flag-{number}"));
    project.link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    assert!(bytes() > before + 1_000, "{before} {}", bytes());
}

#[test]
fn a_checkpoint_moves_the_revision_that_the_disk_has() {
    let (store, project) = two_views();
    let told = || {
        let sizes = store.sizes().unwrap();
        (sizes.revision, sizes.checkpoint_revision, sizes.journal.oldest, sizes.journal.newest)
    };
    assert_eq!(told(), (2, 0, 1, 2));
    store.checkpoint().unwrap();
    assert_eq!(told(), (2, 2, 1, 2));
    link(&project, "v", &["a"]);
    assert_eq!(told(), (3, 2, 1, 3));
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["b"])).unwrap_err();
    store.recover().unwrap();
    assert_eq!(told(), (4, 4, 1, 4));
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
fn the_state_of_a_store_that_is_only_read_is_as_long_as_its_file() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [path, state] = [dir.path().to_owned(), dir.path().join("state.redb")];
    let store = Options::new().checkpoint_interval(u64::MAX, u64::MAX).open(&path).unwrap();
    let short = std::fs::read(&state).unwrap();
    create(&project(&store), "v");
    for part in 0..5 {
        let keys = (0..20_000).map(|number| format!("flag-{part}-{number}"));
        project(&store).link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    }
    copy(&path, killed.path());
    std::fs::write(killed.path().join("state.redb"), short).unwrap();
    let store = Options::new().read_only(true).open(killed.path()).unwrap();
    assert_as_on_disk(&store, killed.path());
    let sizes = store.sizes().unwrap();
    let used: u64 = sizes.tables.iter().map(TableSize::bytes).sum();
    assert!(used > sizes.state_bytes, "the replay made it grow: {sizes:?}");
    assert_eq!(sizes.free_bytes, 0);
}

/// The newest segment has no change yet, and the first one does not fit into it.
#[test]
fn a_segment_that_takes_the_place_of_an_empty_one_is_as_long_as_its_file() {
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
    assert!(sizes.state_bytes > 0 && sizes.journal.bytes > 0, "{sizes:?}");
    assert_eq!(table(&sizes, "views").rows, 0);
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
fn no_limit_on_snapshots_ends_them_and_none_is_left() {
    let ages = Ages::default();
    let store = ages.options().snapshot_limit(Some(Duration::ZERO)).open_in_memory().unwrap();
    create(&project(&store), "v");
    store.sizes().unwrap();
    assert_eq!(store.stats().snapshots, 0);
    store.compact().unwrap();
}
