//! Programs, loop devices and mounts of the system; they are released when they are dropped.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::mount::{MountFlags, UnmountFlags};

/// Runs a program to its end; returns its output.
///
/// # Errors
///
/// If it does not exist, or fails.
pub(crate) fn run(
    program: &str,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).env("PATH", path());
    let output = command.output().with_context(|| format!("run {program}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} ended with {}: {message}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program exists.
pub(crate) fn has(program: &str) -> bool {
    std::env::split_paths(&path()).any(|path| path.join(program).is_file())
}

/// The directories of programs, including those of the administrator.
fn path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}

/// A block device on a file.
#[derive(Debug)]
pub(crate) struct LoopDevice {
    path: PathBuf,
}

impl LoopDevice {
    /// Takes an unused device.
    pub(crate) fn attach(file: &Path) -> Result<Self> {
        let arguments = ["--find", "--show", "--direct-io=on"].map(OsStr::new);
        let path = run("losetup", arguments.into_iter().chain([file.as_os_str()]))?;
        Ok(Self { path: path.into() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        // A device in use is released later.
        let _ = run("losetup", [OsStr::new("--detach"), self.path.as_os_str()]);
    }
}

/// A mounted file system.
#[derive(Debug)]
pub(crate) struct Mount {
    path: PathBuf,
}

impl Mount {
    /// Mounts `device` in a directory, which is created.
    pub(crate) fn new(kind: &str, device: &Path, path: &Path, options: &str) -> Result<Self> {
        std::fs::create_dir_all(path)?;
        let options = std::ffi::CString::new(options)?;
        rustix::mount::mount(device, path, kind, MountFlags::empty(), Some(options.as_c_str()))
            .with_context(|| format!("mount {kind} with {options:?}"))?;
        Ok(Self { path: path.to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        unmount(&self.path);
    }
}

/// Unmounts the directory; at once if possible, otherwise when nothing uses it any more.
///
/// A recent user may still seem to use it: a loop device is detached in the background.
pub(crate) fn unmount(path: &Path) {
    for _ in 0..200 {
        match rustix::mount::unmount(path, UnmountFlags::empty()) {
            Err(rustix::io::Errno::BUSY) => thread::sleep(Duration::from_millis(5)),
            _ => return,
        }
    }
    let _ = rustix::mount::unmount(path, UnmountFlags::DETACH);
}
