//! The file systems under test.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::system::{LoopDevice, Mount, has, run};

/// A file system, and how it is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// ext4 with default options: data is written before the metadata that refers to it.
    Ext4,
    /// ext4 with all data in its journal.
    Ext4DataJournal,
    /// ext4 without a journal. It is checked before it is mounted, as when a machine starts.
    Ext4NoJournal,
    /// XFS.
    Xfs,
    /// btrfs.
    Btrfs,
    /// A directory over a read-only one, both on ext4, as containers have it.
    Overlay,
}

impl FileSystem {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ext4,
        Self::Ext4DataJournal,
        Self::Ext4NoJournal,
        Self::Xfs,
        Self::Btrfs,
        Self::Overlay,
    ];

    /// The size of a disk for it. XFS needs at least this size.
    pub(crate) fn disk_size(self) -> u64 {
        match self {
            Self::Xfs => 300 << 20,
            Self::Btrfs => 128 << 20,
            _ => 64 << 20,
        }
    }

    /// The program that creates it.
    fn maker(self) -> &'static str {
        match self {
            Self::Xfs => "mkfs.xfs",
            Self::Btrfs => "mkfs.btrfs",
            _ => "mkfs.ext4",
        }
    }

    /// Whether the program that creates it exists.
    #[must_use]
    pub fn can_be_made(self) -> bool {
        has(self.maker())
    }

    /// Creates it on a device; `more` are arguments for the program.
    pub(crate) fn make(self, device: &LoopDevice, more: &[&str]) -> Result<()> {
        let arguments: &[&str] = match self {
            Self::Xfs => &["-q", "-K"],
            Self::Btrfs => &["-q", "-K"],
            Self::Ext4NoJournal => &["-q", "-E", "nodiscard", "-O", "^has_journal"],
            _ => &["-q", "-E", "nodiscard"],
        };
        let arguments = arguments.iter().chain(more).map(Path::new);
        run(self.maker(), arguments.chain([device.path()]))?;
        Ok(())
    }

    /// Mounts it in a directory, as a machine does when it starts.
    pub(crate) fn mount(self, device: &LoopDevice, dir: &Path) -> Result<Mounted> {
        let below = dir.join("below");
        let (kind, options) = match self {
            Self::Xfs => ("xfs", ""),
            Self::Btrfs => ("btrfs", ""),
            Self::Ext4DataJournal => ("ext4", "data=journal"),
            Self::Ext4NoJournal => {
                check_ext4(device)?;
                ("ext4", "")
            }
            Self::Ext4 | Self::Overlay => ("ext4", "data=ordered"),
        };
        let lower = match Mount::new(kind, device.path(), &below, options) {
            Err(_) if self.repair(device)? => Mount::new(kind, device.path(), &below, options)?,
            mounted => mounted?,
        };
        Mounted::new(self, lower, dir)
    }

    /// Repairs the file system if a loss of power tore the superblock; returns whether it could.
    fn repair(self, device: &LoopDevice) -> Result<bool> {
        match self {
            Self::Xfs => return Ok(false),
            Self::Btrfs => recover_superblock(device)?,
            _ => check_ext4(device)?,
        }
        Ok(true)
    }
}

/// Copies the backup superblock of btrfs over one that is torn, because a mount does not read the backup.
fn recover_superblock(device: &LoopDevice) -> Result<()> {
    // The exit code is 2 if it did so.
    let script = "btrfs rescue super-recover -y \"$0\"; test $? -le 2";
    run("sh", [Path::new("-c"), Path::new(script), device.path()])?;
    Ok(())
}

/// Repairs ext4.
fn check_ext4(device: &LoopDevice) -> Result<()> {
    // The exit code is 1 after a repair, and 4 or more if the repair failed.
    let script = "e2fsck -f -y \"$0\"; test $? -lt 4";
    run("sh", [Path::new("-c"), Path::new(script), device.path()])?;
    Ok(())
}

impl fmt::Display for FileSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ext4 => "ext4",
            Self::Ext4DataJournal => "ext4 with data=journal",
            Self::Ext4NoJournal => "ext4 without journal",
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
            Self::Overlay => "overlay on ext4",
        })
    }
}

/// One or two mounted file systems.
#[derive(Debug)]
pub(crate) struct Mounted {
    root: PathBuf,
    /// They are dropped in this order.
    _over: Option<Mount>,
    below: Mount,
}

impl Mounted {
    fn new(file_system: FileSystem, below: Mount, dir: &Path) -> Result<Self> {
        if file_system != FileSystem::Overlay {
            return Ok(Self { root: below.path().to_owned(), _over: None, below });
        }
        let parts = ["lower", "upper", "work"].map(|part| below.path().join(part));
        parts.iter().try_for_each(fs::create_dir_all)?;
        let [lower, upper, work] = parts.map(|part| part.display().to_string());
        let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
        let over = Mount::new("overlay", Path::new("overlay"), &dir.join("over"), &options)?;
        Ok(Self { root: over.path().to_owned(), _over: Some(over), below })
    }

    /// The directory for files.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The directory in which the file system on the disk is mounted.
    pub(crate) fn below(&self) -> &Path {
        self.below.path()
    }
}
