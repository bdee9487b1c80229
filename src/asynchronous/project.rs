//! A project from async code: every operation that makes a change.

use super::call::run;
use crate::model::NewResource;
use crate::model::change_id::ChangeId;
use crate::model::error::Result;
use crate::model::key::{EnvironmentId, ProjectKey};
use crate::model::position::Position;
use crate::model::project_info::ProjectInfo;
use crate::model::project_settings::{ProjectPatch, ProjectSettings};
use crate::model::resource::Resource;
use crate::model::view::{NewView, View, ViewPatch};
use crate::model::{Batch, Report, Reverted};
use crate::project::{DeletedProject, DeletedView, LinkChange, Project, Removed};

/// A [`Project`] for async code; its calls do not block the calling task. With the feature `tokio`.
///
/// [`AsyncStore::project`](crate::AsyncStore::project) returns it. Each method calls the method of [`Project`] with
/// the same name on the pool for blocking work. [`AsyncStore`](crate::AsyncStore) describes what happens if the future
/// of a call is dropped, and the errors that all calls share. Methods that return a handle make no call.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> viewlink::Result<()> {
/// # use std::time::Duration;
/// # use viewlink::{Batch, NewView, Options};
/// # let store = Options::new().open_in_memory()?.into_async();
/// let project = store.project("default")?.actor("ada");
/// project.ensure_view(NewView::new("v", "V")).await?;
///
/// // If the call did not begin before the timeout, nothing is changed; otherwise its change is whole.
/// let call = project.link("v", Batch::flags(["a", "b"]));
/// if let Ok(report) = tokio::time::timeout(Duration::from_secs(5), call).await {
///     report?.all_ok()?;
/// }
///
/// let report = project.dry_run().unlink("v", Batch::flags(["a", "c"])).await?;
/// assert_eq!((report.success_count(), report.failure_count()), (1, 1));
/// let deleted = project.delete_view("v").await?;
/// assert_eq!(deleted.unlinked.total(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AsyncProject {
    project: Project,
}

impl AsyncProject {
    pub(super) const fn new(project: Project) -> Self {
        Self { project }
    }

    /// The key of the project.
    #[must_use]
    pub const fn key(&self) -> &ProjectKey {
        self.project.key()
    }

    /// A handle whose changes have this actor: [`Project::actor`].
    #[must_use]
    pub fn actor(&self, actor: impl Into<String>) -> Self {
        Self::new(self.project.actor(actor))
    }

    /// A handle whose changes have this comment: [`Project::comment`].
    #[must_use]
    pub fn comment(&self, comment: impl Into<String>) -> Self {
        Self::new(self.project.comment(comment))
    }

    /// A handle whose changes are marked as a revert of a change: [`Project::reverts`].
    #[must_use]
    pub fn reverts(&self, revision: u64) -> Self {
        Self::new(self.project.reverts(revision))
    }

    /// A handle whose calls change nothing if the store is no longer at this revision: [`Project::if_store_at`].
    #[must_use]
    pub fn if_store_at(&self, revision: u64) -> Self {
        Self::new(self.project.if_store_at(revision))
    }

    /// A handle whose calls change nothing if the store is no longer at this position:
    /// [`Project::if_store_at_position`].
    #[must_use]
    pub fn if_store_at_position(&self, position: Position) -> Self {
        Self::new(self.project.if_store_at_position(position))
    }

    /// A handle whose calls change nothing if their view is no longer at this revision: [`Project::if_view_at`].
    #[must_use]
    pub fn if_view_at(&self, revision: u64) -> Self {
        Self::new(self.project.if_view_at(revision))
    }

    /// A handle whose calls change nothing if the last change of their view is another one:
    /// [`Project::if_view_changed_by`].
    #[must_use]
    pub fn if_view_changed_by(&self, change: ChangeId) -> Self {
        Self::new(self.project.if_view_changed_by(change))
    }

    /// A handle whose calls change nothing, but return the same answer as if they had: [`Project::dry_run`].
    #[must_use]
    pub fn dry_run(&self) -> Self {
        Self::new(self.project.dry_run())
    }

    /// Links resources to a view: [`Project::link`].
    ///
    /// Cost and example: those of [`Project::link`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::link`].
    pub async fn link(&self, view: &str, batch: Batch) -> Result<Report> {
        self.run_on(view, |project, view| project.link(view, batch)).await
    }

    /// Unlinks resources from a view: [`Project::unlink`].
    ///
    /// Cost and example: those of [`Project::unlink`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::unlink`].
    pub async fn unlink(&self, view: &str, batch: Batch) -> Result<Report> {
        self.run_on(view, |project, view| project.unlink(view, batch)).await
    }

    /// Makes a view's links of one type equal to a set: [`Project::replace`].
    ///
    /// Cost and example: those of [`Project::replace`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::replace`].
    pub async fn replace(&self, view: &str, batch: Batch) -> Result<Report> {
        self.run_on(view, |project, view| project.replace(view, batch)).await
    }

    /// Links and unlinks in several views and types in one change: [`Project::change_links`].
    ///
    /// Cost and example: those of [`Project::change_links`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::change_links`].
    pub async fn change_links(
        &self,
        changes: impl IntoIterator<Item = LinkChange>,
    ) -> Result<Vec<Report>> {
        let changes: Vec<_> = changes.into_iter().collect();
        self.run(|project| project.change_links(changes)).await
    }

    /// Moves links from one view to another in one change: [`Project::move_links`].
    ///
    /// Cost and example: those of [`Project::move_links`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::move_links`].
    pub async fn move_links(
        &self,
        from: &str,
        to: &str,
        batches: impl IntoIterator<Item = Batch>,
    ) -> Result<Vec<Report>> {
        let (to, batches) = (to.to_owned(), batches.into_iter().collect::<Vec<_>>());
        self.run_on(from, move |project, from| project.move_links(from, &to, batches)).await
    }

    /// Creates a view: [`Project::create_view`].
    ///
    /// Cost and example: those of [`Project::create_view`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::create_view`].
    pub async fn create_view(&self, view: NewView) -> Result<View> {
        self.run(|project| project.create_view(view)).await
    }

    /// Returns the view with the key, and creates it if it does not exist: [`Project::ensure_view`].
    ///
    /// Cost and example: those of [`Project::ensure_view`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::ensure_view`].
    pub async fn ensure_view(&self, view: NewView) -> Result<View> {
        self.run(|project| project.ensure_view(view)).await
    }

    /// Changes fields of a view: [`Project::update_view`].
    ///
    /// Cost and example: those of [`Project::update_view`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::update_view`].
    pub async fn update_view(&self, key: &str, patch: ViewPatch) -> Result<View> {
        self.run_on(key, |project, key| project.update_view(key, patch)).await
    }

    /// Gives a view another key: [`Project::rename_view`].
    ///
    /// Cost and example: those of [`Project::rename_view`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::rename_view`].
    pub async fn rename_view(&self, key: &str, to: &str) -> Result<View> {
        let to = to.to_owned();
        self.run_on(key, move |project, key| project.rename_view(key, &to)).await
    }

    /// Creates a view with the fields and links of another one: [`Project::copy_view`].
    ///
    /// Cost and example: those of [`Project::copy_view`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::copy_view`].
    pub async fn copy_view(&self, key: &str, to: &str, patch: ViewPatch) -> Result<View> {
        let to = to.to_owned();
        self.run_on(key, move |project, key| project.copy_view(key, &to, patch)).await
    }

    /// Deletes a view and removes all its links: [`Project::delete_view`].
    ///
    /// Cost and example: those of [`Project::delete_view`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::delete_view`].
    pub async fn delete_view(&self, key: &str) -> Result<DeletedView> {
        self.run_on(key, Project::delete_view).await
    }

    /// Replaces the settings of the project; creates the project if it does not exist: [`Project::put`].
    ///
    /// Cost and example: those of [`Project::put`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::put`].
    pub async fn put(&self, settings: ProjectSettings) -> Result<ProjectInfo> {
        self.run(|project| project.put(settings)).await
    }

    /// Changes some settings of the project: [`Project::update`].
    ///
    /// Cost and example: those of [`Project::update`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::update`].
    pub async fn update(&self, patch: ProjectPatch) -> Result<ProjectInfo> {
        self.run(|project| project.update(patch)).await
    }

    /// Deletes the project with all its data: [`Project::delete`].
    ///
    /// Cost and example: those of [`Project::delete`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::delete`].
    pub async fn delete(&self) -> Result<DeletedProject> {
        self.run(Project::delete).await
    }

    /// Reverts a change: [`Project::revert`].
    ///
    /// Cost and example: those of [`Project::revert`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::revert`].
    pub async fn revert(&self, revision: u64) -> Result<Reverted> {
        self.run(move |project| project.revert(revision)).await
    }

    /// Restores a view as it was at a revision: [`Project::revert_to`].
    ///
    /// Cost and example: those of [`Project::revert_to`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::revert_to`].
    pub async fn revert_to(&self, view: &str, revision: u64) -> Result<Reverted> {
        self.run_on(view, move |project, view| project.revert_to(view, revision)).await
    }

    /// Removes a resource from the registry and from every view: [`Project::remove_resource`].
    ///
    /// Cost and example: those of [`Project::remove_resource`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::remove_resource`].
    pub async fn remove_resource(&self, resource: &Resource) -> Result<Removed> {
        let resource = resource.clone();
        self.run(move |project| project.remove_resource(&resource)).await
    }

    /// Removes all segments of an environment from the registry and from every view: [`Project::remove_environment`].
    ///
    /// Cost and example: those of [`Project::remove_environment`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::remove_environment`].
    pub async fn remove_environment(&self, environment: &EnvironmentId) -> Result<Removed> {
        let environment = environment.clone();
        self.run(move |project| project.remove_environment(&environment)).await
    }

    /// Registers resources or changes their fields: [`Project::put_resources`].
    ///
    /// Cost and example: those of [`Project::put_resources`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::put_resources`].
    pub async fn put_resources(
        &self,
        resources: impl IntoIterator<Item = NewResource>,
    ) -> Result<Report> {
        let resources: Vec<_> = resources.into_iter().collect();
        self.run(|project| project.put_resources(resources)).await
    }

    /// Registers new resources and links them to views: [`Project::register`].
    ///
    /// Cost and example: those of [`Project::register`].
    ///
    /// # Errors
    ///
    /// Those of [`Project::register`].
    pub async fn register<V: Into<String>>(
        &self,
        resources: impl IntoIterator<Item = NewResource>,
        views: impl IntoIterator<Item = V>,
    ) -> Result<Report> {
        let resources: Vec<_> = resources.into_iter().collect();
        let views: Vec<String> = views.into_iter().map(Into::into).collect();
        self.run(|project| project.register(resources, views)).await
    }

    /// Makes a call to the project on the pool.
    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Project) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let project = self.project.clone();
        run(move || act(&project)).await
    }

    /// Makes a call that names a view.
    pub(super) async fn run_on<T: Send + 'static>(
        &self,
        view: &str,
        act: impl FnOnce(&Project, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let view = view.to_owned();
        self.run(move |project| act(project, &view)).await
    }
}
