//! Reading a memory image.

use crate::model::RegisteredResource;
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, SegmentId, ViewKey};
use crate::model::linked_resource::LinkedResource;
use crate::model::page::{KeySort, LinkSort, Page, Paging, ResourceSort, ViewSort};
use crate::model::project_info::ProjectInfo;
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_filter::ResourceFilter;
use crate::model::view::View;
use crate::model::view_filter::ViewFilter;
use crate::project::view_key;
use crate::state::{ProjectReader, State};

/// A memory image as it stood, with the calls of a [`Snapshot`](crate::Snapshot).
#[derive(Clone)]
pub struct ImageSnapshot {
    state: State,
}

/// A project as it stood, with the calls of a [`ProjectSnapshot`](crate::ProjectSnapshot) and their errors.
#[derive(Clone, Copy)]
pub struct ImageReader<'s> {
    project: ProjectReader<'s>,
}

impl ImageSnapshot {
    pub(super) const fn new(state: State) -> Self {
        Self { state }
    }

    /// The newest change that the snapshot sees.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.state.head().revision
    }

    /// See [`Snapshot::project`](crate::Snapshot::project).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn project(&self, key: &str) -> Result<ImageReader<'_>> {
        let key = ProjectKey::parse(key).map_err(Error::key("project key", key))?;
        Ok(ImageReader { project: self.state.project(&key)? })
    }

    /// See [`Snapshot::projects`](crate::Snapshot::projects).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn projects(&self, paging: Paging<KeySort>) -> Result<Page<ProjectInfo>> {
        self.state.projects(&paging)
    }

    /// The digest of everything the snapshot holds, as text.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when a part cannot be encoded.
    pub fn digest(&self) -> Result<String> {
        self.state.digest().map(|digest| digest.to_string())
    }
}

impl ImageReader<'_> {
    /// See [`ProjectSnapshot::info`](crate::ProjectSnapshot::info).
    #[must_use]
    pub fn info(&self) -> ProjectInfo {
        self.project.info()
    }

    /// See [`ProjectSnapshot::view`](crate::ProjectSnapshot::view).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn view(&self, key: &str) -> Result<View> {
        self.project.view(&view_key(key)?)
    }

    /// See [`ProjectSnapshot::is_linked`](crate::ProjectSnapshot::is_linked).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn is_linked(&self, view: &str, resource: &Resource) -> Result<bool> {
        self.project.is_linked(&view_key(view)?, resource)
    }

    /// See [`ProjectSnapshot::views`](crate::ProjectSnapshot::views).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn views(&self, paging: Paging<ViewSort>) -> Result<Page<View>> {
        self.views_matching(&ViewFilter::all(), paging)
    }

    /// See [`ProjectSnapshot::views_matching`](crate::ProjectSnapshot::views_matching).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn views_matching(
        &self,
        filter: &ViewFilter,
        paging: Paging<ViewSort>,
    ) -> Result<Page<View>> {
        self.project.views(filter, &paging)
    }

    /// See [`ProjectSnapshot::linked_resources_matching`](crate::ProjectSnapshot::linked_resources_matching).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn linked_resources_matching(
        &self,
        view: &str,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<LinkSort>,
    ) -> Result<Page<LinkedResource>> {
        self.project.linked_resources(&view_key(view)?, resource_type, filter, &paging)
    }

    /// See [`ProjectSnapshot::linked_views`](crate::ProjectSnapshot::linked_views).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn linked_views(&self, resource: &Resource, paging: Paging<KeySort>) -> Result<Page<View>> {
        self.project.linked_views(resource, &paging)
    }

    /// See [`ProjectSnapshot::linked_view_keys`](crate::ProjectSnapshot::linked_view_keys).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn linked_view_keys(
        &self,
        resource: &Resource,
        paging: Paging<KeySort>,
    ) -> Result<Page<ViewKey>> {
        self.project.linked_view_keys(resource, &paging)
    }

    /// See [`ProjectSnapshot::resource`](crate::ProjectSnapshot::resource).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn resource(&self, resource: &Resource) -> Result<Option<RegisteredResource>> {
        self.project.resource(resource)
    }

    /// See [`ProjectSnapshot::segment_by_id`](crate::ProjectSnapshot::segment_by_id).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn segment_by_id(&self, id: &str) -> Result<Option<Resource>> {
        let id = SegmentId::parse(id).map_err(Error::key("segment id", id))?;
        self.project.segment_by_id(id.as_str())
    }

    /// See [`ProjectSnapshot::resources`](crate::ProjectSnapshot::resources).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn resources(
        &self,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<ResourceSort>,
    ) -> Result<Page<RegisteredResource>> {
        self.project.resources(resource_type, filter, &paging)
    }
}
