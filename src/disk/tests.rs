//! The contract that every disk must keep.

use super::*;

/// The contract, tested on each disk.
fn keeps_the_contract(disk: &dyn Disk) -> io::Result<()> {
    disk.create_dir("sub")?;
    disk.create_dir("sub")?;
    let file = disk.create("sub/a")?;
    file.write_at(3, b"xyz")?;
    assert_eq!(file.len()?, 6);
    let mut out = [9; 6];
    file.read_at(0, &mut out)?;
    assert_eq!(&out, b"\0\0\0xyz");
    let beyond = file.read_at(1, &mut out).unwrap_err();
    assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
    file.set_len(4)?;
    file.set_len(6)?;
    file.read_at(0, &mut out)?;
    assert_eq!(&out, b"\0\0\0x\0\0");
    file.sync()?;

    assert!(file.try_lock()?);
    assert!(!disk.open("sub/a")?.try_lock()?);
    file.unlock()?;
    let other = disk.open("sub/a")?;
    assert!(other.try_lock()?);
    assert!(!file.try_lock_shared()?);
    other.unlock()?;
    assert!(file.try_lock_shared()? && other.try_lock_shared()?);
    file.unlock()?;
    assert!(!file.try_lock()?, "the other handle still has it");
    other.unlock()?;
    assert!(file.try_lock()?);
    drop(file);
    assert!(other.try_lock()?, "a lock ends with its handle");
    drop(other);

    disk.create("sub/b")?;
    disk.rename("sub/a", "sub/b")?;
    disk.sync_dir("sub")?;
    assert_eq!(disk.list("sub")?, ["b"]);
    assert_eq!(disk.open("sub/b")?.len()?, 6);
    assert_eq!(disk.open_to_read("sub/b")?.len()?, 6);
    assert_eq!(disk.create("sub/b")?.len()?, 0);
    let there = disk.create_new("sub/b").unwrap_err();
    assert_eq!(there.kind(), io::ErrorKind::AlreadyExists);
    disk.remove("sub/b")?;
    disk.create_new("sub/b")?.write_at(0, b"b")?;
    assert_eq!(disk.open("sub/b")?.len()?, 1);
    disk.remove("sub/b")?;
    assert!(disk.list("sub")?.is_empty());
    let missing = [disk.open("sub/b").err(), disk.open_to_read("sub/b").err()];
    for missing in missing.into_iter().chain([disk.list("other").err()]) {
        assert_eq!(missing.map(|error| error.kind()), Some(io::ErrorKind::NotFound));
    }
    Ok(())
}

#[test]
fn files_and_memory_keep_the_same_contract() {
    let dir = tempfile::tempdir().unwrap();
    keeps_the_contract(&FileDisk::new(dir.path()).unwrap()).unwrap();
    keeps_the_contract(&MemoryDisk::default()).unwrap();
    keeps_the_contract(&simulated::SimulatedDisk::default()).unwrap();
}
/// All changes that a read-only disk must refuse.
fn changes(disk: &dyn Disk) -> Vec<io::Result<()>> {
    let file = disk.open("a").unwrap();
    vec![
        disk.create_dir("sub"),
        disk.create("a").map(drop),
        disk.create("b").map(drop),
        disk.create_new("b").map(drop),
        disk.rename("a", "b"),
        disk.remove("a"),
        disk.sync_dir(""),
        file.write_at(0, b"new"),
        file.set_len(0),
        file.sync(),
    ]
}

#[test]
fn a_read_only_disk_can_be_read_and_refuses_each_change() {
    let simulated = simulated::SimulatedDisk::with_files([("a".to_owned(), b"old".to_vec())]);
    let disk = ReadOnlyDisk::new(Arc::new(simulated.clone()));
    for change in changes(&disk) {
        assert_eq!(change.unwrap_err().kind(), io::ErrorKind::ReadOnlyFilesystem);
    }
    assert_eq!(simulated.calls(), 0, "nothing reached the disk below");
    assert_eq!(disk.list("").unwrap(), ["a"]);
    let mut out = [0; 3];
    disk.open("a").unwrap().read_at(0, &mut out).unwrap();
    assert_eq!((&out, disk.open("a").unwrap().len().unwrap()), (b"old", 3));
}

#[test]
fn readers_share_a_file_and_a_writer_has_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), "old").unwrap();
    let files: Arc<dyn Disk> = Arc::new(FileDisk::new(dir.path()).unwrap());
    let simulated = simulated::SimulatedDisk::with_files([("a".to_owned(), Vec::new())]);
    for below in [files, Arc::new(simulated)] {
        let disk = ReadOnlyDisk::new(Arc::clone(&below));
        let (reader, other) = (disk.open("a").unwrap(), disk.open("a").unwrap());
        let writer = below.open("a").unwrap();
        assert!(reader.try_lock().unwrap() && other.try_lock().unwrap());
        assert!(!writer.try_lock().unwrap());
        reader.unlock().unwrap();
        other.unlock().unwrap();
        assert!(writer.try_lock().unwrap());
        assert!(!reader.try_lock().unwrap());
    }
}

#[cfg(unix)]
#[test]
fn a_renamed_directory_is_still_written() {
    let above = tempfile::tempdir().unwrap();
    let (old, new) = (above.path().join("old"), above.path().join("new"));
    let disk = FileDisk::new(&old).unwrap();
    disk.create_dir("").unwrap();
    std::fs::rename(&old, &new).unwrap();
    std::fs::create_dir(&old).unwrap();
    keeps_the_contract(&disk).unwrap();
    disk.create("a").unwrap();
    disk.sync_dir("").unwrap();
    assert_eq!(disk.list("").unwrap().len(), 2);
    assert!(new.join("a").exists() && new.join("sub").exists());
    assert_eq!(std::fs::read_dir(&old).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_changed_symbolic_link_does_not_lead_to_another_directory() {
    let above = tempfile::tempdir().unwrap();
    let [first, second, link] = ["first", "second", "link"].map(|name| above.path().join(name));
    std::fs::create_dir(&first).unwrap();
    std::fs::create_dir(&second).unwrap();
    std::os::unix::fs::symlink(&first, &link).unwrap();
    let disk = FileDisk::new(&link).unwrap();
    assert!(disk.list("").unwrap().is_empty());
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&second, &link).unwrap();
    keeps_the_contract(&disk).unwrap();
    disk.create("a").unwrap();
    assert!(first.join("a").exists() && first.join("sub").exists());
    assert_eq!(std::fs::read_dir(&second).unwrap().count(), 0);
}

/// Some files of the system itself behave like this.
#[cfg(target_os = "linux")]
#[test]
fn a_directory_whose_sync_is_invalid_is_trusted() {
    let system = std::path::Path::new("/proc/self");
    let raw = std::fs::File::open(system).unwrap().sync_all().unwrap_err();
    assert_eq!(raw.kind(), io::ErrorKind::InvalidInput);
    FileDisk::new(system).unwrap().sync_dir("").unwrap();
    let missing = FileDisk::new(&system.join("none")).unwrap().sync_dir("").unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_file_of_a_directory_that_is_opened_to_read_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), "old").unwrap();
    let file = FileDisk::new(dir.path()).unwrap().open_to_read("a").unwrap();
    assert!(file.write_at(0, b"new").is_err() && file.set_len(0).is_err());
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"old");

    let above = FileDisk::new(dir.path().parent().unwrap()).unwrap();
    let name = dir.path().file_name().unwrap().to_str().unwrap();
    let error = above.open_to_read(name).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
}
