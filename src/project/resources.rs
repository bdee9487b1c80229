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
    /// Registers resources, or says anew what they are, in one change whatever their number. The
    /// project begins with its first resource if it has no views yet.
    ///
    /// What is said replaces what the registry has of the resource. In request order each is checked
    /// against what those before it made: a malformed key or id, a text or list beyond its
    /// [limit](crate::Limits), a resource that stood earlier in the request, or an id that leads to
    /// another segment is that resource's failure, and the others are registered all the same. A put
    /// that says nothing new changes nothing and costs no disk sync.
    ///
    /// Where views [follow](Self::follow) filters, what these make of it is part of the change, and the report tells it:
    /// [`Report::followed`].
    ///
    /// Cost: O(n · (1 + t) · log resources) with n resources of t tags each, and O(f log f) with the f filters that views
    /// follow and that have one of these tags, maintainers or values of attributes, before or after, or none of their own.
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
    /// [`Error::BatchTooLarge`] beyond [`Options::batch_limit`](crate::Options::batch_limit), the links that follow
    /// counted as well, with nothing changed; those that [all calls](Project#errors) share.
    pub fn put_resources(
        &self,
        resources: impl IntoIterator<Item = NewResource>,
    ) -> Result<Report> {
        let resources: Vec<NewResource> = resources.into_iter().collect();
        let keys = resources.len();
        let put = self.validate(resources, keys)?;
        self.put_all(Operation::PutResources(put), keys)
    }

    /// Registers new resources and links each of them to views, in one change whatever their number. The project
    /// begins with its first resource, where no view is named.
    ///
    /// A resource that is registered already is that resource's failure, as is one of a type of which the project
    /// wants new ones to be [in a view](crate::ProjectSettings), where no view is named; and what is a failure of
    /// [`put_resources`](Self::put_resources). Those that fail are neither registered nor linked, and stop none of
    /// the others. A link that is there already stays.
    ///
    /// `put_resources` asks for no view: it says what a flag service knows, and does not make anything new.
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
    /// With nothing changed: [`Error::UnknownProject`] and [`Error::UnknownView`] when a view is named that is not
    /// there; [`Error::InvalidKey`] when its key is none; [`Error::BatchTooLarge`] when there are more resources, or
    /// more links to be made, than [`Options::batch_limit`](crate::Options::batch_limit); those that
    /// [all calls](Project#errors) share.
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

    /// Resources of a call that names so many keys.
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
