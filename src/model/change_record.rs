//! A change as the journal keeps it: plain data, with names instead of ids.
//!
//! It has all that is needed to repeat the change on any copy of the state before it, and to revert it exactly from the
//! state after it: fields, registrations, link times and their order, and the last change of each view. A removal of
//! more names than its command allows keeps counts only: it cannot be reverted.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::change_id::ChangeId;
use super::change_meta::ChangeMeta;
use super::error::{Error, Result, StoreFile};
use super::key::{EnvironmentId, ProjectKey, ViewKey};
use super::link_record::LinkRecord;
use super::link_times::LinkTimes;
use super::name_list::NameList;
use super::project_settings::ProjectSettings;
use super::registered_resource::ResourceFields;
use super::resource::ResourceType;
use super::resource_filter::ResourceFilter;
use super::stamp::Stamp;
use super::time::Timestamp;
use super::type_counts::TypeCounts;
use super::view::ViewFields;
use super::view_record::ViewRecord;
use crate::codec;

/// A change: when it was made, by whom and why, and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeRecord {
    pub(crate) stamp: Stamp,
    pub(crate) meta: ChangeMeta,
    pub(crate) project: ProjectKey,
    /// Whether it creates the project.
    pub(crate) begins_project: bool,
    /// What it does, in order: at least one effect. Each applies to the result of those before it. At most one of them
    /// makes new links, because the new links of a change are numbered from 0. Effects are not nested, so that decoding
    /// never recurses.
    pub(crate) effects: Vec<Effect>,
}

/// What a change does to the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// Creates a view, and with the first view or resource the project; `restored` is set if a deleted view is
    /// restored.
    CreateView { view: ViewKey, fields: ViewFields, restored: Option<RestoredView> },
    /// Changes the fields of a view.
    UpdateView { view: ViewKey, before: ViewBefore, fields: ViewFields },
    /// Deletes a view with its links.
    DeleteView { view: ViewKey, unlinked: TypeCounts, detail: Option<ViewDetail> },
    /// Makes and removes links, in request order; each part applies to the result of those before it.
    ChangeLinks(Vec<LinksChange>),
    /// Registers resources, or changes their fields, in request order.
    PutResources(Vec<PutResource>),
    /// Removes a resource from the registry and from every view.
    RemoveResource {
        resource_type: ResourceType,
        name: String,
        removed: RemovedCounts,
        detail: Option<RemovalDetail>,
    },
    /// Removes all segments of an environment from the registry and from every view.
    RemoveEnvironment {
        environment: EnvironmentId,
        removed: RemovedCounts,
        detail: Option<RemovalDetail>,
    },
    /// Deletes a project with everything in it.
    DeleteProject { views: u64, unlinked: TypeCounts, detail: Option<ProjectDetail> },
    /// Sets the settings of a project; creates it if it does not exist.
    PutProject { before: Option<ProjectSettings>, settings: ProjectSettings },
    /// Removes resources from the registry, and keeps their links.
    Unregister(Vec<Unregistered>),
    /// Gives a view another key; everything else stays. `updated_at` is the value before the change.
    RenameView { view: ViewKey, to: ViewKey, last_change: LastChange, updated_at: Timestamp },
    /// Starts, ends or replaces the standing filter of a view and type. Links stay. When a filter starts, keys hold
    /// the existing links, and when it ends, keys hold the remaining links.
    ChangeFilter(FilterChange),
}

/// What a change does to the standing filter of a view and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilterChange {
    pub(crate) view: ViewKey,
    pub(crate) last_change: LastChange,
    pub(crate) resource_type: ResourceType,
    pub(crate) before: Option<ResourceFilter>,
    pub(crate) filter: Option<ResourceFilter>,
    /// If a filter starts or ends: how many links of the type the view has.
    pub(crate) links: u64,
    /// If a filter starts, the links that it alone holds from then on. If it ends, the links that it alone held until
    /// then. `None` if they are more than a change keeps for reverting it.
    pub(crate) by_filter: Option<NameList>,
}

/// The other values of a view that is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RestoredView {
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A resource that is removed from the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unregistered {
    pub(crate) resource_type: ResourceType,
    pub(crate) name: String,
    pub(crate) before: Registration,
}

/// The fields of a view before a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViewBefore {
    pub(crate) fields: ViewFields,
    pub(crate) last_change: LastChange,
    pub(crate) updated_at: Timestamp,
}

/// The last change of a view before this one; `None` if this same change created or changed the view before.
pub(crate) type LastChange = Option<ChangeId>;

/// What a change does to the links of one view and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinksChange {
    pub(crate) view: ViewKey,
    pub(crate) last_change: LastChange,
    pub(crate) resource_type: ResourceType,
    /// The names that are newly linked.
    pub(crate) linked: NameList,
    /// The index of each linked name in request order; empty if that is key order.
    pub(crate) order: Vec<u32>,
    /// The original time of each link, if links are restored; `order` is empty then.
    pub(crate) restored: Option<LinkTimes>,
    /// The names that are unlinked; none of them is in `linked`.
    pub(crate) unlinked: RemovedLinks,
    pub(crate) holds: Holds,
}

/// The holders of the links of a view with a standing filter: the keys with which they were made, the filter, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holds {
    /// Whether the filter, and not keys, makes and removes the links.
    pub(crate) by_filter: bool,
    /// Links that only the filter held before, and that keys hold too after the change.
    pub(crate) held: NameList,
    /// Links that keys held too before, and that only the filter holds after the change.
    pub(crate) released: NameList,
}

/// Links that a change removes from one view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemovedLinks {
    pub(crate) names: NameList,
    /// When each of them was made.
    pub(crate) times: LinkTimes,
    /// Those that are removed with their view or resource and that only a standing filter held.
    pub(crate) by_filter: NameList,
}

/// A resource that is registered or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PutResource {
    pub(crate) resource_type: ResourceType,
    pub(crate) name: String,
    /// Its previous registration, with the revision of that registration.
    pub(crate) before: Option<Registration>,
    pub(crate) fields: ResourceFields,
}

/// The registered fields of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) fields: ResourceFields,
    /// The last change of them.
    pub(crate) revision: u64,
}

/// What a removal of resources removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemovedCounts {
    /// How many of the resources were registered.
    pub(crate) registered: u64,
    /// How many of them were in a view.
    pub(crate) linked: u64,
    /// How many links there were.
    pub(crate) links: u64,
}

/// A view that is deleted, with the data for restoring it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViewDetail {
    pub(crate) view: ViewRecord,
    pub(crate) links: Vec<(ResourceType, RemovedLinks)>,
}

/// Resources that are removed, with the data for restoring them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemovalDetail {
    /// In key order.
    pub(crate) registered: Vec<(String, Registration)>,
    /// By the keys of views.
    pub(crate) links: Vec<UnlinkedFrom>,
}

/// Links to one view that are removed with their resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnlinkedFrom {
    pub(crate) view: ViewKey,
    pub(crate) last_change: LastChange,
    pub(crate) links: RemovedLinks,
}

/// A project that is deleted, with the data for restoring it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProjectDetail {
    pub(crate) id: u32,
    pub(crate) settings: ProjectSettings,
    /// In key order.
    pub(crate) views: Vec<ViewDetail>,
    /// By type, then in key order.
    pub(crate) registered: Vec<(ResourceType, String, Registration)>,
}

/// The versions of the record's format.
#[derive(Serialize, Deserialize)]
enum Versioned<'a> {
    V1(Cow<'a, ChangeRecord>),
}

impl ChangeRecord {
    /// The bytes of the record.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the record cannot be encoded.
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        codec::encode(&Versioned::V1(Cow::Borrowed(self)))
            .map_err(|source| Error::undecodable(StoreFile::Journal, "change", source))
    }

    /// Decodes a record; its parts are in order and its names are valid.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the bytes are not a record.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let Versioned::V1(record) = codec::decode(bytes)
            .map_err(|source| Error::undecodable(StoreFile::Journal, "change", source))?;
        let record = record.into_owned();
        match record.check() {
            Ok(()) => Ok(record),
            Err(detail) => {
                let part = format!("change {}", record.stamp.revision);
                Err(Error::damaged(StoreFile::Journal, part, detail))
            }
        }
    }

    /// Whether links are restored with their old times. This reads all links of their views.
    pub(crate) fn restores_links(&self) -> bool {
        self.effects.iter().any(|effect| match effect {
            Effect::ChangeLinks(parts) => parts.iter().any(|part| part.restored.is_some()),
            _ => false,
        })
    }

    /// How many links and resources the change names, plus one for itself: the measure of its work.
    pub(crate) fn work(&self) -> u64 {
        self.effects.iter().map(Effect::named).fold(1, u64::saturating_add)
    }
}

impl Effect {
    /// Whether it removed so much that it has only counts and no names: then it cannot be reverted.
    pub(crate) const fn has_counts_alone(&self) -> bool {
        matches!(
            self,
            Self::DeleteView { detail: None, .. }
                | Self::RemoveResource { detail: None, .. }
                | Self::RemoveEnvironment { detail: None, .. }
                | Self::DeleteProject { detail: None, .. }
                | Self::ChangeFilter(FilterChange { by_filter: None, .. })
        )
    }

    /// How many links and resources it names.
    fn named(&self) -> u64 {
        match self {
            Self::CreateView { .. }
            | Self::UpdateView { .. }
            | Self::PutProject { .. }
            | Self::RenameView { .. } => 0,
            Self::DeleteView { unlinked, .. } => unlinked.total(),
            Self::ChangeLinks(parts) => parts.iter().map(LinksChange::len).sum(),
            Self::PutResources(resources) => resources.len() as u64,
            Self::RemoveResource { removed, .. } | Self::RemoveEnvironment { removed, .. } => {
                removed.links.saturating_add(removed.registered)
            }
            Self::DeleteProject { views, unlinked, .. } => views.saturating_add(unlinked.total()),
            Self::Unregister(resources) => resources.len() as u64,
            Self::ChangeFilter(change) => change.links,
        }
    }
}

impl RemovedLinks {
    /// The links that keys hold, in key order.
    pub(crate) fn held_by_keys(&self) -> impl Iterator<Item = (&str, LinkRecord)> {
        let mut by_filter = self.by_filter.iter().peekable();
        let links = self.names.iter().zip(self.times.iter());
        links.filter(move |(name, _)| by_filter.next_if_eq(name).is_none())
    }
}

impl LinksChange {
    /// The number of links that it makes, removes, or gives other holders.
    pub(crate) const fn len(&self) -> u64 {
        let Holds { held, released, .. } = &self.holds;
        (self.linked.len() + self.unlinked.names.len() + held.len() + released.len()) as u64
    }

    /// The index of each linked name in request order, by key order.
    pub(crate) fn request_order(&self) -> impl Iterator<Item = u32> {
        // A batch has fewer than 2^32 names.
        (0..self.linked.len() as u32).map(|place| match self.order.get(place as usize) {
            Some(order) => *order,
            None => place,
        })
    }
}
