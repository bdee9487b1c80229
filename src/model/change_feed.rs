//! Converts a change record into the change that a feed returns.

use super::chain_hash::ChainHash;
use super::change::{Change, ChangeKind, ChangedHolds, ChangedLinks};
use super::change_meta::ChangeMeta;
use super::change_record::{
    ChangeRecord, Effect, FilterChange, Holds, LinksChange, PutResource, RemovedCounts,
    Unregistered,
};
use super::error::{Error, Result, StoreFile};
use super::lineage::Lineage;
use super::name_list::NameList;
use super::position::Position;
use super::registered_resource::RegisteredResource;
use super::resource::{Resource, ResourceType};
use super::stamp::Stamp;

impl Change {
    /// The change of a journal's record, as a feed returns it. `hash` is the chain hash after it.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the record cannot be read.
    pub(crate) fn read(payload: &[u8], lineage: Lineage, hash: ChainHash) -> Result<Self> {
        let ChangeRecord { stamp, meta, project, effects, begins_project: _ } =
            ChangeRecord::decode(payload)?;
        let ChangeMeta { actor, comment, reverts } = meta;
        let Stamp { revision, time } = stamp;
        let kind = ChangeKind::of_all(effects, revision)?;
        let position = Position { lineage, revision, hash };
        Ok(Self { revision, position, time, actor, comment, reverts, project, kind })
    }
}

impl ChangeKind {
    fn of_all(effects: Vec<Effect>, revision: u64) -> Result<Self> {
        let steps = effects.into_iter().map(|effect| Self::of(effect, revision));
        let steps = steps.collect::<Result<Vec<_>>>()?;
        Ok(match <[Self; 1]>::try_from(steps) {
            Ok([kind]) => kind,
            Err(steps) => Self::Steps { steps },
        })
    }

    fn of(effect: Effect, revision: u64) -> Result<Self> {
        Ok(match effect {
            Effect::CreateView { view, fields, .. } => {
                Self::ViewCreated { view, fields: fields.into() }
            }
            Effect::UpdateView { view, fields, .. } => {
                Self::ViewUpdated { view, fields: fields.into() }
            }
            Effect::DeleteView { view, unlinked, .. } => Self::ViewDeleted { view, unlinked },
            Effect::RenameView { view, to, .. } => Self::ViewRenamed { view, to },
            Effect::ChangeLinks(parts) => Self::of_links(&parts, revision)?,
            Effect::PutResources(puts) => {
                let put = |put: PutResource| {
                    let resource = resource(put.resource_type, &put.name, revision)?;
                    Ok(RegisteredResource::new(resource, put.fields, revision))
                };
                Self::ResourcesPut { resources: puts.into_iter().map(put).collect::<Result<_>>()? }
            }
            Effect::RemoveResource { resource_type, name, removed, .. } => {
                let resource = resource(resource_type, &name, revision)?;
                Self::ResourceRemoved { resource, links: removed.links }
            }
            Effect::RemoveEnvironment { environment, removed, .. } => {
                let RemovedCounts { linked: segments, links, .. } = removed;
                Self::EnvironmentRemoved { environment, segments, links }
            }
            Effect::PutProject { settings, .. } => Self::ProjectPut { settings },
            Effect::DeleteProject { views, unlinked, .. } => {
                Self::ProjectDeleted { views, unlinked }
            }
            Effect::Unregister(resources) => {
                let named = |of: Unregistered| resource(of.resource_type, &of.name, revision);
                let resources = resources.into_iter().map(named).collect::<Result<_>>()?;
                Self::ResourcesUnregistered { resources }
            }
            Effect::ChangeFilter(change) => Self::of_filter(change),
        })
    }

    fn of_links(parts: &[LinksChange], revision: u64) -> Result<Self> {
        let parts = parts.iter().map(|part| ChangedLinks::of_part(part, revision));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        Ok(match <[ChangedLinks; 1]>::try_from(parts) {
            Ok([ChangedLinks { view, resource_type, linked, unlinked, linked_at, holds }]) => {
                Self::LinksChanged { view, resource_type, linked, unlinked, linked_at, holds }
            }
            Err(parts) => Self::ManyLinksChanged { parts },
        })
    }

    fn of_filter(change: FilterChange) -> Self {
        let FilterChange { view, resource_type, filter, .. } = change;
        match filter {
            Some(filter) => Self::Followed { view, resource_type, filter },
            None => Self::Unfollowed { view, resource_type },
        }
    }
}

impl ChangedLinks {
    /// The links that a part of the change with this revision changed.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if a name is invalid.
    pub(crate) fn of_part(part: &LinksChange, revision: u64) -> Result<Self> {
        let of = part.resource_type;
        let resources = |names: &NameList| {
            names.iter().map(|name| resource(of, name, revision)).collect::<Result<Vec<_>>>()
        };
        let mut linked: Vec<_> = part.request_order().zip(part.linked.iter()).collect();
        linked.sort_unstable();
        let linked = linked.into_iter().map(|(_, name)| resource(of, name, revision));
        let restored = part.restored.iter().flat_map(|times| times.iter());
        let Holds { by_filter, held, released } = &part.holds;
        let holds = ChangedHolds {
            by_filter: *by_filter,
            held: resources(held)?,
            released: resources(released)?,
        };
        Ok(Self {
            linked_at: restored.map(|record| record.linked_at).collect(),
            linked: linked.collect::<Result<_>>()?,
            unlinked: resources(&part.unlinked.names)?,
            view: part.view.clone(),
            resource_type: of,
            holds,
        })
    }
}

fn resource(resource_type: ResourceType, name: &str, revision: u64) -> Result<Resource> {
    Resource::from_name(resource_type, name).ok_or_else(|| {
        Error::damaged(StoreFile::Journal, format!("change {revision}"), "a name is malformed")
    })
}
