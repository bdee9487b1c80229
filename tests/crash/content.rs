//! The whole content of a store, as lines that the model also writes.

use std::collections::BTreeSet;

use viewlink::{
    Change, ChangeKind, ChangedFields, ChangedLinks, Changes, Error, KeySort, LinkSort,
    LinkedResource, Maintainer, Paging, Position, ProjectSnapshot, RegisteredResource, Resource,
    ResourceFilter, ResourceType, Result, Snapshot, Store, TypeCounts, View,
};

use crate::follow::{follow_line, unfollow_line};
use crate::put::{IDS, TAGS};
use crate::registry::{registered_line, tagged_line};
use crate::request::{pool, with_tag};
use crate::view::{link_line, links_line};

/// Everything except the journal: projects with their registry, views with their fields and counts, links in both
/// orders with their times, and the views of each resource.
pub(crate) fn lines(snapshot: &Snapshot) -> Result<Vec<String>> {
    let mut lines = vec![format!("revision {}", snapshot.revision())];
    for info in snapshot.projects(all::<KeySort>())? {
        let registered = counts(&info.resources);
        lines
            .push(format!("project {} id {} views {} {registered}", info.key, info.id, info.views));
        let reader = snapshot.project(info.key.as_str())?;
        registry_lines(&reader, &mut lines)?;
        let mut resources: BTreeSet<Resource> = pool().into_iter().collect();
        for view in reader.views(all())? {
            view_lines(&reader, &view, &mut lines, &mut resources)?;
        }
        for resource in resources {
            let views = reader.linked_view_keys(&resource, all())?;
            let keys: Vec<&str> = views.items.iter().map(|key| key.as_str()).collect();
            if !keys.is_empty() || views.total > 0 {
                lines.push(format!("{} {resource} in {}", info.key, keys.join(" ")));
            }
        }
    }
    Ok(lines)
}

/// The registered resources, the segments of ids, and the resources that the index has for each tag.
fn registry_lines(reader: &ProjectSnapshot, lines: &mut Vec<String>) -> Result<()> {
    let project = reader.info().key;
    for resource_type in ResourceType::ALL {
        for known in reader.resources(resource_type, &ResourceFilter::all(), all())? {
            lines.push(format!("{project} registry {}", known_line(&known)));
        }
    }
    for id in IDS {
        let leads_to = reader.segment_by_id(id)?;
        lines.extend(leads_to.map(|to| format!("{project} id {id} belongs to {to}")));
    }
    for resource_type in ResourceType::ALL {
        for tag in TAGS {
            let found = reader.resources(resource_type, &with_tag(tag), all())?;
            let found = found.items.iter().map(|known| &known.resource);
            lines.push(tagged_line(project.as_str(), resource_type, tag, found));
        }
    }
    Ok(())
}

fn known_line(known: &RegisteredResource) -> String {
    let id = known.id.as_ref().map(|id| id.as_str());
    let member = match &known.maintainer {
        Some(Maintainer::Member(member)) => Some(&**member),
        _ => None,
    };
    let of = (id, &*known.name, known.tags.join(" "), member);
    let when = (known.created_at.as_millis(), known.revision);
    registered_line(&known.resource, of, known.archived, when)
}

fn view_lines(
    reader: &ProjectSnapshot,
    view: &View,
    lines: &mut Vec<String>,
    resources: &mut BTreeSet<Resource>,
) -> Result<()> {
    let project = reader.info().key;
    let View { id, key, version, revision, .. } = view;
    let (created, updated) = (view.created_at.as_millis(), view.updated_at.as_millis());
    let fields = fields_line(&view.name, &view.description, &view.tags);
    let counts = counts(&view.links);
    lines.push(format!(
        "{project}/{key} id {id} version {version} revision {revision} created {created} \
         updated {updated} {fields} {counts}"
    ));
    for following in &view.follows {
        let filter = following.filter.to_string();
        lines.push(follow_line(key.as_str(), following.resource_type, &filter));
    }
    for resource_type in ResourceType::ALL {
        for (order, sort) in [("key", LinkSort::Key), ("time", LinkSort::LinkTime)] {
            let links = reader.linked_resources(key.as_str(), resource_type, all().sort(sort))?;
            let line = links.items.iter().map(
                |LinkedResource { resource, linked_at, revision, .. }| {
                    link_line(resource, linked_at.as_millis(), *revision)
                },
            );
            let line: String = line.collect();
            lines.push(format!("{project}/{key} {resource_type} by {order}:{line}"));
            resources.extend(links.into_iter().map(|link| link.resource));
        }
    }
    Ok(())
}

/// The changes that the journal keeps, the oldest first.
pub(crate) fn kept_changes(snapshot: &Snapshot) -> Result<Changes> {
    match snapshot.changes(1) {
        Err(Error::JournalTrimmed { oldest, .. }) => snapshot.changes(oldest),
        other => other,
    }
}

/// The same as lines.
pub(crate) fn journal(snapshot: &Snapshot) -> Result<Vec<String>> {
    kept_changes(snapshot)?.map(|change| Ok(change_line(&change?))).collect()
}

/// The changes that a feed returns, and its position after them.
pub(crate) fn feed(store: &Store, after: u64) -> Result<(Vec<Change>, Position)> {
    let mut feed = store.feed(after)?;
    let mut changes = Vec::new();
    loop {
        let page = feed.next_page(3)?;
        if page.is_empty() {
            return Ok((changes, feed.position()?));
        }
        changes.extend(page);
    }
}

pub(crate) fn change_line(change: &Change) -> String {
    let Change { revision, project, .. } = change;
    let (time, actor) = (change.time.as_millis(), change.actor.as_deref().unwrap_or_default());
    let comment = change.comment.as_deref().unwrap_or_default();
    let did = kind_line(&change.kind);
    format!("change {revision} at {time} by {actor} for {comment} in {project}: {did}")
}

fn kind_line(kind: &ChangeKind) -> String {
    match kind {
        ChangeKind::ViewCreated { view, fields } => {
            format!("{view} created with {}", changed_line(fields))
        }
        ChangeKind::ViewUpdated { view, fields } => {
            format!("{view} updated to {}", changed_line(fields))
        }
        ChangeKind::ViewRenamed { view, to } => format!("{view} renamed to {to}"),
        ChangeKind::ViewDeleted { view, unlinked } => {
            format!("{view} deleted with {}", counts(unlinked))
        }
        ChangeKind::LinksChanged { view, resource_type, linked, unlinked, .. } => {
            format!("{view} {}", links_line(*resource_type, &names(linked), &names(unlinked)))
        }
        ChangeKind::ManyLinksChanged { parts } => {
            let part = |ChangedLinks { view, resource_type, linked, unlinked, .. }: &_| {
                format!("{view} {}", links_line(*resource_type, &names(linked), &names(unlinked)))
            };
            parts.iter().map(part).collect::<Vec<_>>().join(", ")
        }
        ChangeKind::ResourcesPut { resources } => {
            let lines: Vec<String> = resources.iter().map(known_line).collect();
            format!("put {}", lines.join("; "))
        }
        ChangeKind::ResourceRemoved { resource, links } => {
            format!("{resource} removed with {links} links")
        }
        ChangeKind::EnvironmentRemoved { environment, segments, links } => {
            format!("{environment} removed with {segments} segments and {links} links")
        }
        ChangeKind::ProjectPut { settings } => format!("project put: {settings:?}"),
        ChangeKind::ProjectDeleted { views, unlinked } => {
            format!("project deleted with {views} views and {}", counts(unlinked))
        }
        ChangeKind::ResourcesUnregistered { resources } => format!("unregistered {resources:?}"),
        ChangeKind::Followed { view, resource_type, filter } => {
            follow_line(view.as_str(), *resource_type, &filter.to_string())
        }
        ChangeKind::Unfollowed { view, resource_type } => {
            unfollow_line(view.as_str(), *resource_type)
        }
        ChangeKind::Steps { steps } => {
            steps.iter().map(kind_line).collect::<Vec<_>>().join("; then ")
        }
        other => format!("something new: {other:?}"),
    }
}

fn changed_line(fields: &ChangedFields) -> String {
    fields_line(&fields.name, &fields.description, &fields.tags)
}

fn fields_line(name: &str, description: &str, tags: &[String]) -> String {
    format!("{name:?} {description:?} {}", tags.join(" "))
}

fn counts(links: &TypeCounts) -> String {
    format!("links {:?}", ResourceType::ALL.map(|resource_type| links.get(resource_type)))
}

fn all<S: Default>() -> Paging<S> {
    Paging::first(usize::MAX)
}

fn names(resources: &[Resource]) -> Vec<String> {
    resources.iter().map(ToString::to_string).collect()
}
