//! A directory that is moved while its store is open.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::Store;

/// A store with a copy next to it, and a change of their names.
struct Moved {
    dir: tempfile::TempDir,
    store: Store,
}

impl Moved {
    /// Opens a store at the path that `prepare` gives, and copies it to `copy`.
    fn new(prepare: impl FnOnce(&Path) -> PathBuf) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options::new().segment_size(4096).checkpoint_bytes(1);
        let store = options.open(prepare(dir.path())).unwrap();
        make_view(store.engine());
        link(store.engine(), 0, 3_000).unwrap();
        store.backup_to(dir.path().join("copy")).unwrap();
        Self { dir, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes 200 changes, some with checkpoints and new segments, and closes the store.
    fn change_and_close(self) -> tempfile::TempDir {
        for number in 1..=200 {
            link(self.store.engine(), number, 20).unwrap();
        }
        self.store.checkpoint().unwrap();
        self.store.close().unwrap();
        self.dir
    }
}

fn assert_holds(path: PathBuf, expected: u64) {
    let store = Store::open(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert_eq!(links(store.engine()), expected, "{path:?}");
    assert_clean(store.engine());
}

#[cfg(unix)]
#[test]
fn a_store_whose_directory_was_renamed_continues_there_and_does_not_touch_its_old_path() {
    let moved = Moved::new(|dir| dir.join("s"));
    fs::rename(moved.path("s"), moved.path("old")).unwrap();
    fs::rename(moved.path("copy"), moved.path("s")).unwrap();
    let dir = moved.change_and_close();
    assert_holds(dir.path().join("old"), 7_000);
    assert_holds(dir.path().join("s"), 3_000);
}

#[cfg(unix)]
#[test]
fn a_store_that_was_opened_through_a_link_stays_in_the_original_directory() {
    use std::os::unix::fs::symlink;
    let moved = Moved::new(|dir| {
        fs::create_dir(dir.join("real")).unwrap();
        symlink(dir.join("real"), dir.join("s")).unwrap();
        dir.join("s")
    });
    fs::remove_file(moved.path("s")).unwrap();
    symlink(moved.path("copy"), moved.path("s")).unwrap();
    let dir = moved.change_and_close();
    assert_holds(dir.path().join("real"), 7_000);
    assert_holds(dir.path().join("copy"), 3_000);
}
