//! The rows of a checkpoint, except links: plain data.

use serde::{Deserialize, Serialize};

use super::Identity;
use crate::model::chain_hash::ChainHash;
use crate::model::change_record::Registration;
use crate::model::key::ProjectKey;
use crate::model::mark::Mark;
use crate::model::project_settings::ProjectSettings;
use crate::model::type_counts::TypeCounts;
use crate::model::{NameList, ViewRecord};
use crate::state::{Digest, Head};

/// The store of a state, its position, its counts, and its digest.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeadRow {
    pub(super) identity: Identity,
    pub(super) head: Head,
    /// The chain hash of all changes up to the head.
    pub(super) hash: ChainHash,
    /// How far a shared order of changes was followed.
    pub(super) mark: Mark,
    pub(super) counts: Counts,
    pub(super) digest: Digest,
}

/// The counts of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) projects: u64,
    pub(super) views: u64,
    /// Names of linked resources, for each project.
    pub(super) names: TypeCounts,
    pub(super) links: TypeCounts,
    pub(super) registered: TypeCounts,
    /// Rows of all tables except `head`.
    pub(super) rows: u64,
}

/// A project.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProjectRow {
    pub(super) key: ProjectKey,
    pub(super) id: u32,
    pub(super) settings: ProjectSettings,
    pub(super) views: u64,
    pub(super) registered: TypeCounts,
}

/// A view, and its number of links.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ViewRow {
    pub(super) view: ViewRecord,
    pub(super) links: TypeCounts,
}

/// Registered resources.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RegistryRow {
    pub(super) names: NameList,
    /// For each name, its registered fields.
    pub(super) registrations: Vec<Registration>,
}
