//! Calls that remove many links of a project at once.

use super::{Project, other_answer};
use crate::model::error::Result;
use crate::model::key::EnvironmentId;
use crate::model::resource::Resource;
use crate::model::type_counts::TypeCounts;
use crate::model::{Answer, Operation};

/// The result of [`Project::delete`]. Example: there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedProject {
    /// How many views were deleted.
    pub views: u64,
    /// How many links of each type were removed.
    pub unlinked: TypeCounts,
    /// The revision of the change; `None` on a dry run.
    pub revision: Option<u64>,
}

/// The result of [`Project::remove_resource`] or [`Project::remove_environment`]. Example: there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// How many of the resources were in a view.
    pub resources: u64,
    /// How many of the resources were registered.
    pub registered: u64,
    /// How many links were removed.
    pub links: u64,
    /// The revision of the change; `None` if there was nothing to remove, and on a dry run.
    pub revision: Option<u64>,
}

impl Project {
    /// Deletes the project with all its views, links and registered resources.
    ///
    /// Cost: O(views, links and resources of the project).
    ///
    /// ```
    /// # use viewlink::{NewView, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// project.create_view(NewView::new("v", "V"))?;
    /// let deleted = project.delete()?;
    /// assert_eq!((deleted.views, deleted.unlinked.total(), deleted.revision), (1, 0, Some(2)));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) if it does not exist; the errors that [all
    /// calls](Project#errors) share.
    pub fn delete(&self) -> Result<DeletedProject> {
        match self.run(Operation::DeleteProject)? {
            (Answer::ProjectDeleted { views, unlinked }, change) => {
                let revision = change.map(|change| change.revision);
                Ok(DeletedProject { views, unlinked, revision })
            }
            _ => Err(other_answer()),
        }
    }

    /// Removes a resource from the registry, if it is registered, and from every view of the project.
    ///
    /// Cost: O(m · log links) for a resource in m views.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Resource};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::flags(["a"]))?.all_ok()?;
    /// let removed = project.remove_resource(&Resource::flag("a")?)?;
    /// assert_eq!((removed.links, removed.registered, removed.revision), (1, 0, Some(3)));
    /// assert_eq!(project.remove_resource(&Resource::flag("a")?)?.revision, None);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) if it does not exist; the errors that [all
    /// calls](Project#errors) share.
    pub fn remove_resource(&self, resource: &Resource) -> Result<Removed> {
        self.remove(Operation::RemoveResource(resource.clone()))
    }

    /// Removes all segments of an environment from the registry and from every view of the project.
    ///
    /// Cost: O((s + m) · log links) with s segments and their m links.
    ///
    /// ```
    /// # use viewlink::{Batch, EnvironmentId, NewView, Options};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::segments([("test", "beta"), ("production", "beta")]))?.all_ok()?;
    /// let removed = project.remove_environment(&EnvironmentId::parse("test")?)?;
    /// assert_eq!((removed.resources, removed.links), (1, 1));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) if it does not exist; the errors that [all
    /// calls](Project#errors) share.
    pub fn remove_environment(&self, environment: &EnvironmentId) -> Result<Removed> {
        self.remove(Operation::RemoveEnvironment(environment.clone()))
    }

    fn remove(&self, operation: Operation) -> Result<Removed> {
        match self.run(operation)? {
            (Answer::Removed(removed), change) => Ok(Removed {
                resources: removed.linked,
                registered: removed.registered,
                links: removed.links,
                revision: change.map(|change| change.revision),
            }),
            _ => Err(other_answer()),
        }
    }
}
