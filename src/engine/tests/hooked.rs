//! A disk with a hook for a test, which is called before each change of a name and before a file is opened for
//! reading.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::disk::DiskFile;
use crate::engine::checkpoint_file::UNFINISHED;

type Hook = Box<dyn Fn(&'static str, &str) -> io::Result<()> + Send + Sync>;

/// A disk that calls a test before it creates, renames or removes a file, opens one for reading, or syncs a directory.
/// The test gets the call and the name.
pub(super) struct Hooked {
    below: SharedDisk,
    hook: Hook,
}

impl std::fmt::Debug for Hooked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooked")
    }
}

impl Hooked {
    pub(super) fn new(
        below: impl Disk + 'static,
        hook: impl Fn(&'static str, &str) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { below: Arc::new(below), hook: Box::new(hook) }
    }
}

impl Disk for Hooked {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.below.list(dir)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.below.create_dir(dir)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.below.open(name)
    }

    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        (self.hook)("read", name)?;
        self.below.open_to_read(name)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        (self.hook)("create", name)?;
        self.below.create(name)
    }

    fn create_new(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        (self.hook)("create", name)?;
        self.below.create_new(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        (self.hook)("rename", to)?;
        self.below.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        (self.hook)("remove", name)?;
        self.below.remove(name)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        (self.hook)("sync_dir", dir)?;
        self.below.sync_dir(dir)
    }
}

/// A gate at the files of checkpoints: when it is shut, a thread that makes a checkpoint stops there.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    shut: Arc<Mutex<Option<Stop>>>,
}

/// Signals that a thread has arrived, and waits until it may continue.
type Stop = (Sender<()>, Receiver<()>);

/// The test's side of a gate that is shut.
pub(super) struct Shut {
    /// Receives the arrival of a thread.
    arrived: Receiver<()>,
    /// Dropped to let all threads continue.
    open: Sender<()>,
}

impl Gate {
    /// A gate on a disk.
    pub(super) fn on(below: impl Disk + 'static) -> (Hooked, Self) {
        let gate = Self { shut: Arc::default() };
        let asked = gate.clone();
        let hooked = Hooked::new(below, move |call, name| {
            if (call, name) != ("create", UNFINISHED) {
                return Ok(());
            }
            let shut = asked.shut.lock().unwrap().take();
            if let Some((arrived, opened)) = shut {
                arrived.send(()).unwrap();
                // This ends when the sender is dropped.
                let _ = opened.recv();
            }
            Ok(())
        });
        (hooked, gate)
    }

    /// Stops the next thread that arrives.
    pub(super) fn shut(&self) -> Shut {
        let ((arrives, arrived), (open, opened)) = (channel(), channel());
        *self.shut.lock().unwrap() = Some((arrives, opened));
        Shut { arrived, open }
    }
}

impl Shut {
    /// Waits until a thread has arrived.
    pub(super) fn wait(&self) {
        self.arrived.recv_timeout(LONG).expect("a thread makes a checkpoint");
    }

    pub(super) fn open(self) {
        drop(self.open);
    }
}
