//! The places for copies of a store, and the remains of copies that fail.

use std::fs;
use std::path::Path;

use viewlink::{Error, Options, Outcome, Store, StoreFile};

use crate::support::{
    assert_plain, content_of, copy, copy_of, create, files, flags, link, names, project, segments,
    two_views,
};

#[test]
fn an_existing_file_at_the_path_is_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let path = |name: &str| dir.path().join(name);
    fs::write(path("file"), "mine").unwrap();
    fs::create_dir(path("full")).unwrap();
    fs::write(path("full/file"), "mine").unwrap();
    store.backup_to(path("copy")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(path("nowhere"), path("link")).unwrap();
    let before = files(&path("full")).len();
    let mut taken = vec!["file", "full", "copy"];
    taken.extend(cfg!(unix).then_some("link"));
    let there = names(dir.path());
    for name in taken {
        let error = store.backup_to(path(name)).unwrap_err();
        assert!(matches!(error, Error::AlreadyExists { .. }), "{name}: {error}");
        assert_plain(&error.to_string());
    }
    assert_eq!(names(dir.path()), there);
    assert_eq!(files(&path("full")).len(), before);
    assert_eq!(fs::read_to_string(path("file")).unwrap(), "mine");
    assert_eq!(flags(&Store::open(path("copy")).unwrap(), "v"), ["a"]);
}

#[cfg(unix)]
#[test]
fn an_empty_directory_is_filled_and_stays_the_same_directory() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = two_views();
    let path = dir.path().join("copy");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o1700)).unwrap();
    let is = || {
        let is = fs::metadata(&path).unwrap();
        (is.ino(), is.uid(), is.gid(), is.mode())
    };
    let before = is();
    let copy = copy_of(&store, &path);
    assert_eq!(content_of(&copy), content_of(&store));
    assert_eq!(is(), before);
    assert_eq!(names(dir.path()), ["copy"]);
    copy.close().unwrap();
    assert_eq!(names(&path), ["checkpoint.redb", "journal", "lock"]);
}

/// A store whose journal cannot be read to its end, and a function that repairs it.
fn with_a_damaged_journal(dir: &Path) -> (Store, impl FnOnce() + use<>) {
    let store = Options::new().segment_size(4_096).open(dir).unwrap();
    create(&project(&store), "v");
    for number in 0..60 {
        link(&project(&store), "v", &[&format!("{number:0200}")]);
    }
    let middle = segments(dir)[2].clone();
    let whole = fs::read(&middle).unwrap();
    let mut bytes = whole.clone();
    bytes[300] ^= 1;
    fs::write(&middle, &bytes).unwrap();
    (store, move || fs::write(&middle, &whole).unwrap())
}

#[test]
fn a_directory_that_could_not_be_filled_is_empty_again() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mend) = with_a_damaged_journal(&dir.path().join("store"));
    let path = dir.path().join("copy");
    fs::create_dir(&path).unwrap();
    assert_failed(store.backup_to(&path));
    assert!(names(&path).is_empty(), "{:?}", names(&path));
    mend();
    copy_of(&store, &path);
}

#[test]
fn an_incomplete_copy_is_reported_and_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let path = dir.path().join("copy");
    store.backup_to(&path).unwrap();
    for left in [
        &["unfinished"][..],
        &["unfinished", "journal"],
        &["unfinished", "journal", "checkpoint.redb"],
    ] {
        let half = tempfile::tempdir().unwrap();
        copy(&path, half.path());
        fs::write(half.path().join("unfinished"), "").unwrap();
        for name in names(half.path()).iter().filter(|name| !left.contains(&name.as_str())) {
            let gone = half.path().join(name);
            fs::remove_file(&gone).or_else(|_| fs::remove_dir_all(&gone)).unwrap();
        }
        for read_only in [false, true] {
            let error = Options::new().read_only(read_only).open(half.path()).unwrap_err();
            assert!(matches!(error, Error::NotAStore { .. }), "{error}");
            assert!(error.to_string().contains("copy was not finished"), "{error}");
            assert_plain(&error.to_string());
        }
        let taken = store.backup_to(half.path()).unwrap_err();
        assert!(matches!(taken, Error::AlreadyExists { .. }), "{taken}");
        assert_eq!(names(half.path()).len(), left.len());
    }
}

#[track_caller]
fn assert_failed(result: viewlink::Result<u64>) -> Error {
    let error = result.unwrap_err();
    assert_plain(&error.to_string());
    assert_eq!(error.outcome(), Outcome::NotApplied);
    match error {
        Error::BackupFailed { source, .. } => *source,
        other => panic!("{other}"),
    }
}

#[test]
fn a_path_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, project) = two_views();
    fs::write(dir.path().join("file"), "").unwrap();
    let mut paths = vec!["missing/copy".into(), "file/copy".into(), "x".repeat(300)];
    // No user can create a directory among the system's own files.
    paths.extend(Path::new("/proc/self").is_dir().then_some("/proc/copy".to_owned()));
    for path in paths {
        let source = assert_failed(store.backup_to(dir.path().join(&path)));
        assert!(matches!(source, Error::Io { .. }), "{path}: {source}");
    }
    for path in ["", "/", ".."] {
        let error = store.backup_to(path).unwrap_err();
        let named = matches!(error, Error::BackupFailed { .. } | Error::AlreadyExists { .. });
        assert!(named, "{path:?}: {error}");
    }
    assert_eq!(names(dir.path()), ["file"]);
    link(&project, "v", &["a"]);
    assert_eq!(store.stats().snapshots, 0);
    store.compact().unwrap();
}

#[test]
fn a_copy_of_an_unreadable_journal_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mend) = with_a_damaged_journal(&dir.path().join("store"));
    let source = assert_failed(store.backup_to(dir.path().join("copy")));
    assert!(matches!(source, Error::Damaged { file: StoreFile::Journal, .. }), "{source}");
    assert_eq!(names(dir.path()), ["store"]);
    mend();
    copy_of(&store, &dir.path().join("copy"));
}
