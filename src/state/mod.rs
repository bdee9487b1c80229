//! The memory image: all data of a store at a revision, and its changes.
//!
//! A command is *decided* against a state ([`decide`]): this reads the state and returns the answer and the change. A
//! change is *applied* ([`apply`]), which is the only way to change a state. It is *undone* ([`unapply`]) on a clone
//! to get an earlier state. None of these uses a clock, random numbers or the iteration order of a hash table, and
//! changes contain names. So two states with the same changes are equal. A clone is a snapshot: it is made in O(1) and
//! shares all unchanged data with the state.

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

/// All data of a store at a revision. Cloning is O(1), and a clone is a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    head: Head,
    projects: KeyMap<ProjectKey, Arc<ProjectState>>,
}

/// The revision of a state, and the next ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The newest change.
    pub(crate) revision: u64,
    /// Its time.
    pub(crate) time: Timestamp,
    /// Ids that readers see are assigned in order and never reused.
    next_project: u32,
    next_view: u32,
}

impl State {
    pub(crate) const fn head(&self) -> Head {
        self.head
    }
}
