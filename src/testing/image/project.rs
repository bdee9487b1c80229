//! A project of a memory image: every operation that changes something.

use super::MemoryImage;
use crate::model::error::{Error, Result};
use crate::model::key::{EnvironmentId, ProjectKey, ViewKey};
use crate::model::limit;
use crate::model::resource::Resource;
use crate::model::view::{NewView, View, ViewPatch};
use crate::model::{
    Answer, Batch, ChangeMeta, Command, Decision, LinkCommand, LinkOp, NewResource, Operation,
    Precondition, Report, ValidatedPut,
};
use crate::project::{DeletedProject, DeletedView, LinkChange, Removed, view_key};

/// A project of a [`MemoryImage`], with the calls of a [`Project`](crate::Project) and their errors.
#[derive(Clone)]
pub struct ImageProject {
    image: MemoryImage,
    key: ProjectKey,
    precondition: Precondition,
    meta: ChangeMeta,
    dry_run: bool,
}

/// The answer has another kind than the command: that cannot be.
const OTHER_ANSWER: Error = Error::Closed;

impl ImageProject {
    pub(super) fn new(image: MemoryImage, key: ProjectKey) -> Self {
        let (precondition, meta) = (Precondition::default(), ChangeMeta::default());
        Self { image, key, precondition, meta, dry_run: false }
    }

    /// See [`Project::actor`](crate::Project::actor).
    #[must_use]
    pub fn actor(&self, actor: impl Into<String>) -> Self {
        let mut handle = self.clone();
        handle.meta.actor = Some(actor.into());
        handle
    }

    /// See [`Project::if_store_at`](crate::Project::if_store_at).
    #[must_use]
    pub fn if_store_at(&self, revision: u64) -> Self {
        let mut handle = self.clone();
        handle.precondition.store_at = Some(revision);
        handle
    }

    /// See [`Project::if_view_at`](crate::Project::if_view_at).
    #[must_use]
    pub fn if_view_at(&self, revision: u64) -> Self {
        let mut handle = self.clone();
        handle.precondition.view_at = Some(revision);
        handle
    }

    /// See [`Project::dry_run`](crate::Project::dry_run).
    #[must_use]
    pub fn dry_run(&self) -> Self {
        Self { dry_run: true, ..self.clone() }
    }

    fn of_operation(&self, meta: ChangeMeta, operation: Operation) -> Command {
        let (project, precondition) = (self.key.clone(), self.precondition);
        let removal_detail = self.image.shared.removal_detail;
        Command { project, precondition, meta, removal_detail, operation }
    }

    /// Carries a command out; tells the answer and the revision of the change, if there is one.
    fn run(&self, operation: Operation) -> Result<(Answer, Option<u64>)> {
        let about_view = matches!(
            operation,
            Operation::UpdateView { .. }
                | Operation::DeleteView { .. }
                | Operation::ChangeLinks { .. }
        );
        if !about_view && self.precondition.view_at.is_some() {
            return Err(Error::NoSingleView);
        }
        limit::check_meta(&self.meta, &self.image.shared.options.limits)?;
        self.carry_out(&self.of_operation(self.meta.clone(), operation))
    }

    fn carry_out(&self, command: &Command) -> Result<(Answer, Option<u64>)> {
        let Decision { answer, change } = self.image.carry_out(command, self.dry_run)?;
        let revision = change.filter(|_| !self.dry_run).map(|change| change.stamp.revision);
        Ok((answer, revision))
    }

    fn put_view(&self, view: NewView, ensure: bool) -> Result<View> {
        let NewView { key, fields } = view;
        let view = view_key(&key)?;
        limit::check_fields(&fields, None, &self.image.shared.options.limits)?;
        match self.run(Operation::CreateView { view, fields, ensure })? {
            (Answer::View(view), _) => Ok(view),
            _ => Err(OTHER_ANSWER),
        }
    }

    /// See [`Project::create_view`](crate::Project::create_view).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn create_view(&self, view: NewView) -> Result<View> {
        self.put_view(view, false)
    }

    /// See [`Project::ensure_view`](crate::Project::ensure_view).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn ensure_view(&self, view: NewView) -> Result<View> {
        self.put_view(view, true)
    }

    /// See [`Project::update_view`](crate::Project::update_view).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn update_view(&self, key: &str, patch: ViewPatch) -> Result<View> {
        let limits = self.image.shared.options.limits;
        match self.run(Operation::UpdateView { view: view_key(key)?, patch, limits })? {
            (Answer::View(view), _) => Ok(view),
            _ => Err(OTHER_ANSWER),
        }
    }

    /// See [`Project::delete_view`](crate::Project::delete_view).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn delete_view(&self, key: &str) -> Result<DeletedView> {
        match self.run(Operation::DeleteView { view: view_key(key)? })? {
            (Answer::ViewDeleted(unlinked), revision) => Ok(DeletedView { unlinked, revision }),
            _ => Err(OTHER_ANSWER),
        }
    }

    /// See [`Project::link`](crate::Project::link).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn link(&self, view: &str, batch: Batch) -> Result<Report> {
        self.change_one(LinkChange::link(view, batch))
    }

    /// See [`Project::unlink`](crate::Project::unlink).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn unlink(&self, view: &str, batch: Batch) -> Result<Report> {
        self.change_one(LinkChange::unlink(view, batch))
    }

    /// See [`Project::replace`](crate::Project::replace).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn replace(&self, view: &str, batch: Batch) -> Result<Report> {
        self.change_one(LinkChange::replace(view, batch))
    }

    /// See [`Project::change_links`](crate::Project::change_links).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn change_links(
        &self,
        changes: impl IntoIterator<Item = LinkChange>,
    ) -> Result<Vec<Report>> {
        if self.precondition.view_at.is_some() {
            return Err(Error::NoSingleView);
        }
        self.change_all(changes.into_iter().collect())
    }

    fn change_one(&self, change: LinkChange) -> Result<Report> {
        self.change_all(vec![change])?.pop().ok_or(OTHER_ANSWER)
    }

    fn change_all(&self, changes: Vec<LinkChange>) -> Result<Vec<Report>> {
        let command = self.links_command(changes)?;
        let (answer, revision) = self.carry_out(&command)?;
        match (answer, command.operation) {
            (Answer::Links(results), Operation::ChangeLinks { commands, .. }) => {
                let parts = commands.into_iter().zip(results);
                let report = |(command, result)| Report::of_links(command, result, revision);
                Ok(parts.map(report).collect())
            }
            _ => Err(OTHER_ANSWER),
        }
    }

    pub(super) fn links_command(&self, changes: Vec<LinkChange>) -> Result<Command> {
        let options = &self.image.shared.options;
        let limit = options.batch_limit.min(u32::MAX as usize);
        let keys = changes.iter().map(|change| change.batch.len()).sum();
        if keys > limit {
            return Err(Error::BatchTooLarge { keys, limit });
        }
        let (mut meta, mut commands) = (ChangeMeta::default(), Vec::new());
        for LinkChange { view, op, batch } in changes {
            meta = meta.or(&batch.meta);
            commands.push(self.link_command(view_key(&view)?, op, batch, limit));
        }
        let meta = meta.or(&self.meta);
        limit::check_meta(&meta, &options.limits)?;
        Ok(self.of_operation(meta, Operation::ChangeLinks { commands, limit }))
    }

    fn link_command(&self, view: ViewKey, op: LinkOp, batch: Batch, limit: usize) -> LinkCommand {
        let options = &self.image.shared.options;
        let environment_limit = options.limits.environment_id;
        LinkCommand::new(view, op, batch, options.link_policy, environment_limit, limit)
    }

    /// See [`Project::put_resources`](crate::Project::put_resources).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn put_resources(
        &self,
        resources: impl IntoIterator<Item = NewResource>,
    ) -> Result<Report> {
        let options = &self.image.shared.options;
        let resources: Vec<NewResource> = resources.into_iter().collect();
        if resources.len() > options.batch_limit {
            let (keys, limit) = (resources.len(), options.batch_limit);
            return Err(Error::BatchTooLarge { keys, limit });
        }
        let put = ValidatedPut::new(resources, options.limits);
        match self.run(Operation::PutResources(put.clone()))? {
            (Answer::Put(outcomes), revision) => Ok(Report::of_put(put, outcomes, revision)),
            _ => Err(OTHER_ANSWER),
        }
    }

    /// See [`Project::remove_resource`](crate::Project::remove_resource).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn remove_resource(&self, resource: &Resource) -> Result<Removed> {
        self.remove(Operation::RemoveResource(resource.clone()))
    }

    /// See [`Project::remove_environment`](crate::Project::remove_environment).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn remove_environment(&self, environment: &EnvironmentId) -> Result<Removed> {
        self.remove(Operation::RemoveEnvironment(environment.clone()))
    }

    fn remove(&self, operation: Operation) -> Result<Removed> {
        match self.run(operation)? {
            (Answer::Removed(removed), revision) => Ok(Removed {
                resources: removed.linked,
                registered: removed.registered,
                links: removed.links,
                revision,
            }),
            _ => Err(OTHER_ANSWER),
        }
    }

    /// See [`Project::delete`](crate::Project::delete).
    ///
    /// # Errors
    ///
    /// Those of that call.
    pub fn delete(&self) -> Result<DeletedProject> {
        match self.run(Operation::DeleteProject)? {
            (Answer::ProjectDeleted { views, unlinked }, revision) => {
                Ok(DeletedProject { views, unlinked, revision })
            }
            _ => Err(OTHER_ANSWER),
        }
    }
}
