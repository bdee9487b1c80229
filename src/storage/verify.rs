//! Checking the tables against each other (invariants 1 to 3), and two states against each other
//! (invariant 5).

use std::collections::{BTreeMap, BTreeSet};

use redb::{ReadOnlyTable, ReadableTable, ReadableTableMetadata};

use super::block::Block;
use super::posting::Posting;
use super::read::ReadTables;
use super::read_links::record;
use super::records::{Head, LinkRecord, ProjectRow, ViewKeyRecord, ViewRow};
use super::run::RunKey;
use super::tables::{self, Bytes, split_row_key};
use crate::model::error::Result;
use crate::model::resource::{Resource, ResourceType};
use crate::model::type_counts::TypeCounts;
use crate::verify::{Counts, Findings};

/// What came last in a table of links.
#[derive(Default)]
struct Last {
    view: Option<u32>,
    name: Option<Vec<u8>>,
    /// The places in time of the view's links.
    times: BTreeSet<LinkRecord>,
}

/// What the checks know of all views.
type Views = BTreeMap<u32, (u32, TypeCounts)>;

/// All projects, by id.
type Projects = BTreeMap<u32, ProjectRow>;

impl ReadTables {
    /// Checks all tables against each other.
    ///
    /// Cost: O(rows · log rows) in time; in memory O(views, the links of the largest view, and what waits).
    pub(crate) fn check(&self, counts: &mut Counts, found: &mut Findings) -> Result<()> {
        let projects = self.check_projects(found)?;
        counts.projects = projects.len() as u64;
        let views = self.check_views(&projects, found)?;
        counts.views = views.len() as u64;
        for resource_type in ResourceType::ALL {
            let links = self.check_links(resource_type, &views, found)?;
            *counts.links.get_mut(resource_type) = links;
            self.check_backlinks(resource_type, &projects, &views, counts, found)?;
        }
        self.check_registry(&projects, counts, found)
    }

    fn check_projects(&self, found: &mut Findings) -> Result<Projects> {
        let mut projects = Projects::new();
        for row in self.projects()?.iter()? {
            let (key, value) = row?;
            let Some(project) =
                found.damage(1, ProjectRow::from_row(key.value(), value.value()))?
            else {
                continue;
            };
            if project.id >= self.head().next_project || projects.contains_key(&project.id) {
                found.add(1, "table projects", format!("{} has a wrong id", project.key));
            }
            projects.insert(project.id, project);
        }
        if projects.len() as u64 != self.head().projects {
            found.add(3, "table meta", "the number of projects is wrong");
        }
        Ok(projects)
    }

    fn check_views(&self, projects: &Projects, found: &mut Findings) -> Result<Views> {
        let mut views = Views::new();
        let mut by_project = BTreeMap::<u32, u64>::new();
        for row in self.views()?.iter()? {
            let (key, value) = row?;
            let Some(view) = found.damage(1, ViewRow::from_row(key.value(), value.value()))? else {
                continue;
            };
            let place = || format!("view {} of project {}", view.key, view.project);
            if *view.row_key() != *key.value() {
                found.add(1, place(), "its key is not in the form it is looked for in");
            }
            *by_project.entry(view.project).or_default() += 1;
            if !projects.contains_key(&view.project) {
                found.add(1, place(), "there is no such project");
            }
            if view.id() >= self.head().next_view
                || views.insert(view.id(), (view.project, view.links())).is_some()
            {
                found.add(1, place(), "it has a wrong id");
            }
            let leads_to =
                tables::get(self.view_keys()?, &view.id().to_be_bytes(), ViewKeyRecord::decode);
            let leads_to = found.damage(1, leads_to)?.flatten();
            if leads_to.is_none_or(|to| (to.project, &to.key) != (view.project, &view.key)) {
                found.add(1, place(), format!("its id {} leads elsewhere", view.id()));
            }
            if view.record.revision > self.head().revision {
                found.add(1, place(), "its revision is yet to come");
            }
        }
        if self.view_keys()?.len()? != views.len() as u64 {
            found.add(1, "table view_keys", "it has more rows than there are views");
        }
        for (project, ProjectRow { views, .. }) in projects {
            if by_project.get(project).unwrap_or(&0) != views {
                found.add(3, format!("project {project}"), "its number of views is wrong");
            }
        }
        Ok(views)
    }

    /// The number of links.
    fn check_links(
        &self,
        resource_type: ResourceType,
        views: &Views,
        found: &mut Findings,
    ) -> Result<u64> {
        let table = format!("table links.{resource_type}");
        let mut counted = BTreeMap::<u32, u64>::new();
        let mut last = Last::default();
        each_block(self.links(resource_type)?, |view, from, block| {
            if last.view != Some(view) {
                last = Last { view: Some(view), ..Last::default() };
            }
            let Some(block) = found.damage(1, block)? else { return Ok(()) };
            *counted.entry(view).or_default() += block.len() as u64;
            if block.len() == 0 {
                found.add(1, &*table, format!("a block of view {view} is empty"));
            }
            self.check_block((resource_type, from), &block, &mut last, found)
        })?;
        for view in counted.keys().filter(|view| !views.contains_key(view)) {
            found.add(1, &*table, format!("it has links of view {view}, which is not there"));
        }
        for (view, (_, links)) in views {
            let rows = counted.get(view).copied().unwrap_or_default();
            if rows != links.get(resource_type) {
                let says = links.get(resource_type);
                found.add(3, &*table, format!("view {view} has {rows} links and says {says}"));
            }
        }
        Ok(counted.values().sum())
    }

    /// Checks the links of a block that begins at a name, behind those that came last.
    fn check_block(
        &self,
        (resource_type, from): (ResourceType, &[u8]),
        block: &Block<'_>,
        last: &mut Last,
        found: &mut Findings,
    ) -> Result<()> {
        let table = format!("table links.{resource_type}");
        let view = last.view.unwrap_or_default();
        let mut wrong = |detail: &str| found.add(1, &*table, format!("view {view} has {detail}"));
        if last.name.as_ref().is_some_and(|last| **last >= *from) {
            wrong("a link that belongs into the next block");
        }
        for place in 0..block.len() {
            let link = block.name(place).and_then(|name| Ok((name, record(block, place)?)));
            let Ok((name, record)) = link else {
                wrong("a link that cannot be read");
                continue;
            };
            if *name < *from || last.name.as_ref().is_some_and(|last| *last >= name) {
                wrong("a link that is not in key order");
            }
            if Resource::from_name(resource_type, &name).is_none() {
                wrong("a link of a name that is none");
            }
            if record.revision > self.head().revision || record.linked_at > self.head().time {
                wrong("a link that is yet to come");
            }
            if !last.times.insert(record) {
                wrong("two links with one place in time");
            }
            last.name = Some(name);
        }
        Ok(())
    }

    /// Checks that every live id of every list is a link, and that there are as many as links:
    /// so the lists are the links transposed.
    fn check_backlinks(
        &self,
        resource_type: ResourceType,
        projects: &Projects,
        views: &Views,
        counts: &mut Counts,
        found: &mut Findings,
    ) -> Result<()> {
        let table = format!("table backlinks.{resource_type}");
        let mut live = 0;
        self.each_list(resource_type, |project, name, stored| {
            let resource = Resource::from_name(resource_type, name);
            if let Some(stored) = stored {
                let Some(stored) = found.damage(2, stored)? else { return Ok(()) };
                if resource.is_none() || stored.is_empty() || !projects.contains_key(&project) {
                    found.add(2, &*table, "a list has no project, no resource or no views");
                }
            }
            let posting = self.posting(resource_type, project, name)?;
            counts.posting_lists += u64::from(!posting.is_empty());
            for &id in posting.ids() {
                let Some((owner, _)) = views.get(&id) else {
                    self.check_dead(id, &table, counts, found);
                    continue;
                };
                live += 1;
                let resource = resource.as_ref();
                let link = resource.map(|of| self.link(id, resource_type, &of.name()));
                if *owner != project || link.transpose()?.flatten().is_none() {
                    let named = resource.map(ToString::to_string).unwrap_or_default();
                    found.add(2, &*table, format!("{named} is said to be in view {id}"));
                }
            }
            Ok(())
        })?;
        let links = counts.links.get(resource_type);
        if live != links {
            found.add(2, &*table, format!("it stands for {live} links and there are {links}"));
        }
        Ok(())
    }

    /// Checks that a view that is not there can have been.
    fn check_dead(&self, id: u32, table: &str, counts: &mut Counts, found: &mut Findings) {
        counts.dead_view_ids += 1;
        if id >= self.head().next_view || self.head().deleted_views == 0 {
            found.add(2, table, format!("it names view {id}, which never was"));
        }
    }

    /// Checks that another state holds the same.
    pub(crate) fn check_same(&self, other: &Self, found: &mut Findings) -> Result<()> {
        // How far the backlinks are folded is not part of the state, and the first format did not
        // count views that were deleted with their project.
        let Head { unfolded_from, deleted_views, .. } = self.head();
        if self.head() != (Head { unfolded_from, deleted_views, ..other.head() }) {
            found.add(5, "table meta", "a replay ends elsewhere");
        }
        same(self.projects()?, other.projects()?, "projects", found)?;
        same(self.views()?, other.views()?, "views", found)?;
        same(self.view_keys()?, other.view_keys()?, "view_keys", found)?;
        same(self.segment_ids()?, other.segment_ids()?, "segment_ids", found)?;
        for resource_type in ResourceType::ALL {
            let (mine, others) = (self.resources(resource_type)?, other.resources(resource_type)?);
            same(mine, others, &format!("resources.{resource_type}"), found)?;
            let (mine, others) =
                (self.resource_index(resource_type)?, other.resource_index(resource_type)?);
            same(mine, others, &format!("resource_index.{resource_type}"), found)?;
            let name = format!("links.{resource_type}");
            // How they are divided into blocks is not part of the state.
            if self.all_links(resource_type)? != other.all_links(resource_type)? {
                found.add(5, format!("table {name}"), "a replay of the journal differs");
            }
            // Which dead ids are still in a list is not part of the state.
            let mine = self.live_lists(resource_type)?;
            if mine != other.live_lists(resource_type)? {
                found.add(5, format!("table backlinks.{resource_type}"), "a replay differs");
            }
        }
        Ok(())
    }

    /// Each link, by view and name.
    fn all_links(&self, resource_type: ResourceType) -> Result<Vec<(u32, Vec<u8>, LinkRecord)>> {
        let mut links = Vec::new();
        each_block(self.links(resource_type)?, |view, _, block| {
            let block = block?;
            for place in 0..block.len() {
                links.push((view, block.name(place)?, record(&block, place)?));
            }
            Ok(())
        })?;
        Ok(links)
    }

    /// Each list with the ids in it that have a view.
    fn live_lists(&self, resource_type: ResourceType) -> Result<BTreeMap<(u32, Vec<u8>), Posting>> {
        let mut lists = BTreeMap::new();
        let view_keys = self.view_keys()?;
        self.each_list(resource_type, |project, name, _| {
            let mut posting = self.posting(resource_type, project, name)?;
            posting.retain(|id| Ok(view_keys.get(&id.to_be_bytes()[..])?.is_some()))?;
            if !posting.is_empty() {
                lists.insert((project, name.to_vec()), posting);
            }
            Ok(())
        })?;
        Ok(lists)
    }

    /// Calls `act` for each resource of a type that has a posting list or that the tail knows: its
    /// project, its name and the list that is stored.
    fn each_list(
        &self,
        resource_type: ResourceType,
        mut act: impl FnMut(u32, &[u8], Option<Result<Posting>>) -> Result<()>,
    ) -> Result<()> {
        let mut waiting = self.tail.keys_from(&RunKey::of_type(resource_type));
        each_block(self.backlinks(resource_type)?, |project, _, block| {
            let block = block?;
            for place in 0..block.len() {
                let name = block.name(place)?;
                waiting.remove(&RunKey::new(resource_type, project, &name));
                let stored = block.entry(place).and_then(|entry| Posting::decode(entry.payload));
                act(project, &name, Some(stored))?;
            }
            Ok(())
        })?;
        for (_, project, name) in waiting.iter().filter_map(RunKey::split) {
            act(project, name, None)?;
        }
        Ok(())
    }
}

/// Calls `act` for each block of a table: the owner's id, the name the block begins at, and the
/// block.
fn each_block(
    table: &ReadOnlyTable<Bytes, Bytes>,
    mut act: impl FnMut(u32, &[u8], Result<Block<'_>>) -> Result<()>,
) -> Result<()> {
    for row in table.iter()? {
        let (key, value) = row?;
        let (owner, from) = split_row_key(key.value()).unwrap_or((u32::MAX, &[]));
        act(owner, from, Block::parse(value.value()))?;
    }
    Ok(())
}

/// Checks that two tables have the same rows.
fn same(
    one: &ReadOnlyTable<Bytes, Bytes>,
    other: &ReadOnlyTable<Bytes, Bytes>,
    name: &str,
    found: &mut Findings,
) -> Result<()> {
    let mut others = other.iter()?;
    for row in one.iter()? {
        let (key, value) = row?;
        let same = match others.next().transpose()? {
            Some((other_key, other_value)) => {
                (key.value(), value.value()) == (other_key.value(), other_value.value())
            }
            None => false,
        };
        if !same {
            found.add(5, format!("table {name}"), "a replay of the journal differs");
            return Ok(());
        }
    }
    if others.next().transpose()?.is_some() {
        found.add(5, format!("table {name}"), "a replay of the journal has more rows");
    }
    Ok(())
}
