//! Other processes that open the store at the same time.

use std::io;

use super::*;
use crate::disk::DiskFile;

/// Called while another process opens the store; it may keep the store open.
type Comer = fn(SharedDisk) -> Option<Directory>;

/// A disk on which another process opens the store at a chosen call. A forked child also has the handles of its files.
#[derive(Debug)]
pub(super) struct Busy {
    below: SharedDisk,
    /// The other process, at the first call with this name.
    comer: Mutex<Option<(&'static str, Comer)>>,
    stays: Mutex<Option<Directory>>,
    forked: Mutex<Vec<Arc<dyn DiskFile>>>,
}

impl Busy {
    pub(super) fn new(below: &SharedDisk) -> Self {
        let below = Arc::clone(below);
        Self { below, comer: Mutex::default(), stays: Mutex::default(), forked: Mutex::default() }
    }

    fn come_at(self, name: &'static str, comer: Comer) -> Self {
        *self.comer.lock().unwrap() = Some((name, comer));
        self
    }

    fn call_about(&self, called: &str) {
        let comer = self.comer.lock().unwrap().take_if(|(name, _)| *name == called);
        if let Some((_, comer)) = comer {
            *self.stays.lock().unwrap() = comer(Arc::clone(&self.below));
        }
    }

    fn fork(&self, file: io::Result<Arc<dyn DiskFile>>) -> io::Result<Arc<dyn DiskFile>> {
        let file = file?;
        self.forked.lock().unwrap().push(Arc::clone(&file));
        Ok(file)
    }
}

impl Disk for Arc<Busy> {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.call_about(dir);
        self.below.list(dir)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.below.create_dir(dir)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let opened = self.below.open(name);
        self.call_about(name);
        self.fork(opened)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.fork(self.below.create(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.below.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.below.remove(name)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.below.sync_dir(dir)
    }
}

fn come(disk: SharedDisk) -> Directory {
    Directory::on_disk(disk, Path::new("other"), &Options::new()).unwrap()
}

fn change(engine: &Arc<Engine>) {
    project(engine).create_view(NewView::new("v", "name")).unwrap();
}

fn make_and_change(disk: SharedDisk) -> Option<Directory> {
    change(&Engine::start(come(disk), Options::new()).map(Arc::new).unwrap());
    None
}

/// A store that was never opened.
fn copied() -> SharedDisk {
    let disk: SharedDisk = Arc::new(MemoryDisk::default());
    make_and_change(Arc::clone(&disk));
    disk.remove("lock").unwrap();
    disk
}

#[test]
fn of_two_processes_that_open_a_new_store_one_gets_it() {
    let disk = copied();
    let busy = Arc::new(Busy::new(&disk).come_at("lock", |disk| Some(come(disk))));
    let error = start_with(Arc::clone(&busy), Options::new()).unwrap_err();
    assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
    let other = busy.stays.lock().unwrap().take().unwrap();
    assert_clean(&Engine::start(other, Options::new()).unwrap());
}

/// A reader finds no lock file, and a writer opens the store before the reader locks the checkpoint.
#[test]
fn a_reader_fails_if_a_writer_opened_the_store_meanwhile() {
    for name in ["lock", "checkpoint.redb"] {
        let busy = Arc::new(Busy::new(&copied()).come_at(name, |disk| Some(come(disk))));
        let read_only = Options::new().read_only(true);
        let error = start_with(Arc::clone(&busy), read_only).unwrap_err();
        assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
        let other = busy.stays.lock().unwrap().take().unwrap();
        assert_clean(&Engine::start(other, Options::new()).unwrap());
    }
}

#[test]
fn a_writer_fails_if_a_reader_has_locked_the_checkpoint() {
    let disk = copied();
    let busy = Arc::new(Busy::new(&disk));
    let reader = start_with(Arc::clone(&busy), Options::new().read_only(true)).unwrap();
    let error = start_with(Arc::clone(&busy), Options::new()).unwrap_err();
    assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
    // That reader made the lock file, which readers share from now on.
    let other = start_with(Arc::clone(&busy), Options::new().read_only(true)).unwrap();
    drop(other);
    let error = start_with(busy, Options::new()).unwrap_err();
    assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
    assert_clean(&reader);
}

#[test]
fn an_opening_that_fails_releases_the_lock_although_a_child_has_its_handles() {
    let disk = copied();
    let checkpoint = disk.open("checkpoint.redb").unwrap();
    checkpoint.write_at(0, &[0; 64]).unwrap();
    let busy = Arc::new(Busy::new(&disk));
    for read_only in [false, true, false] {
        let error = start_with(Arc::clone(&busy), Options::new().read_only(read_only)).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_store_that_another_process_creates_meanwhile_is_not_damaged() {
    for read_only in [false, true] {
        let disk: SharedDisk = Arc::new(MemoryDisk::default());
        let busy = Arc::new(Busy::new(&disk).come_at("journal", make_and_change));
        let engine = start_with(busy, Options::new().read_only(read_only)).unwrap();
        assert_eq!(revision(&engine), 1);
    }
}
