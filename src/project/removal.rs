//! What takes many links of a project away at once.

use crate::change::Effect;
use crate::commit::{Draft, Recorded};
use crate::model::error::Result;
use crate::model::key::EnvironmentId;
use crate::model::resource::Resource;
use crate::model::type_counts::TypeCounts;
use crate::project::Project;
use crate::storage::{ProjectRow, Removal};

/// What [`Project::delete`] did. Example: there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedProject {
    /// How many views went.
    pub views: u64,
    /// How many links of each type went.
    pub unlinked: TypeCounts,
    /// The revision of the change; `None` on a dry run.
    pub revision: Option<u64>,
}

/// What [`Project::remove_resource`] or [`Project::remove_environment`] did. Example: there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// How many resources were in a view.
    pub resources: u64,
    /// How many resources were registered.
    pub registered: u64,
    /// How many links went.
    pub links: u64,
    /// The revision of the change; `None` when there was nothing to remove, and on a dry run.
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
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) when there is none; those that
    /// [all calls](Project#errors) share.
    pub fn delete(&self) -> Result<DeletedProject> {
        let ((views, unlinked), revision) = self.change(0, |draft, target| {
            let project = target.find(draft)?;
            let (views, unlinked) = draft.tables.delete_project(&project)?;
            let recorded = draft.record(&project, Effect::DeleteProject { views, unlinked })?;
            Ok(((views, unlinked), Some(recorded)))
        })?;
        Ok(DeletedProject { views, unlinked, revision })
    }

    /// Takes a resource out of the registry, where it is in it, and out of every view of the project.
    ///
    /// Cost: O(m · log links) with the m views of the resource: a block of links is written anew in each,
    /// so this is the slow one where they are very many.
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
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) when there is none; those that
    /// [all calls](Project#errors) share.
    pub fn remove_resource(&self, resource: &Resource) -> Result<Removed> {
        let resource = resource.clone();
        self.remove(move |draft, project| {
            let (resource_type, name) = (resource.resource_type(), resource.name());
            let removal =
                draft.tables.remove_resource(project, resource_type, &name, draft.stamp)?;
            let effect = Effect::RemoveResource { resource_type, name, links: removal.links };
            Ok((removal, draft.record(project, effect)?))
        })
    }

    /// Takes all segments of an environment out of the registry and out of every view of the project.
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
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) when there is none; those that
    /// [all calls](Project#errors) share.
    pub fn remove_environment(&self, environment: &EnvironmentId) -> Result<Removed> {
        let environment = environment.clone();
        self.remove(move |draft, project| {
            let removal = draft.tables.remove_environment(project, &environment, draft.stamp)?;
            let environment = environment.clone();
            let Removal { linked: segments, links, .. } = removal;
            let effect = Effect::RemoveEnvironment { environment, segments, links };
            Ok((removal, draft.record(project, effect)?))
        })
    }

    fn remove(
        &self,
        act: impl Fn(&mut Draft<'_, '_>, &ProjectRow) -> Result<(Removal, Recorded)> + Send + 'static,
    ) -> Result<Removed> {
        let (removal, revision) = self.change(0, move |draft, target| {
            let project = target.find(draft)?;
            let (removal, recorded) = act(draft, &project)?;
            let any = removal.links > 0 || removal.registered > 0;
            Ok((removal, any.then_some(recorded)))
        })?;
        let Removal { registered, linked: resources, links } = removal;
        Ok(Removed { resources, registered, links, revision })
    }
}
