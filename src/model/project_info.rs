//! A project, as lists return it.

use super::key::ProjectKey;
use super::project_settings::ProjectSettings;
use super::type_counts::TypeCounts;

/// A project, as a list of projects returns it. Example: at [`ProjectSnapshot`](crate::ProjectSnapshot).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectInfo {
    /// A number that no other project of this store ever has, not even after this one is deleted.
    pub id: u32,
    /// The key.
    pub key: ProjectKey,
    /// How many views it has.
    pub views: u64,
    /// How many resources are registered, per type.
    pub resources: TypeCounts,
    /// Its settings.
    pub settings: ProjectSettings,
}
