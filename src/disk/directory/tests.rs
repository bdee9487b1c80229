//! The path of a directory is looked up once, and then the directory is kept open.

use std::path::PathBuf;

use super::*;
use crate::disk::UnfinishedDir;

/// A parent directory, and the path of `dir` in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let above = tempfile::tempdir().unwrap();
    let path = above.path().join("dir");
    (above, path)
}

fn names(path: &Path) -> Vec<String> {
    let mut names = FileDisk::new(path).unwrap().list("").unwrap();
    names.sort();
    names
}

#[test]
fn a_missing_directory_is_found_after_it_is_created_and_then_kept_open() {
    let (_above, path) = place();
    let path = path.join("deeper/still");
    let disk = FileDisk::new(&path).unwrap();
    let errors = [disk.list("").unwrap_err(), disk.open("a").unwrap_err()];
    for error in errors.into_iter().chain([disk.create("a").unwrap_err()]) {
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
    disk.create_dir("").unwrap();
    disk.create_dir("").unwrap();
    disk.create("a").unwrap();
    assert_eq!(names(&path), ["a"]);
}

#[test]
fn a_file_is_not_accepted_as_a_directory() {
    let (_above, path) = place();
    fs::write(&path, "a").unwrap();
    let disk = FileDisk::new(&path).unwrap();
    let kinds = [disk.list("").unwrap_err().kind(), disk.open("a").unwrap_err().kind()];
    assert_eq!(kinds, [io::ErrorKind::NotADirectory; 2]);
    assert_eq!(disk.create_dir("").unwrap_err().kind(), io::ErrorKind::AlreadyExists);

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("a"), "a").unwrap();
    fs::create_dir(path.join("sub")).unwrap();
    assert_eq!(disk.create_dir("a").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(disk.list("a").unwrap_err().kind(), io::ErrorKind::NotADirectory);
    assert_eq!(disk.open_to_read("sub").unwrap_err().kind(), io::ErrorKind::IsADirectory);
}

#[cfg(unix)]
#[test]
fn a_directory_that_was_removed_is_not_created_again() {
    let (_above, path) = place();
    let disk = FileDisk::new(&path).unwrap();
    disk.create_dir("").unwrap();
    fs::remove_dir(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(disk.create("a").unwrap_err().kind(), io::ErrorKind::NotFound);
    // The system treats it as an empty directory.
    assert!(disk.list("").unwrap_or_default().is_empty());
    let _ = disk.create_dir("");
    assert!(names(&path).is_empty());
}

#[cfg(unix)]
#[test]
fn only_files_are_opened_for_reading_without_blocking() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let (_above, path) = place();
    let disk = FileDisk::new(&path).unwrap();
    disk.create_dir("").unwrap();
    mknodat(CWD, path.join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
    for name in ["pipe", "socket"] {
        let error = disk.open_to_read(name).unwrap_err();
        assert_eq!(
            (error.kind(), &*error.to_string()),
            (io::ErrorKind::InvalidInput, "it is not a file")
        );
    }
}

#[cfg(unix)]
#[test]
fn a_copy_is_finished_in_its_directory_even_if_the_path_changes() {
    let (above, path) = place();
    let moved = above.path().join("moved");
    for is_there in [false, true] {
        fs::create_dir(&path).unwrap();
        let copy = path.join("copy");
        if is_there {
            fs::create_dir(&copy).unwrap();
        }
        let unfinished = UnfinishedDir::begin(&copy, &["a"]).unwrap();
        fs::rename(&path, &moved).unwrap();
        fs::create_dir(&path).unwrap();
        unfinished.disk().unwrap().create("a").unwrap();
        unfinished.finish().unwrap().sync().unwrap();
        assert_eq!(names(&moved), ["copy"]);
        assert_eq!(names(&moved.join("copy")), ["a"]);
        assert!(names(&path).is_empty());
        fs::remove_dir(&path).unwrap();
        fs::remove_dir_all(&moved).unwrap();
    }
}

#[test]
fn an_unfinished_copy_is_removed_with_its_contents() {
    let (above, path) = place();
    for is_there in [false, true] {
        if is_there {
            fs::create_dir(&path).unwrap();
        }
        let unfinished = UnfinishedDir::begin(&path, &["a", "sub"]).unwrap();
        let disk = unfinished.disk().unwrap();
        disk.create("a").unwrap();
        disk.create_dir("sub").unwrap();
        disk.create("sub/b").unwrap();
        assert_eq!(names(above.path()).len(), 1);
        drop(unfinished);
        assert_eq!(names(above.path()).len(), usize::from(is_there));
    }
    assert!(names(&path).is_empty());
}
