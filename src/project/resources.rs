//! Changing the registry of a project.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Project, other_answer};
use crate::engine::Request;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::{Answer, Command, NewResource, Operation, Report, ValidatedPut};
use crate::snapshot::view_key;

impl Project {
    /// Registers resources or changes their fields, all in one change. The project begins with its first resource if
    /// it has no views yet.
    ///
    /// The given fields replace the registered fields of the resource. The resources are processed in request order.
    /// These are failures of one resource: an invalid key or id, a text or list that exceeds its
    /// [limit](crate::Limits), a resource that already occurred in the request, or an id that belongs to another
    /// segment. The other resources are still registered. A put that changes no field changes nothing and costs no
    /// disk sync.
    ///
    /// If views [follow](Self::follow) filters, the links that change because of it are part of the change, and
    /// [`Report::followed`] has them.
    ///
    /// Cost: O(n · (1 + t) · log resources) with n resources of t tags each, and O(f log f) with the f filters of
    /// views that are tested, as described at [`follow`](Self::follow).
    ///
    /// ```
    /// # use viewlink::{KeyOutcome, NewResource, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// let project = store.project("default")?;
    /// let report = project.put_resources([
    ///     NewResource::flag("checkout-v2").name("Checkout").tags(["payments"]),
    ///     NewResource::segment_with_id("production", "beta-users", "61f3b0c2"),
    ///     NewResource::metric("no key"),
    /// ])?;
    /// assert_eq!((report.success_count(), report.failure_count()), (2, 1));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::BatchTooLarge`] if the resources, together with the links that filters change, are more than
    /// [`Options::batch_limit`](crate::Options::batch_limit), with nothing changed; those that [all
    /// calls](Project#errors) share.
    pub fn put_resources(
        &self,
        resources: impl IntoIterator<Item = NewResource>,
    ) -> Result<Report> {
        let resources: Vec<NewResource> = resources.into_iter().collect();
        let keys = resources.len();
        let put = self.validate(resources, keys)?;
        self.put_all(Operation::PutResources(put), keys)
    }

    /// Registers new resources and links each of them to views, all in one change. If no view is named, the project
    /// begins with its first resource.
    ///
    /// A resource that is already registered fails. A resource also fails if no view is named and the project requires
    /// new resources of its type to be [in a view](crate::ProjectSettings). All failures of
    /// [`put_resources`](Self::put_resources) are possible, too. Resources that fail are neither registered nor
    /// linked; the others are processed. A link that already exists stays.
    ///
    /// `put_resources` never requires a view: it stores the fields that a flag service has for a resource; it does not
    /// create the resource.
    ///
    /// Cost: O(n · (1 + t) · log resources + v · n · log links) with n resources of t tags each, and v views.
    ///
    /// ```
    /// # use viewlink::{NewResource, NewView, Options, ProjectSettings, Resource};
    /// # let store = Options::new().open_in_memory()?;
    /// let project = store.project("default")?;
    /// project.put(ProjectSettings::new().require_view_for_new_flags(true))?;
    /// project.create_view(NewView::new("checkout", "Checkout"))?;
    /// project.register([NewResource::flag("checkout-v2")], ["checkout"])?.all_ok()?;
    /// assert!(project.read()?.is_linked("checkout", &Resource::flag("checkout-v2")?)?);
    ///
    /// let refused = project.register([NewResource::flag("search-v3")], [""; 0])?;
    /// let failed = refused.failures().next().expect("it is to be in a view");
    /// assert_eq!(failed.code().as_str(), "view_required");
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::UnknownProject`] and [`Error::UnknownView`] if a named view does not exist;
    /// [`Error::InvalidKey`] if its key is invalid; [`Error::BatchTooLarge`] if there are more resources, or more
    /// links to be made, than [`Options::batch_limit`](crate::Options::batch_limit); those that [all
    /// calls](Project#errors) share.
    pub fn register<V: AsRef<str>>(
        &self,
        resources: impl IntoIterator<Item = NewResource>,
        views: impl IntoIterator<Item = V>,
    ) -> Result<Report> {
        let views = views.into_iter().map(|view| view_key(view.as_ref()));
        let views = views.collect::<Result<BTreeSet<ViewKey>>>()?;
        let resources: Vec<NewResource> = resources.into_iter().collect();
        let keys = resources.len().saturating_mul(views.len().max(1));
        let put = self.validate(resources, keys)?;
        let limit = self.engine.options().batch_limit.min(u32::MAX as usize);
        let views = views.into_iter().collect();
        self.put_all(Operation::Register { put, views, limit }, keys)
    }

    /// Validates the resources of a call with this number of keys.
    fn validate(&self, resources: Vec<NewResource>, keys: usize) -> Result<ValidatedPut> {
        let options = self.engine.options();
        match options.batch_limit {
            limit if keys > limit => Err(Error::BatchTooLarge { keys, limit }),
            _ => Ok(ValidatedPut::new(resources, options.limits)),
        }
    }

    fn put_all(&self, operation: Operation, keys: usize) -> Result<Report> {
        let request = self.request(self.meta.clone(), operation, keys)?;
        let (answer, change) = self.engine.execute(&request)?;
        let Request { command: Command { operation, .. }, .. } = Arc::unwrap_or_clone(request);
        match (answer, operation) {
            (
                Answer::Put { outcomes, followed },
                Operation::PutResources(put) | Operation::Register { put, .. },
            ) => Ok(Report::of_put(put, outcomes, followed, change)),
            _ => Err(other_answer()),
        }
    }
}
