//! A running machine: a disk, and a file system on it.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::file_system::{FileSystem, Mounted};
use crate::image::Image;
use crate::layer::Layer;
use crate::record::{Flushes, Record};
use crate::system::LoopDevice;
use crate::workplace::Workplace;

/// A disk with a file system that is mounted in a directory of a workplace.
#[derive(Debug)]
pub struct Machine {
    /// Dropped in this order.
    mounted: Option<Mounted>,
    device: LoopDevice,
    layer: Layer,
}

impl Machine {
    /// Tries whether a machine can run here.
    ///
    /// # Errors
    ///
    /// The missing part: permission to mount, FUSE, or loop devices.
    pub fn probe() -> Result<()> {
        let workplace = Workplace::new()?;
        let record = Record::new(Image::zeros(1 << 20), Flushes::Kept);
        let layer =
            Layer::mount(&workplace.path().join("disk"), record).context("mount a layer")?;
        let device = LoopDevice::attach(layer.file())?;
        drop(device);
        layer.unmount()?;
        Ok(())
    }

    /// Starts with the content of a disk.
    ///
    /// # Errors
    ///
    /// If something cannot be mounted.
    pub fn start(
        file_system: FileSystem,
        image: Image,
        flushes: Flushes,
        dir: &Path,
    ) -> Result<Self> {
        let layer = Layer::mount(&dir.join("disk"), Record::new(image, flushes));
        let layer = layer.context("mount the layer")?;
        let device = LoopDevice::attach(layer.file())?;
        let mounted = Some(file_system.mount(&device, dir)?);
        Ok(Self { mounted, device, layer })
    }

    /// Creates a file system on an empty disk; `more` are arguments for the program that does it.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub fn format(file_system: FileSystem, more: &[&str], dir: &Path) -> Result<Image> {
        let empty = Image::zeros(file_system.disk_size());
        let layer = Layer::mount(&dir.join("disk"), Record::new(empty, Flushes::Kept))?;
        let device = LoopDevice::attach(layer.file())?;
        file_system.make(&device, more)?;
        let mounted = file_system.mount(&device, dir)?;
        Self { mounted: Some(mounted), device, layer }.stop().map(|record| record.now().clone())
    }

    /// The directory for files.
    ///
    /// # Panics
    ///
    /// Never: it is mounted as long as the machine runs.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.mounted.as_ref().map_or(Path::new(""), Mounted::root)
    }

    /// The mount point of the file system on the disk, which is below the root in an overlay.
    #[must_use]
    pub fn below(&self) -> &Path {
        self.mounted.as_ref().map_or(Path::new(""), Mounted::below)
    }

    /// The disk.
    #[must_use]
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Unmounts everything; returns the record of the disk.
    ///
    /// # Errors
    ///
    /// If the disk is still in use.
    pub fn stop(self) -> Result<Record> {
        let Self { mounted, device, layer } = self;
        drop(mounted);
        drop(device);
        layer.unmount().context("unmount the layer")
    }
}
