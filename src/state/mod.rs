//! The memory image: everything a store holds at a revision, and how it changes.
//!
//! A command is *decided* against a state ([`decide`]): that reads, and tells the answer and the change. A
//! change is *applied* ([`apply`]), which is the only way a state changes, and *taken back* ([`unapply`]) from a clone
//! to see what was before it. None of them uses a clock, random
//! numbers or the iteration order of a hash table, and changes carry names: so two states that applied the same changes are
//! equal, whatever happened in between. A clone is a snapshot: it is made in O(1) and shares with the state
//! all that does not change after it.

mod apply;
mod check;
mod decide;
mod detail;
mod digest;
#[cfg(feature = "testing")]
mod fuzz;
mod id_set;
mod key_map;
mod link_set;
mod load;
mod memory;
mod misfit;
mod names;
mod parts;
mod placed;
mod postings;
mod project;
mod read;
mod registry;
mod same_views;
mod selection;
mod sets;
mod shared_vec;
mod standing;
#[cfg(test)]
pub(crate) mod tests;
mod unapply;
mod view;
mod views;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::key::ProjectKey;
use crate::model::time::Timestamp;
use key_map::KeyMap;
use project::ProjectState;

pub(crate) use check::Violation;
pub(crate) use decide::Pending;
pub(crate) use digest::Digest;
#[cfg(feature = "testing")]
pub(crate) use fuzz::read_commands_and_changes;
pub(crate) use load::{LoadedLinks, LoadedNames, LoadedProject, LoadedRegistry, LoadedView};
pub(crate) use parts::{ProjectParts, RankedNames, ViewParts};
pub(crate) use placed::{PlacedLink, PlacedLinks, Sound};
pub(crate) use read::{HeldProject, ProjectReader};
pub(crate) use unapply::Unapply;

/// Everything a store holds at a revision. Cloning is O(1), and a clone is a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    head: Head,
    projects: KeyMap<ProjectKey, Arc<ProjectState>>,
}

/// Where the state stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The newest change.
    pub(crate) revision: u64,
    /// Its time.
    pub(crate) time: Timestamp,
    /// Ids that readers see are given in order and never again.
    next_project: u32,
    next_view: u32,
}

impl State {
    pub(crate) const fn head(&self) -> Head {
        self.head
    }
}
