//! The directory for all mounts, and the clean-up of earlier runs.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};

use crate::system::{run, unmount};

/// The beginning of the names of all workplaces.
const PREFIX: &str = "viewlink-power-";

/// A directory that is removed, with all mounts in it, when it is dropped.
#[derive(Debug)]
pub struct Workplace {
    path: PathBuf,
    /// Shows that this process still exists.
    lock: File,
}

impl Workplace {
    /// Creates one, and removes those whose process does not exist any more.
    ///
    /// # Errors
    ///
    /// The errors of creating and locking it.
    pub fn new() -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        sweep()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("make {path:?}"))?;
        let lock = File::create(path.join("lock"))?;
        lock.lock()?;
        Ok(Self { path, lock })
    }

    /// The path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        clear(&self.path);
        let _ = self.lock.unlock();
    }
}

/// Removes the directories of processes that did not finish.
fn sweep() -> Result<()> {
    for entry in fs::read_dir(std::env::temp_dir())? {
        let entry = entry?;
        if !entry.file_name().as_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        // Without its lock it is being created, or was just removed.
        let Ok(lock) = File::open(entry.path().join("lock")) else { continue };
        if lock.try_lock().is_ok() {
            clear(&entry.path());
        }
    }
    Ok(())
}

/// Unmounts everything in a directory, detaches its loop devices, and removes it.
fn clear(dir: &Path) {
    for mounted in mounted_in(dir) {
        unmount(&mounted);
    }
    for device in loop_devices_in(dir) {
        let _ = run("losetup", [Path::new("--detach"), &device]);
    }
    for mounted in mounted_in(dir) {
        unmount(&mounted);
    }
    // A directory that could not be unmounted must not be emptied.
    if mounted_in(dir).is_empty() {
        let _ = fs::remove_dir_all(dir);
    }
}

/// The mounts in a directory, the last one first.
fn mounted_in(dir: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let paths = table.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from);
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.starts_with(dir)).collect();
    paths.reverse();
    paths
}

/// The loop devices on files in a directory.
fn loop_devices_in(dir: &Path) -> Vec<PathBuf> {
    let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let backed = devices.filter(|device| {
        let file = fs::read_to_string(device.path().join("loop/backing_file"));
        file.is_ok_and(|file| Path::new(file.trim_end()).starts_with(dir))
    });
    backed.map(|device| Path::new("/dev").join(device.file_name())).collect()
}
