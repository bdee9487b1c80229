//! Changes: what a committed call did, as the journal tells it.

mod record;

use crate::model::error::{Error, Result, StoreFile};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;
use crate::model::{Change, ChangeKind, ChangeMeta, ChangedLinks, RegisteredResource};

pub(crate) use record::{
    ChangeRecord, Effect, LinkedName, LinksChange, ProjectRef, PutResource, ViewRef,
};

impl ChangedLinks {
    fn of(
        change: LinksChange<'_>,
        resource: impl Fn(ResourceType, &ResourceName<'_>) -> Result<Resource>,
    ) -> Result<Self> {
        let LinksChange { view, resource_type, mut linked, unlinked } = change;
        linked.sort_by_key(|linked| linked.request_index);
        let linked = linked.iter().map(|linked| resource(resource_type, &linked.name));
        let unlinked = unlinked.iter().map(|name| resource(resource_type, name));
        Ok(Self {
            view: view.key,
            resource_type,
            linked: linked.collect::<Result<_>>()?,
            unlinked: unlinked.collect::<Result<_>>()?,
        })
    }
}

impl Change {
    /// Reads the journal's record of a change.
    pub(crate) fn from_record(revision: u64, payload: &[u8]) -> Result<Self> {
        let record = ChangeRecord::decode(revision, payload)?;
        let ChangeMeta { actor, comment, reverts } = record.meta;
        Ok(Self {
            revision,
            time: record.time,
            actor,
            comment,
            reverts,
            project: record.project.key,
            kind: ChangeKind::from_effect(revision, record.effect)?,
        })
    }
}

impl ChangeKind {
    fn from_effect(revision: u64, effect: Effect<'_>) -> Result<Self> {
        let resource = |resource_type, name: &ResourceName<'_>| {
            Resource::from_name(resource_type, name.as_bytes()).ok_or_else(|| {
                Error::damaged(StoreFile::Journal, format!("change {revision}"), "a name is no key")
            })
        };
        Ok(match effect {
            Effect::CreateView { view, fields, .. } => {
                Self::ViewCreated { view: view.key, fields: fields.into() }
            }
            Effect::UpdateView { view, fields } => {
                Self::ViewUpdated { view: view.key, fields: fields.into() }
            }
            Effect::DeleteView { view, unlinked } => Self::ViewDeleted { view: view.key, unlinked },
            Effect::ChangeLinks(links) => {
                let ChangedLinks { view, resource_type, linked, unlinked } =
                    ChangedLinks::of(links, resource)?;
                Self::LinksChanged { view, resource_type, linked, unlinked }
            }
            Effect::ChangeManyLinks(parts) => {
                let parts = parts.into_iter().map(|links| ChangedLinks::of(links, resource));
                Self::ManyLinksChanged { parts: parts.collect::<Result<_>>()? }
            }
            Effect::RemoveResource { resource_type, name, links } => {
                Self::ResourceRemoved { resource: resource(resource_type, &name)?, links }
            }
            Effect::RemoveEnvironment { environment, segments, links } => {
                Self::EnvironmentRemoved { environment, segments, links }
            }
            Effect::DeleteProject { views, unlinked } => Self::ProjectDeleted { views, unlinked },
            Effect::PutResources { resources, .. } => {
                let registered = |put: PutResource<'_>| {
                    let resource = resource(put.resource_type, &put.name)?;
                    Ok(RegisteredResource::new(resource, put.fields, revision))
                };
                let resources = resources.into_iter().map(registered).collect::<Result<_>>()?;
                Self::ResourcesPut { resources }
            }
        })
    }
}
