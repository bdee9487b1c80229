//! Changing the registry of a project.

use std::sync::Arc;

use super::{Project, other_answer};
use crate::engine::Request;
use crate::model::error::{Error, Result};
use crate::model::{Answer, Command, NewResource, Operation, Report, ValidatedPut};

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
    /// Cost: O(n · (1 + t) · log resources) with n resources of t tags each.
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
    /// [`Error::BatchTooLarge`] beyond [`Options::batch_limit`](crate::Options::batch_limit), with nothing
    /// changed; those that [all calls](Project#errors) share.
    pub fn put_resources(
        &self,
        resources: impl IntoIterator<Item = NewResource>,
    ) -> Result<Report> {
        let options = self.engine.options();
        let resources: Vec<NewResource> = resources.into_iter().collect();
        if resources.len() > options.batch_limit {
            let (keys, limit) = (resources.len(), options.batch_limit);
            return Err(Error::BatchTooLarge { keys, limit });
        }
        let keys = resources.len();
        let put = ValidatedPut::new(resources, options.limits);
        let request = self.request(self.meta.clone(), Operation::PutResources(put), keys)?;
        let (answer, change) = self.engine.execute(&request)?;
        let Request { command: Command { operation, .. }, .. } = Arc::unwrap_or_clone(request);
        match (answer, operation) {
            (Answer::Put(outcomes), Operation::PutResources(put)) => {
                Ok(Report::of_put(put, outcomes, change))
            }
            _ => Err(other_answer()),
        }
    }
}
