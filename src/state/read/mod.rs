//! Reading a state: pages of its data, in every order.

mod links;
mod resources;
mod views;

use std::sync::Arc;

use super::State;
use super::project::ProjectState;
use super::selection::Selection;
use super::view::ViewState;
use crate::filter::ResourceFilter;
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::page::{KeySort, List, ListPlace, Page, Paging};
use crate::model::project_info::ProjectInfo;
use crate::model::resource::{Resource, ResourceType};
use crate::model::view::View;

impl State {
    /// A project, for reading.
    ///
    /// Cost: O(log projects).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`] if it does not exist.
    pub(crate) fn project(&self, key: &ProjectKey) -> Result<HeldProject> {
        let key = key.clone();
        match self.projects.get(&key) {
            Some(project) => Ok(HeldProject { key, project: Arc::clone(project) }),
            None => Err(Error::UnknownProject { project: key }),
        }
    }

    /// The projects, in key order.
    ///
    /// Cost: O(log projects + offset + limit).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`] if the cursor is from another list.
    pub(crate) fn projects(&self, paging: &Paging<KeySort>) -> Result<Page<ProjectInfo>> {
        use std::collections::Bound;
        let (after, skip) = paging.start.in_list(&List::Projects)?;
        let after = after.map(|at| at.key(|key| ProjectKey::parse(key).ok())).transpose()?;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let projects = self.projects.range::<ProjectKey, _>((start, Bound::Unbounded));
        let projects = projects.map(|(key, project)| ProjectReader { key, project });
        let rows: Vec<_> = projects.skip(skip).take(paging.rows()).collect();
        let position = |row: &ProjectReader<'_>| Ok(ListPlace::Key(row.key.to_string()));
        let total = self.projects.len() as u64;
        Page::from_rows(rows, paging.limit, total, List::Projects, position, |row| Ok(row.info()))
    }
}

/// A project of a state, kept without the rest of the state.
#[derive(Clone, Debug)]
pub(crate) struct HeldProject {
    key: ProjectKey,
    project: Arc<ProjectState>,
}

impl HeldProject {
    pub(crate) const fn key(&self) -> &ProjectKey {
        &self.key
    }

    pub(crate) const fn read(&self) -> ProjectReader<'_> {
        ProjectReader { key: &self.key, project: &self.project }
    }
}

/// A project of a state, for reading.
#[derive(Clone, Copy)]
pub(crate) struct ProjectReader<'s> {
    key: &'s ProjectKey,
    pub(super) project: &'s Arc<ProjectState>,
}

impl<'s> ProjectReader<'s> {
    pub(super) const fn new(key: &'s ProjectKey, project: &'s Arc<ProjectState>) -> Self {
        Self { key, project }
    }

    /// The entry of this project in a list of projects.
    pub(crate) fn info(&self) -> ProjectInfo {
        ProjectInfo {
            id: self.project.id,
            key: self.key.clone(),
            views: self.project.views.len(),
            resources: self.project.registry.counts(),
            settings: (*self.project.settings).clone(),
        }
    }

    /// A view.
    ///
    /// Cost: O(log views).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`] if it does not exist.
    pub(crate) fn view(&self, key: &ViewKey) -> Result<View> {
        Ok(self.find_view(key)?.1.to_view())
    }

    /// Whether a resource is linked to a view.
    ///
    /// Cost: O(log views), and O(log n) for a resource in many (n) views.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`] if the view does not exist.
    pub(crate) fn is_linked(&self, view: &ViewKey, resource: &Resource) -> Result<bool> {
        let slot = self.project.views.slot(view).ok_or_else(|| self.unknown_view(view))?;
        let name = resource.name();
        Ok(self.project.is_linked(slot, resource.resource_type(), name.as_str()))
    }

    pub(super) fn find_view(&self, key: &ViewKey) -> Result<(u32, &'s ViewState)> {
        self.project.views.find(key).ok_or_else(|| self.unknown_view(key))
    }

    fn unknown_view(&self, view: &ViewKey) -> Error {
        Error::UnknownView { project: self.key.clone(), view: view.clone() }
    }

    /// A filter with its views.
    fn selection<'f>(
        &self,
        resource_type: ResourceType,
        filter: &'f ResourceFilter,
    ) -> Result<Selection<'f, 's>> {
        Selection::new(self.project, resource_type, filter, |key| self.unknown_view(key))
    }
}

/// The rows after a position, in the order of their positions; as many as a page needs and one more.
///
/// Cost: O(n + p log p) with n rows and the p = offset + limit first ones.
fn ranked<R, P: Ord>(
    rows: impl Iterator<Item = R>,
    place: impl Fn(&R) -> P,
    after: Option<&P>,
    skip: usize,
    limit: usize,
) -> Vec<R> {
    let placed = rows.map(|row| (place(&row), row));
    let mut placed: Vec<(P, R)> =
        placed.filter(|(place, _)| after.is_none_or(|after| place > after)).collect();
    let first = skip.saturating_add(limit);
    if first < placed.len() {
        placed.select_nth_unstable_by(first, |one, other| one.0.cmp(&other.0));
        placed.truncate(first);
    }
    placed.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    placed.into_iter().map(|(_, row)| row).skip(skip).take(limit).collect()
}
