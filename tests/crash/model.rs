//! The expected content of a store, in a few maps.

mod over_views;
mod undo;

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Resource, ResourceType};

use crate::follow::then;
use crate::put::Puts;
use crate::registry::Registry;
use crate::request::{Act, Keys, Request};
use crate::view::{View, counts, fields_line};
use undo::Changed;

/// The expected content of a store after some changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    projects: BTreeMap<&'static str, Project>,
    next_project: u32,
    next_view: u32,
    /// The time of the last change.
    time: u64,
    pub(crate) revision: u64,
    /// The effect of the last change on the links of one view, if it had no other effect.
    last: Option<Changed>,
}

#[derive(Clone, Debug)]
pub(crate) struct Project {
    id: u32,
    pub(crate) views: BTreeMap<&'static str, View>,
    pub(crate) registry: Registry,
}

impl Model {
    /// Makes a change at the time of a clock; returns its line of the journal, or `None` if nothing changes.
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
        let (links, follows, by_filter) = Default::default();
        let (version, created, updated) = (1, time, time);
        let view =
            View { id, fields, version, revision, created, updated, links, follows, by_filter };
        self.project(project).views.insert(key, view);
        Some(format!("{key} created with {}", fields_line(fields)))
    }

    fn put(&mut self, project: &'static str, puts: &Puts, time: u64) -> Option<String> {
        // A project begins with its first resource.
        puts.said().next()?;
        let revision = self.revision + 1;
        let project = self.project(project);
        let line = project.registry.put(puts, time, revision)?;
        Some(then(line, project.settle(time, revision)))
    }

    /// A project; it is created if it does not exist.
    fn project(&mut self, key: &'static str) -> &mut Project {
        self.projects.entry(key).or_insert_with(|| {
            let id = self.next_project;
            self.next_project += 1;
            Project { id, views: BTreeMap::new(), registry: Registry::default() }
        })
    }

    /// The whole content of a snapshot except the journal, line by line.
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
                let line = format!("{key} deleted with {}", counts(view.links.keys()));
                let links = self.settle(time, revision);
                Some(if links.is_empty() { line } else { then(links.join(", "), vec![line]) })
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
                self.unlink(key, keys.resource_type, asked, (time, revision))
            }
            Act::UnlinkTagged(key, of, tag) => {
                let asked = self.registry.tagged(*of, tag);
                self.unlink(key, *of, asked, (time, revision))
            }
            Act::Replace(key, keys) => self.replace(key, keys, &[], (time, revision)),
            Act::UnlinkButLast(key, keys) => {
                let found = self.held_by_filter(key);
                let goes = |to: &Resource| found.contains(to) || !self.is_last_view(key, to);
                let asked = keys.resources().filter(goes).collect();
                self.unlink(key, keys.resource_type, asked, (time, revision))
            }
            Act::ReplaceButLast(key, keys) => {
                let linked = self.views.get(key)?.links.keys();
                let found = self.held_by_filter(key);
                let only = linked.filter(|linked| {
                    linked.resource_type() == keys.resource_type
                        && !found.contains(*linked)
                        && self.is_last_view(key, linked)
                });
                let only: Vec<Resource> = only.cloned().collect();
                self.replace(key, keys, &only, (time, revision))
            }
            Act::Follow(key, of, rule) => self.follow(key, *of, *rule, (time, revision)),
            Act::Unfollow(key, of, take_out) => {
                self.unfollow(key, *of, *take_out, (time, revision))
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
                let unlinked = self.unlink(from, keys.resource_type, asked, (time, revision));
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

    fn link(
        &mut self,
        key: &str,
        of: ResourceType,
        asked: Vec<Resource>,
        time: u64,
        revision: u64,
    ) -> Option<String> {
        let line = self.views.get_mut(key)?.link(of, asked, time, revision)?;
        Some(self.followed(key, line, (time, revision)))
    }

    fn unlink(
        &mut self,
        key: &str,
        of: ResourceType,
        asked: Vec<Resource>,
        (time, revision): (u64, u64),
    ) -> Option<String> {
        let found = self.held_by_filter(key);
        let line = self.views.get_mut(key)?.unlink(of, asked, &found, revision)?;
        Some(self.followed(key, line, (time, revision)))
    }

    /// Links the resources of the call and unlinks the others, except for some.
    fn replace(
        &mut self,
        key: &str,
        keys: &Keys,
        but: &[Resource],
        (time, revision): (u64, u64),
    ) -> Option<String> {
        let found = self.held_by_filter(key);
        let line = self.views.get_mut(key)?.replace(keys, but, &found, (time, revision))?;
        Some(self.followed(key, line, (time, revision)))
    }

    /// The line of the journal for a part, with the views that followed it.
    fn followed(&mut self, key: &str, line: String, (time, revision): (u64, u64)) -> String {
        let own = [format!("{key} {line}")].into_iter();
        own.chain(self.settle(time, revision)).collect::<Vec<_>>().join(", ")
    }

    fn remove(&mut self, gone: impl Fn(&Resource) -> bool, revision: u64) -> Option<(usize, u64)> {
        let registered = self.registry.remove(&gone);
        let mut resources = BTreeSet::new();
        let mut links = 0;
        for view in self.views.values_mut() {
            let before = links;
            view.by_filter.retain(|resource| !gone(resource));
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
