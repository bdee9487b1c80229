//! What a store should hold, in a few maps.

mod over_views;
mod undo;

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Resource, ResourceType};

use crate::put::Puts;
use crate::registry::Registry;
use crate::request::{Act, Fields, Request};
use undo::Changed;

/// What a store should hold after some changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    projects: BTreeMap<&'static str, Project>,
    next_project: u32,
    next_view: u32,
    /// The time of the last change.
    time: u64,
    pub(crate) revision: u64,
    /// What the last change did to the links of one view, if it did that alone.
    last: Option<Changed>,
}

#[derive(Clone, Debug)]
struct Project {
    id: u32,
    views: BTreeMap<&'static str, View>,
    registry: Registry,
}

#[derive(Clone, Debug)]
struct View {
    id: u32,
    /// What its fields are made up from.
    fields: u64,
    version: u64,
    revision: u64,
    created: u64,
    updated: u64,
    links: BTreeMap<Resource, Link>,
}

/// Ordered as links are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    time: u64,
    revision: u64,
    place: usize,
}

impl Model {
    /// Makes a change at the time that a clock shows; its line of the journal, or none where there
    /// is nothing to change.
    pub(crate) fn apply(&mut self, request: &Request, clock: u64) -> Option<String> {
        let (time, revision) = (self.time.max(clock), self.revision + 1);
        let act = match &request.act {
            Act::IfStoreAt(seen, _) if *seen != self.revision => return None,
            Act::IfStoreAt(_, act) => act,
            act => act,
        };
        let (last, before) = (self.last.take(), self.projects.get(request.project).cloned());
        let of = act.links_of().or(last.as_ref().map(|last| last.of).filter(|_| act.is_undo()));
        let did = match act {
            Act::Undo(seen) => {
                let last = last.filter(|last| last.project == request.project);
                self.undo(last.filter(|_| *seen == self.revision)?)
            }
            Act::Create(view, number) => self.create(request.project, view, *number, time),
            Act::Put(puts) => self.put(request.project, puts, time),
            Act::Copy(views) => self.copy(request.project, *views, time),
            Act::Checkpoint | Act::Compact | Act::DryRun(_) => None,
            Act::DeleteProject => self.projects.remove(request.project).map(|project| {
                let gone = counts(project.views.values().flat_map(|view| view.links.keys()));
                format!("project deleted with {} views and {gone}", project.views.len())
            }),
            act => {
                let project = self.projects.get_mut(request.project)?;
                project.apply(act, time, revision)
            }
        }?;
        (self.time, self.revision) = (time, revision);
        self.last = of.zip(before).and_then(|(of, before)| Changed::of(request, of, &before, &did));
        let Request { project, comment, .. } = request;
        Some(format!("change {revision} at {time} by somebody for {comment} in {project}: {did}"))
    }

    fn create(
        &mut self,
        project: &'static str,
        key: &'static str,
        fields: u64,
        time: u64,
    ) -> Option<String> {
        let found = self.project(project);
        if found.views.contains_key(key) {
            return None;
        }
        let (id, revision) = (self.next_view, self.revision + 1);
        self.next_view += 1;
        let (created, updated, links) = (time, time, BTreeMap::new());
        self.project(project)
            .views
            .insert(key, View { id, fields, version: 1, revision, created, updated, links });
        Some(format!("{key} created with {}", fields_line(fields)))
    }

    fn put(&mut self, project: &'static str, puts: &Puts, time: u64) -> Option<String> {
        // A project begins with its first resource.
        puts.said().next()?;
        let revision = self.revision + 1;
        self.project(project).registry.put(puts, time, revision)
    }

    /// A project, which begins here if it is not there.
    fn project(&mut self, key: &'static str) -> &mut Project {
        self.projects.entry(key).or_insert_with(|| {
            let id = self.next_project;
            self.next_project += 1;
            Project { id, views: BTreeMap::new(), registry: Registry::default() }
        })
    }

    /// All that a snapshot shows but the journal, line by line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("revision {}", self.revision)];
        for (key, project) in &self.projects {
            let views = project.views.len();
            let registered = counts(project.registry.names());
            lines.push(format!("project {key} id {} views {views} {registered}", project.id));
            project.registry.lines(key, &mut lines);
            let mut backlinks = BTreeMap::<&Resource, Vec<&str>>::new();
            for (view_key, view) in &project.views {
                view.lines(key, view_key, &mut lines);
                view.links.keys().for_each(|to| backlinks.entry(to).or_default().push(view_key));
            }
            for (resource, views) in backlinks {
                lines.push(format!("{key} {resource} in {}", views.join(" ")));
            }
        }
        lines
    }
}

impl Project {
    fn apply(&mut self, act: &Act, time: u64, revision: u64) -> Option<String> {
        match act {
            Act::Update(key, number) => {
                let view = self.views.get_mut(key)?;
                (view.fields, view.updated, view.revision) = (*number, time, revision);
                view.version += 1;
                Some(format!("{key} updated to {}", fields_line(*number)))
            }
            Act::DeleteView(key) => {
                let view = self.views.remove(key)?;
                Some(format!("{key} deleted with {}", counts(view.links.keys())))
            }
            Act::Link(key, keys) => {
                let asked = keys.resources().collect();
                self.link(key, keys.resource_type, asked, time, revision)
            }
            Act::LinkIds(key, ids) => {
                let asked = ids.iter().filter_map(|id| self.registry.by_id(id).cloned()).collect();
                self.link(key, ResourceType::Segment, asked, time, revision)
            }
            Act::LinkTagged(key, of, tag) => {
                let asked = self.registry.tagged(*of, tag);
                self.link(key, *of, asked, time, revision)
            }
            Act::Unlink(key, keys) => {
                let asked = keys.resources().collect();
                self.unlink(key, keys.resource_type, asked, revision)
            }
            Act::UnlinkTagged(key, of, tag) => {
                let asked = self.registry.tagged(*of, tag);
                self.unlink(key, *of, asked, revision)
            }
            Act::Replace(key, keys) => {
                let asked = keys.resources().collect();
                let line =
                    self.views.get_mut(key)?.replace(keys.resource_type, asked, time, revision)?;
                Some(format!("{key} {line}"))
            }
            Act::UnlinkButLast(key, keys) => {
                let asked = keys.resources().filter(|resource| self.is_in_many(resource)).collect();
                self.unlink(key, keys.resource_type, asked, revision)
            }
            Act::ReplaceButLast(key, keys) => {
                let linked = self.views.get(key)?.links.keys();
                let only = linked.filter(|linked| {
                    linked.resource_type() == keys.resource_type && !self.is_in_many(linked)
                });
                let only: Vec<Resource> = only.cloned().collect();
                let asked = keys.resources().chain(only).collect();
                let line =
                    self.views.get_mut(key)?.replace(keys.resource_type, asked, time, revision)?;
                Some(format!("{key} {line}"))
            }
            Act::LinkIfAt(key, seen, keys) => {
                self.views.get(key).filter(|view| view.revision == *seen)?;
                let asked = keys.resources().collect();
                self.link(key, keys.resource_type, asked, time, revision)
            }
            Act::Move([from, to], keys) => {
                if !self.views.contains_key(from) {
                    return None;
                }
                let asked: Vec<Resource> = keys.resources().collect();
                let linked = self.link(to, keys.resource_type, asked.clone(), time, revision);
                self.views.get(to)?;
                let unlinked = self.unlink(from, keys.resource_type, asked, revision);
                let lines: Vec<String> = [linked, unlinked].into_iter().flatten().collect();
                (!lines.is_empty()).then(|| lines.join(", "))
            }
            Act::MoveLinks(views, keys) => self.move_links(*views, keys, time, revision),
            Act::Rename(views) => self.rename(*views, time, revision),
            Act::RemoveResource(resource) => {
                let (_, links) = self.remove(|linked| linked == resource, revision)?;
                Some(format!("{resource} removed with {links} links"))
            }
            Act::RemoveEnvironment(id) => {
                let of_it =
                    |linked: &Resource| linked.environment().is_some_and(|of| of.as_str() == *id);
                let (segments, links) = self.remove(of_it, revision)?;
                Some(format!("{id} removed with {segments} segments and {links} links"))
            }
            Act::Create(..)
            | Act::Copy(_)
            | Act::Put(_)
            | Act::DeleteProject
            | Act::Checkpoint
            | Act::Compact
            | Act::IfStoreAt(..)
            | Act::Undo(_)
            | Act::DryRun(_) => None,
        }
    }

    /// Whether a resource is in more views than one.
    fn is_in_many(&self, resource: &Resource) -> bool {
        self.views.values().filter(|view| view.links.contains_key(resource)).count() > 1
    }

    fn link(
        &mut self,
        key: &str,
        of: ResourceType,
        asked: Vec<Resource>,
        time: u64,
        revision: u64,
    ) -> Option<String> {
        let line = self.views.get_mut(key)?.link(of, asked, time, revision)?;
        Some(format!("{key} {line}"))
    }

    fn unlink(
        &mut self,
        key: &str,
        of: ResourceType,
        asked: Vec<Resource>,
        revision: u64,
    ) -> Option<String> {
        let line = self.views.get_mut(key)?.unlink(of, asked, revision)?;
        Some(format!("{key} {line}"))
    }

    fn remove(&mut self, gone: impl Fn(&Resource) -> bool, revision: u64) -> Option<(usize, u64)> {
        let registered = self.registry.remove(&gone);
        let mut resources = BTreeSet::new();
        let mut links = 0;
        for view in self.views.values_mut() {
            let before = links;
            view.links.retain(|resource, _| {
                let goes = gone(resource);
                if goes {
                    resources.insert(resource.clone());
                    links += 1;
                }
                !goes
            });
            if links > before {
                view.revision = revision;
            }
        }
        (links > 0 || registered > 0).then_some((resources.len(), links))
    }
}

impl View {
    fn link(
        &mut self,
        of: ResourceType,
        asked: Vec<Resource>,
        time: u64,
        revision: u64,
    ) -> Option<String> {
        let linked = self.add(asked, time, revision);
        self.changed(of, &linked, &[], revision)
    }

    /// Links what is not linked yet; tells what that was.
    fn add(&mut self, asked: Vec<Resource>, time: u64, revision: u64) -> Vec<String> {
        let mut linked = Vec::new();
        for (place, resource) in asked.into_iter().enumerate() {
            if !self.links.contains_key(&resource) {
                self.links.insert(resource.clone(), Link { time, revision, place });
                linked.push(resource.to_string());
            }
        }
        linked
    }

    fn replace(
        &mut self,
        of: ResourceType,
        asked: Vec<Resource>,
        time: u64,
        revision: u64,
    ) -> Option<String> {
        let of_type = self.links.keys().filter(|linked| linked.resource_type() == of);
        let rest: Vec<Resource> = of_type.filter(|to| !asked.contains(to)).cloned().collect();
        let linked = self.add(asked, time, revision);
        rest.iter().for_each(|resource| _ = self.links.remove(resource));
        let unlinked: Vec<String> = rest.iter().map(ToString::to_string).collect();
        self.changed(of, &linked, &unlinked, revision)
    }

    fn unlink(&mut self, of: ResourceType, asked: Vec<Resource>, revision: u64) -> Option<String> {
        let unlinked: BTreeSet<Resource> =
            asked.into_iter().filter(|resource| self.links.remove(resource).is_some()).collect();
        let unlinked: Vec<String> = unlinked.iter().map(ToString::to_string).collect();
        self.changed(of, &[], &unlinked, revision)
    }

    fn changed(
        &mut self,
        of: ResourceType,
        linked: &[String],
        unlinked: &[String],
        revision: u64,
    ) -> Option<String> {
        if linked.is_empty() && unlinked.is_empty() {
            return None;
        }
        self.revision = revision;
        Some(links_line(of, linked, unlinked))
    }

    fn lines(&self, project: &str, key: &str, lines: &mut Vec<String>) {
        let Self { id, version, revision, created, updated, .. } = self;
        let fields = fields_line(self.fields);
        let counts = counts(self.links.keys());
        lines.push(format!(
            "{project}/{key} id {id} version {version} revision {revision} created {created} \
             updated {updated} {fields} {counts}"
        ));
        for resource_type in ResourceType::ALL {
            let of_type = self.links.iter().filter(|(to, _)| to.resource_type() == resource_type);
            let mut links: Vec<(&Resource, &Link)> = of_type.collect();
            for order in ["key", "time"] {
                if order == "time" {
                    links.sort_by_key(|(_, link)| **link);
                }
                let line = links.iter().map(|(to, link)| link_line(to, link.time, link.revision));
                let line: String = line.collect();
                lines.push(format!("{project}/{key} {resource_type} by {order}:{line}"));
            }
        }
    }
}

pub(crate) fn link_line(resource: &Resource, time: u64, revision: u64) -> String {
    format!(" {resource}@{time}/{revision}")
}

pub(crate) fn links_line(of: ResourceType, linked: &[String], unlinked: &[String]) -> String {
    format!("{of} linked {} unlinked {}", linked.join(" "), unlinked.join(" "))
}

fn fields_line(number: u64) -> String {
    let Fields { name, description, tags } = Fields::of(number);
    format!("{name:?} {description:?} {}", tags.join(" "))
}

fn counts<'a>(resources: impl Iterator<Item = &'a Resource>) -> String {
    let mut counts = [0_u64; 4];
    for resource in resources {
        let of = ResourceType::ALL.iter().position(|of| *of == resource.resource_type());
        counts[of.unwrap()] += 1;
    }
    format!("links {counts:?}")
}
