//! A simulated disk that can lose power: for hosts that test what happens to their own calls in a crash.
//!
//! It needs the feature `testing`. A store runs on a [`SimulatedDisk`], which records every call. Afterwards the test
//! opens the disk as a machine could find it after a crash at any moment of the run, and compares its content with the
//! changes that were acknowledged until then.
//!
//! ```
//! use viewlink::testing::SimulatedDisk;
//! use viewlink::{Batch, NewView, Options, ResourceType};
//!
//! let disk = SimulatedDisk::new();
//! let store = Options::new().segment_size(4096).open_on(&disk)?;
//! let project = store.project("default")?;
//! project.ensure_view(NewView::new("v", "V"))?;
//! let from = disk.calls();
//! project.link("v", Batch::flags(["a", "b"]))?.all_ok()?;
//! let acknowledged = disk.calls();
//!
//! for (call, stopped) in disk.stops().enumerate().skip(from) {
//!     let after = Options::new().segment_size(4096).open_on(&stopped.power_lost(call as u64))?;
//!     let snapshot = after.snapshot()?;
//!     let links = snapshot.project("default")?.view("v")?.links.get(ResourceType::Flag);
//!     // The batch is whole or absent, and it is there if it was acknowledged.
//!     assert!(links == 2 || (links == 0 && call < acknowledged));
//! }
//! # Ok::<(), viewlink::Error>(())
//! ```

pub use crate::disk::simulated::{CallKind, DiskCall, DiskFault, SimulatedDisk, Stops, Syncs};
