//! Losing power on purpose: for hosts that test what becomes of their own calls in a crash.
//!
//! Only with the feature `testing`. A store runs on a [`SimulatedDisk`], which takes down every
//! call. Afterwards the test opens what a machine could find on it, for any moment of the run, and
//! compares that with what was acknowledged until then.
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
//!     // The batch is whole or absent, and there once it was acknowledged.
//!     assert!(links == 2 || (links == 0 && call < acknowledged));
//! }
//! # Ok::<(), viewlink::Error>(())
//! ```

pub use crate::disk::simulated::{CallKind, DiskCall, DiskFault, SimulatedDisk, Stops, Syncs};
