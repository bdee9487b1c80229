//! The history of one view or resource.

use std::fmt;

use super::change_record::{
    ChangeRecord, Effect, FilterChange, LinksChange, ProjectDetail, PutResource, RemovalDetail,
    RemovedLinks, ViewDetail,
};
use super::error::Result;
use super::key::{EnvironmentId, ViewKey};
use super::resource::{Resource, ResourceType};
use super::resource_filter::ResourceFilter;
use super::resource_name::environment_prefix;
use super::time::Timestamp;

/// A part of the history of a view or resource, the newest change first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The changes that did something to it.
    pub entries: Vec<HistoryEntry>,
    /// The revision to continue before; `None` if all changes in the journal were searched. A page without changes may
    /// have one.
    pub next: Option<u64>,
    /// The oldest change in the journal. If it is not 1, earlier history is no longer known.
    pub oldest: u64,
}

/// What one change did to a view or resource. Example: at
/// [`ProjectSnapshot::view_history`](crate::ProjectSnapshot::view_history).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// The revision of the change.
    pub revision: u64,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it, if the host set it.
    pub actor: Option<String>,
    /// Why, if the host set it.
    pub comment: Option<String>,
    /// The revision of the change that it reverted.
    pub reverts: Option<u64>,
    /// What it did, in order; never empty.
    pub events: Vec<HistoryEvent>,
}

/// Something that a change did to a view or resource.
///
/// ```
/// # use viewlink::{Batch, HistoryPaging, NewView, Options, Resource};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// # project.link("v", Batch::flags(["a"]))?.all_ok()?;
/// project.delete_view("v")?;
/// let page = project.read()?.resource_history(&Resource::flag("a")?, HistoryPaging::newest(10))?;
/// let events: Vec<String> = page.entries.iter().map(|entry| entry.events[0].to_string()).collect();
/// assert_eq!(events, ["a unlinked from v", "a linked to v"]);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryEvent {
    /// The view was created, or restored.
    ViewCreated(ViewKey),
    /// Its fields changed.
    ViewUpdated(ViewKey),
    /// It got another key. The event is in the history of both keys.
    ViewRenamed {
        /// The key it had.
        view: ViewKey,
        /// Its new key.
        to: ViewKey,
    },
    /// It follows a filter from this change on.
    Followed {
        /// The view.
        view: ViewKey,
        /// The type of the resources.
        resource_type: ResourceType,
        /// The condition: matching resources are linked from then on.
        filter: ResourceFilter,
    },
    /// It no longer follows a filter.
    Unfollowed {
        /// The view.
        view: ViewKey,
        /// The type of the resources.
        resource_type: ResourceType,
    },
    /// It was deleted, with its links.
    ViewDeleted(ViewKey),
    /// The resource was linked to the view.
    Linked {
        /// The view.
        view: ViewKey,
        /// The resource.
        resource: Resource,
        /// The time of the link: the original time if the change restored it.
        linked_at: Timestamp,
    },
    /// The resource was unlinked from the view, also by removing the view, the project or the resource.
    Unlinked {
        /// The view.
        view: ViewKey,
        /// The resource.
        resource: Resource,
    },
    /// The resource was registered.
    Registered(Resource),
    /// Its registered fields changed.
    ResourceUpdated(Resource),
    /// It was removed from the registry.
    Unregistered(Resource),
    /// The change removed more names than [`Options::removal_detail`](crate::Options::removal_detail) and kept counts
    /// only: it is unknown whether the view or resource lost links.
    NotKept,
}

impl fmt::Display for HistoryEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ViewCreated(view) => write!(f, "view {view} created"),
            Self::ViewUpdated(view) => write!(f, "view {view} updated"),
            Self::ViewRenamed { view, to } => write!(f, "view {view} renamed to {to}"),
            Self::Followed { view, resource_type, filter } => {
                write!(f, "view {view} follows {} with {filter}", resource_type.plural())
            }
            Self::Unfollowed { view, resource_type } => {
                write!(f, "view {view} follows no {} any more", resource_type.plural())
            }
            Self::ViewDeleted(view) => write!(f, "view {view} deleted"),
            Self::Linked { view, resource, .. } => write!(f, "{resource} linked to {view}"),
            Self::Unlinked { view, resource } => write!(f, "{resource} unlinked from {view}"),
            Self::Registered(resource) => write!(f, "{resource} registered"),
            Self::ResourceUpdated(resource) => write!(f, "{resource} updated"),
            Self::Unregistered(resource) => write!(f, "{resource} removed from the registry"),
            Self::NotKept => f.write_str("a large removal, of which the journal has only counts"),
        }
    }
}

/// The subject of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    View(&'a ViewKey),
    Resource(ResourceType, &'a str),
}

impl HistoryEntry {
    /// The effects of a change on a view or resource, if there are any.
    ///
    /// Cost: O(names of the change).
    pub(crate) fn of(change: ChangeRecord, subject: Subject<'_>) -> Result<Option<Self>> {
        let mut events = Events { subject, time: change.stamp.time, events: Vec::new() };
        for effect in &change.effects {
            events.add(effect)?;
        }
        let ChangeRecord { stamp, meta, .. } = change;
        let Events { events, .. } = events;
        Ok((!events.is_empty()).then_some(Self {
            revision: stamp.revision,
            time: stamp.time,
            actor: meta.actor,
            comment: meta.comment,
            reverts: meta.reverts,
            events,
        }))
    }
}

/// The events of a change, as they are found.
struct Events<'a> {
    subject: Subject<'a>,
    time: Timestamp,
    events: Vec<HistoryEvent>,
}

impl Events<'_> {
    fn add(&mut self, effect: &Effect) -> Result<()> {
        match effect {
            Effect::CreateView { view, .. } => self.of_view(view, HistoryEvent::ViewCreated),
            Effect::UpdateView { view, .. } => self.of_view(view, HistoryEvent::ViewUpdated),
            Effect::RenameView { view, to, .. } => self.renamed(view, to),
            Effect::ChangeFilter(change) => self.refiltered(change),
            Effect::DeleteView { view, detail: None, .. } if self.may_concern(view) => {
                self.of_view(view, HistoryEvent::ViewDeleted);
                self.not_kept();
            }
            Effect::DeleteView { detail, .. } => {
                detail.iter().try_for_each(|detail| self.deleted(detail))?;
            }
            Effect::ChangeLinks(parts) => parts.iter().try_for_each(|part| self.links(part))?,
            Effect::PutResources(puts) => puts.iter().try_for_each(|put| self.put(put))?,
            Effect::Unregister(resources) => {
                for gone in resources {
                    self.registry(gone.resource_type, &gone.name, HistoryEvent::Unregistered)?;
                }
            }
            Effect::RemoveResource { resource_type, name, detail, .. } => match detail {
                Some(detail) => self.removed(*resource_type, detail)?,
                None if self.is_other_resource(*resource_type, name) => {}
                None => self.not_kept(),
            },
            Effect::RemoveEnvironment { environment, detail, .. } => match detail {
                Some(detail) => self.removed(ResourceType::Segment, detail)?,
                None if self.is_elsewhere(environment) => {}
                None => self.not_kept(),
            },
            // It affects neither views nor resources.
            Effect::PutProject { .. } => {}
            Effect::DeleteProject { detail: None, .. } => self.not_kept(),
            Effect::DeleteProject { detail: Some(detail), .. } => self.deleted_project(detail)?,
        }
        Ok(())
    }

    fn not_kept(&mut self) {
        self.events.push(HistoryEvent::NotKept);
    }

    /// Whether the deletion of a view can affect the subject.
    fn may_concern(&self, view: &ViewKey) -> bool {
        match self.subject {
            Subject::View(subject) => subject == view,
            Subject::Resource(..) => true,
        }
    }

    fn is_other_resource(&self, resource_type: ResourceType, name: &str) -> bool {
        matches!(self.subject, Subject::Resource(of, subject) if (of, subject) != (resource_type, name))
    }

    fn is_elsewhere(&self, environment: &EnvironmentId) -> bool {
        let prefix = environment_prefix(environment);
        matches!(self.subject, Subject::Resource(of, name)
            if of != ResourceType::Segment || !name.starts_with(&prefix))
    }

    /// A renamed view: in the history of both keys.
    fn renamed(&mut self, view: &ViewKey, to: &ViewKey) {
        if matches!(self.subject, Subject::View(of) if of == view || of == to) {
            let (view, to) = (view.clone(), to.clone());
            self.events.push(HistoryEvent::ViewRenamed { view, to });
        }
    }

    fn refiltered(&mut self, change: &FilterChange) {
        let FilterChange { view, resource_type, filter, .. } = change;
        let resource_type = *resource_type;
        self.of_view(view, |view| match filter.clone() {
            Some(filter) => HistoryEvent::Followed { view, resource_type, filter },
            None => HistoryEvent::Unfollowed { view, resource_type },
        });
    }

    /// A project that was deleted, with all its details.
    fn deleted_project(&mut self, detail: &ProjectDetail) -> Result<()> {
        detail.views.iter().try_for_each(|view| self.deleted(view))?;
        for (resource_type, name, _) in &detail.registered {
            self.registry(*resource_type, name, HistoryEvent::Unregistered)?;
        }
        Ok(())
    }

    fn of_view(&mut self, view: &ViewKey, event: impl FnOnce(ViewKey) -> HistoryEvent) {
        if matches!(self.subject, Subject::View(subject) if subject == view) {
            self.events.push(event(view.clone()));
        }
    }

    /// A view that was deleted, with all its details.
    fn deleted(&mut self, detail: &ViewDetail) -> Result<()> {
        self.of_view(&detail.view.key, HistoryEvent::ViewDeleted);
        if let Subject::Resource(..) = self.subject {
            for (resource_type, links) in &detail.links {
                self.unlinked(&detail.view.key, *resource_type, links)?;
            }
        }
        Ok(())
    }

    fn removed(&mut self, resource_type: ResourceType, detail: &RemovalDetail) -> Result<()> {
        for (name, _) in &detail.registered {
            self.registry(resource_type, name, HistoryEvent::Unregistered)?;
        }
        let mut links = detail.links.iter();
        links.try_for_each(|from| self.unlinked(&from.view, resource_type, &from.links))
    }

    fn put(&mut self, put: &PutResource) -> Result<()> {
        let event = match put.before {
            Some(_) => HistoryEvent::ResourceUpdated,
            None => HistoryEvent::Registered,
        };
        self.registry(put.resource_type, &put.name, event)
    }

    fn registry(
        &mut self,
        resource_type: ResourceType,
        name: &str,
        event: impl FnOnce(Resource) -> HistoryEvent,
    ) -> Result<()> {
        if matches!(self.subject, Subject::Resource(of, subject) if (of, subject) == (resource_type, name))
        {
            self.events.push(event(Resource::of_state(resource_type, name)?));
        }
        Ok(())
    }

    fn links(&mut self, part: &LinksChange) -> Result<()> {
        let LinksChange { view, resource_type, linked, restored, unlinked, .. } = part;
        self.unlinked(view, *resource_type, unlinked)?;
        let mut order: Vec<(u32, usize)> = part.request_order().zip(0..).collect();
        order.sort_unstable();
        let times: Vec<_> = restored.iter().flat_map(|times| times.iter()).collect();
        for (_, at) in order {
            let Some(name) = linked.get(at).filter(|name| self.is_in(view, *resource_type, name))
            else {
                continue;
            };
            let resource = Resource::of_state(*resource_type, name)?;
            let linked_at = times.get(at).map_or(self.time, |record| record.linked_at);
            self.events.push(HistoryEvent::Linked { view: view.clone(), resource, linked_at });
        }
        Ok(())
    }

    fn unlinked(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        links: &RemovedLinks,
    ) -> Result<()> {
        for name in links.names.iter() {
            if self.is_in(view, resource_type, name) {
                let resource = Resource::of_state(resource_type, name)?;
                self.events.push(HistoryEvent::Unlinked { view: view.clone(), resource });
            }
        }
        Ok(())
    }

    /// Whether a link belongs to the view or resource.
    fn is_in(&self, view: &ViewKey, resource_type: ResourceType, name: &str) -> bool {
        match self.subject {
            Subject::View(subject) => subject == view,
            Subject::Resource(of, subject) => (of, subject) == (resource_type, name),
        }
    }
}
