//! A change as the journal keeps it: plain data, with names and no ids.
//!
//! It holds enough to make the change again on any copy of the state before it, and to take it back from the state
//! after it, exactly: fields, registrations, link times and their order, and which change was the last one of a view.
//! A removal of more names than its command allows has counts alone: it cannot be taken back.

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
    /// Whether the project begins with it.
    pub(crate) begins_project: bool,
    /// What it does, in order, each on what those before it left: at least one, and links are made in one of them
    /// at most, since links of one change are numbered through. It is a list, since effects that held others could
    /// be nested as deeply as bytes say.
    pub(crate) effects: Vec<Effect>,
}

/// What a change does to the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// Creates a view, and the project with its first view or resource; `restored` where a view comes back.
    CreateView { view: ViewKey, fields: ViewFields, restored: Option<RestoredView> },
    /// Changes the fields of a view.
    UpdateView { view: ViewKey, before: ViewBefore, fields: ViewFields },
    /// Deletes a view with its links.
    DeleteView { view: ViewKey, unlinked: TypeCounts, detail: Option<ViewDetail> },
    /// Makes and removes links, in request order, each on what those before it left.
    ChangeLinks(Vec<LinksChange>),
    /// Registers resources, or changes what the registry says of them, in request order.
    PutResources(Vec<PutResource>),
    /// Takes a resource out of the registry and out of every view.
    RemoveResource {
        resource_type: ResourceType,
        name: String,
        removed: RemovedCounts,
        detail: Option<RemovalDetail>,
    },
    /// Takes all segments of an environment out of the registry and out of every view.
    RemoveEnvironment {
        environment: EnvironmentId,
        removed: RemovedCounts,
        detail: Option<RemovalDetail>,
    },
    /// Deletes a project with all it has.
    DeleteProject { views: u64, unlinked: TypeCounts, detail: Option<ProjectDetail> },
    /// Says what a project is, which begins if it is not there.
    PutProject { before: Option<ProjectSettings>, settings: ProjectSettings },
    /// Takes resources out of the registry, and leaves their links.
    Unregister(Vec<Unregistered>),
    /// Gives a view another key; all else of it stays. `updated_at` is what it was before.
    RenameView { view: ViewKey, to: ViewKey, last_change: LastChange, updated_at: Timestamp },
    /// Begins, ends or changes the standing filter of a view and type. What is linked stays: a filter that begins
    /// finds its links made by keys, and one that ends leaves them so.
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
    /// Where a filter begins or ends: how many links of the type the view has.
    pub(crate) links: u64,
    /// The links that a filter that begins alone holds from then on, or that one that ends alone held until then.
    /// `None` where they are more than a change keeps for undoing.
    pub(crate) by_filter: Option<NameList>,
}

/// What else is said of a view that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RestoredView {
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A resource that is taken out of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unregistered {
    pub(crate) resource_type: ResourceType,
    pub(crate) name: String,
    pub(crate) before: Registration,
}

/// What a view was before its fields change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViewBefore {
    pub(crate) fields: ViewFields,
    pub(crate) last_change: LastChange,
    pub(crate) updated_at: Timestamp,
}

/// The last change of a view before this one; `None` where this change itself made or changed the view before.
pub(crate) type LastChange = Option<ChangeId>;

/// What a change does to the links of one view and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinksChange {
    pub(crate) view: ViewKey,
    pub(crate) last_change: LastChange,
    pub(crate) resource_type: ResourceType,
    /// What is linked, which was not.
    pub(crate) linked: NameList,
    /// For each name that is linked its place in request order; empty where that is key order.
    pub(crate) order: Vec<u32>,
    /// When each of them was made first, where links come back; then there is no order.
    pub(crate) restored: Option<LinkTimes>,
    /// What is unlinked, which was linked; none of it is among what is linked.
    pub(crate) unlinked: RemovedLinks,
    pub(crate) holds: Holds,
}

/// Who holds the links of a view with a standing filter: keys by which they were made, the filter, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holds {
    /// Whether the filter makes and removes the links, and no keys.
    pub(crate) by_filter: bool,
    /// Links that the filter alone held; keys hold them since, too.
    pub(crate) held: NameList,
    /// Links that keys held, too; the filter alone holds them since.
    pub(crate) released: NameList,
}

/// Links that a change removes from one view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemovedLinks {
    pub(crate) names: NameList,
    /// When each of them was made.
    pub(crate) times: LinkTimes,
    /// Those that go with their view or resource and that a standing filter alone held.
    pub(crate) by_filter: NameList,
}

/// A resource that is put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PutResource {
    pub(crate) resource_type: ResourceType,
    pub(crate) name: String,
    /// What the registry said of it, and since which revision.
    pub(crate) before: Option<Registration>,
    pub(crate) fields: ResourceFields,
}

/// What the registry says of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) fields: ResourceFields,
    /// The change that put it last.
    pub(crate) revision: u64,
}

/// How much a removal of resources takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemovedCounts {
    /// How many of the resources were registered.
    pub(crate) registered: u64,
    /// How many of them were in a view.
    pub(crate) linked: u64,
    /// How many links there were.
    pub(crate) links: u64,
}

/// A view that is deleted: what undoing the deletion needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViewDetail {
    pub(crate) view: ViewRecord,
    pub(crate) links: Vec<(ResourceType, RemovedLinks)>,
}

/// Resources that are removed: what undoing the removal needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemovalDetail {
    /// In key order.
    pub(crate) registered: Vec<(String, Registration)>,
    /// By the keys of views.
    pub(crate) links: Vec<UnlinkedFrom>,
}

/// Links to one view that go with their resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnlinkedFrom {
    pub(crate) view: ViewKey,
    pub(crate) last_change: LastChange,
    pub(crate) links: RemovedLinks,
}

/// A project that is deleted: what undoing the deletion needs.
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

    /// The record that bytes hold; its parts are in order and its names are well formed.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the bytes are no record.
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

    /// Whether links come back with the times they had, which takes a look at all links of their views.
    pub(crate) fn restores_links(&self) -> bool {
        self.effects.iter().any(|effect| match effect {
            Effect::ChangeLinks(parts) => parts.iter().any(|part| part.restored.is_some()),
            _ => false,
        })
    }

    /// How many links and resources the change names, and one for itself: the measure of its work.
    pub(crate) fn work(&self) -> u64 {
        self.effects.iter().map(Effect::named).fold(1, u64::saturating_add)
    }
}

impl Effect {
    /// Whether it removed so much that it tells counts and no names: then it cannot be taken back.
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
    /// The links that no filter alone held, in key order.
    pub(crate) fn held_by_keys(&self) -> impl Iterator<Item = (&str, LinkRecord)> {
        let mut by_filter = self.by_filter.iter().peekable();
        let links = self.names.iter().zip(self.times.iter());
        links.filter(move |(name, _)| by_filter.next_if_eq(name).is_none())
    }
}

impl LinksChange {
    /// How many links it makes, removes, or lets others hold.
    pub(crate) const fn len(&self) -> u64 {
        let Holds { held, released, .. } = &self.holds;
        (self.linked.len() + self.unlinked.names.len() + held.len() + released.len()) as u64
    }

    /// For each name that is linked, in key order, its place in request order.
    pub(crate) fn request_order(&self) -> impl Iterator<Item = u32> {
        // A batch has fewer than 2^32 names.
        (0..self.linked.len() as u32).map(|place| match self.order.get(place as usize) {
            Some(order) => *order,
            None => place,
        })
    }
}
