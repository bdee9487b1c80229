//! Others who open the store at the same time, in another process.

use std::io;

use super::*;
use crate::disk::DiskFile;

/// Comes while another one opens the store, and may stay.
type Comer = fn(SharedDisk) -> Option<Directory>;

/// A disk that somebody else comes to, and whose handles a child that was just forked has, too.
#[derive(Debug)]
pub(super) struct Busy {
    below: SharedDisk,
    /// Who comes at the first call about a name.
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
fn of_two_who_open_a_store_for_the_first_time_one_has_it() {
    let disk = copied();
    let busy = Arc::new(Busy::new(&disk).come_at("lock", |disk| Some(come(disk))));
    let error = start_with(Arc::clone(&busy), Options::new()).unwrap_err();
    assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
    let other = busy.stays.lock().unwrap().take().unwrap();
    assert_clean(&Engine::start(other, Options::new()).unwrap());
}

/// Who reads finds no file to lock, and another one comes to write before the checkpoint is locked.
#[test]
fn one_who_reads_gives_way_to_one_who_came_to_write_meanwhile() {
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
fn one_who_writes_gives_way_to_one_who_has_the_checkpoint_locked_to_read_it() {
    let disk = copied();
    let busy = Arc::new(Busy::new(&disk));
    let reader = start_with(Arc::clone(&busy), Options::new().read_only(true)).unwrap();
    let error = start_with(Arc::clone(&busy), Options::new()).unwrap_err();
    assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
    // That one made the file to lock, which those who read share from now on.
    let other = start_with(Arc::clone(&busy), Options::new().read_only(true)).unwrap();
    drop(other);
    let error = start_with(busy, Options::new()).unwrap_err();
    assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
    assert_clean(&reader);
}

#[test]
fn an_opening_that_fails_gives_the_store_free_though_a_child_has_its_handles() {
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
fn a_store_that_another_one_makes_meanwhile_is_not_damaged() {
    for read_only in [false, true] {
        let disk: SharedDisk = Arc::new(MemoryDisk::default());
        let busy = Arc::new(Busy::new(&disk).come_at("journal", make_and_change));
        let engine = start_with(busy, Options::new().read_only(read_only)).unwrap();
        assert_eq!(revision(&engine), 1);
    }
}
