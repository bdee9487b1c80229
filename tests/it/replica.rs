//! A follower of the feed: the content that the changes describe, in a few maps.

use std::collections::BTreeMap;

use viewlink::{
    Change, ChangeKind, ChangedLinks, Feed, Resource, ResourceType, Snapshot, Timestamp,
};

use crate::support::all;

/// The content of a store according to its changes.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    revision: u64,
    projects: BTreeMap<String, BTreeMap<String, Copied>>,
}

#[derive(Debug, Default)]
struct Copied {
    name: String,
    /// The time of each link.
    links: BTreeMap<Resource, Timestamp>,
}

impl Replica {
    /// Reads all available changes of the feed, in pages of `limit`.
    pub(crate) fn catch_up(&mut self, feed: &mut Feed, limit: usize) {
        loop {
            let page = feed.next_page(limit).unwrap();
            assert!(page.len() <= limit.max(1));
            if page.is_empty() {
                return;
            }
            self.take_in(page);
            assert_eq!(feed.revision(), self.revision);
        }
    }

    /// Applies changes, which must be the next ones.
    pub(crate) fn take_in(&mut self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            assert_eq!(change.revision, self.revision + 1, "each once, in order, without a gap");
            self.revision = change.revision;
            let project = change.project.to_string();
            let views = self.projects.entry(project.clone()).or_default();
            if let ChangeKind::ProjectDeleted { unlinked, .. } = &change.kind {
                assert_eq!(links(views), unlinked.total());
                self.projects.remove(&project);
            } else {
                apply(views, change.kind, change.time);
            }
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Checks that a snapshot has the content of the changes.
    pub(crate) fn assert_same(&self, snapshot: &Snapshot) {
        assert_eq!(self.revision, snapshot.revision());
        let projects = snapshot.projects(all()).unwrap();
        assert!(projects.items.iter().map(|info| info.key.as_str()).eq(self.projects.keys()));
        for (project, copied) in &self.projects {
            let reader = snapshot.project(project).unwrap();
            let views = reader.views(all()).unwrap();
            let found = views.items.iter().map(|view| (view.key.as_str(), &view.name));
            assert!(found.eq(copied.iter().map(|(key, view)| (key.as_str(), &view.name))));
            for (key, view) in copied {
                let of_type = |resource_type| {
                    let page = reader.linked_resources(key, resource_type, all()).unwrap();
                    page.items.into_iter().map(|linked| (linked.resource, linked.linked_at))
                };
                let found: BTreeMap<_, _> =
                    ResourceType::ALL.into_iter().flat_map(of_type).collect();
                assert_eq!(found, view.links, "{project} {key}");
            }
        }
    }
}

fn links(views: &BTreeMap<String, Copied>) -> u64 {
    views.values().map(|view| view.links.len() as u64).sum()
}

/// Links and unlinks, at a time; restored links have their old times.
fn change_links(
    view: &mut Copied,
    of: (Vec<Resource>, Vec<Resource>, Vec<Timestamp>),
    now: Timestamp,
) {
    let (linked, unlinked, linked_at) = of;
    assert!(linked_at.is_empty() || linked_at.len() == linked.len());
    assert!(unlinked.iter().all(|resource| view.links.remove(resource).is_some()));
    for (at, resource) in linked.into_iter().enumerate() {
        let time = linked_at.get(at).copied().unwrap_or(now);
        assert!(view.links.insert(resource, time).is_none());
    }
}

fn apply(views: &mut BTreeMap<String, Copied>, kind: ChangeKind, now: Timestamp) {
    let before = links(views);
    match kind {
        ChangeKind::ViewCreated { view, fields } => {
            let copied = Copied { name: fields.name, links: BTreeMap::new() };
            assert!(views.insert(view.to_string(), copied).is_none());
        }
        ChangeKind::ViewUpdated { view, fields } => {
            views.get_mut(view.as_str()).unwrap().name = fields.name;
        }
        ChangeKind::ViewRenamed { view, to } => {
            let renamed = views.remove(view.as_str()).unwrap();
            assert!(views.insert(to.to_string(), renamed).is_none());
        }
        ChangeKind::ViewDeleted { view, unlinked } => {
            let gone = views.remove(view.as_str()).unwrap();
            assert_eq!(gone.links.len() as u64, unlinked.total());
        }
        ChangeKind::LinksChanged { view, linked, unlinked, linked_at, .. } => {
            let view = views.get_mut(view.as_str()).unwrap();
            change_links(view, (linked, unlinked, linked_at), now);
        }
        ChangeKind::ManyLinksChanged { parts } => {
            for ChangedLinks { view, linked, unlinked, linked_at, .. } in parts {
                let view = views.get_mut(view.as_str()).unwrap();
                change_links(view, (linked, unlinked, linked_at), now);
            }
        }
        // The copy has views and links.
        ChangeKind::ResourcesPut { .. }
        | ChangeKind::ProjectPut { .. }
        | ChangeKind::ResourcesUnregistered { .. }
        | ChangeKind::Followed { .. }
        | ChangeKind::Unfollowed { .. } => {}
        ChangeKind::ResourceRemoved { resource, links: gone } => {
            views.values_mut().for_each(|view| _ = view.links.remove(&resource));
            assert_eq!(before - links(views), gone);
        }
        ChangeKind::EnvironmentRemoved { environment, links: gone, .. } => {
            for view in views.values_mut() {
                view.links.retain(|resource, _| resource.environment() != Some(&environment));
            }
            assert_eq!(before - links(views), gone);
        }
        ChangeKind::Steps { steps } => {
            steps.into_iter().for_each(|step| apply(views, step, now));
        }
        other => panic!("{other:?}"),
    }
}
