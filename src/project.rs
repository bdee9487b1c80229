//! A project: every operation that changes something.

use std::sync::Arc;

use crate::batch::{self, Action, Batch, Job, Report, Reported, Walked};
use crate::change::{Effect, Note};
use crate::commit::{Draft, Engine, Recorded};
use crate::error::{Error, Result};
use crate::key::{EnvironmentId, MAX_KEY_LEN, ProjectKey, ViewKey};
use crate::limit;
use crate::resource::Resource;
use crate::storage::{Edit, ProjectRow, Removal, ViewRow};
use crate::view::{LinkCounts, NewView, View, ViewPatch};

/// A handle to a project of a store: everything that changes views and links.
///
/// Cheap to clone. [`actor`](Self::actor), [`comment`](Self::comment) and
/// [`reverts`](Self::reverts) give a handle whose changes say so in the journal. Reads are on
/// a [`Snapshot`](crate::Snapshot).
///
/// Every call is one change: whole or absent, durable when it returns. Errors that all of them
/// share: [`Error::Closed`], [`Error::WritesStopped`], [`Error::TooLong`] for a comment or actor
/// beyond its limit, [`Error::Io`] and [`Error::State`] when the disk fails (their
/// [`outcome`](Error::outcome) tells what became of the change), [`Error::Panicked`] when a clock
/// or this crate panicked.
#[derive(Clone, Debug)]
pub struct Project {
    engine: Arc<Engine>,
    key: ProjectKey,
    note: Note,
}

/// What [`Project::delete_view`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedView {
    /// How many links of each type went with it.
    pub unlinked: LinkCounts,
    /// The revision of the change.
    pub revision: u64,
}

/// What [`Project::delete`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedProject {
    /// How many views went.
    pub views: u64,
    /// How many links of each type went.
    pub unlinked: LinkCounts,
    /// The revision of the change.
    pub revision: u64,
}

/// What [`Project::remove_resource`] or [`Project::remove_environment`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// How many resources were in a view.
    pub resources: u64,
    /// How many resources were registered.
    pub registered: u64,
    /// How many links went.
    pub links: u64,
    /// The revision of the change; `None` when there was nothing to remove.
    pub revision: Option<u64>,
}

impl Project {
    pub(crate) fn new(engine: Arc<Engine>, key: ProjectKey) -> Self {
        Self { engine, key, note: Note::default() }
    }

    /// The key of the project.
    #[must_use]
    pub const fn key(&self) -> &ProjectKey {
        &self.key
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) const fn note(&self) -> &Note {
        &self.note
    }

    /// A handle whose changes tell who made them.
    #[must_use]
    pub fn actor(&self, actor: impl Into<String>) -> Self {
        let mut handle = self.clone();
        handle.note.actor = Some(actor.into());
        handle
    }

    /// A handle whose changes tell why they were made; a batch's own comment goes before.
    #[must_use]
    pub fn comment(&self, comment: impl Into<String>) -> Self {
        let mut handle = self.clone();
        handle.note.comment = Some(comment.into());
        handle
    }

    /// A handle whose changes say that they take back the change with this revision. The store
    /// keeps the number and does not act on it.
    #[must_use]
    pub fn reverts(&self, revision: u64) -> Self {
        let mut handle = self.clone();
        handle.note.reverts = Some(revision);
        handle
    }

    /// Creates a view, and the project with its first one.
    ///
    /// Cost: O(log views).
    ///
    /// # Errors
    ///
    /// [`Error::ViewExists`] when there is one with the key; [`Error::InvalidKey`] when the key is
    /// none; [`Error::TooLong`] when a field is beyond its [limit](crate::Limits).
    pub fn create_view(&self, view: NewView) -> Result<View> {
        self.put_view(view, |project, key, _| {
            Err(Error::ViewExists { project: project.clone(), view: key.clone() })
        })
    }

    /// The view with the key, created with these fields if there is none.
    ///
    /// One that is there is returned as it is, and nothing changes.
    ///
    /// Cost: O(log views).
    ///
    /// # Errors
    ///
    /// As [`create_view`](Self::create_view), but for [`Error::ViewExists`].
    pub fn ensure_view(&self, view: NewView) -> Result<View> {
        self.put_view(view, |_, _, found| Ok(found))
    }

    fn put_view(
        &self,
        view: NewView,
        there: impl Fn(&ProjectKey, &ViewKey, ViewRow) -> Result<ViewRow> + Send + 'static,
    ) -> Result<View> {
        let key = view_key(&view.key)?;
        limit::check_fields(&view.fields, None, &self.engine.options().limits)?;
        let (view, _) = self.change(0, self.note.clone(), move |draft, project_key| {
            let project = draft.tables.project(project_key)?;
            let new_project = project.is_none();
            let found = project.map(|project| draft.tables.view(project.id, &key)).transpose()?;
            if let Some(found) = found.flatten() {
                return Ok((there(project_key, &key, found)?.into_view(), None));
            }
            let fields = view.fields.clone();
            let (project, view) =
                draft.tables.create_view(project_key, &key, fields.clone(), draft.stamp)?;
            let effect = Effect::CreateView { view: view.to_ref(), new_project, fields };
            let recorded = draft.record(&project, effect)?;
            Ok((view.into_view(), Some(recorded)))
        })?;
        Ok(view)
    }

    /// Changes fields of a view; its version goes up by one.
    ///
    /// A patch that leaves every field as it is changes nothing.
    ///
    /// Cost: O(log views).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`], [`Error::UnknownView`], [`Error::InvalidKey`];
    /// [`Error::TooLong`] when a field is beyond its [limit](crate::Limits).
    pub fn update_view(&self, key: &str, patch: ViewPatch) -> Result<View> {
        let key = view_key(key)?;
        let limits = self.engine.options().limits;
        let (view, _) = self.change(0, self.note.clone(), move |draft, project_key| {
            let (project, view) = find_view(draft, project_key, &key)?;
            let fields = patch.clone().apply(view.fields().clone());
            limit::check_fields(&fields, Some(view.fields()), &limits)?;
            if fields == *view.fields() {
                return Ok((view.into_view(), None));
            }
            let view = draft.tables.update_view(view, fields.clone(), draft.stamp)?;
            let effect = Effect::UpdateView { view: view.to_ref(), fields };
            let recorded = draft.record(&project, effect)?;
            Ok((view.into_view(), Some(recorded)))
        })?;
        Ok(view)
    }

    /// Deletes a view and unlinks everything from it. Its key is free afterwards.
    ///
    /// Cost: O(links of the view).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`], [`Error::UnknownView`], [`Error::InvalidKey`].
    pub fn delete_view(&self, key: &str) -> Result<DeletedView> {
        let key = view_key(key)?;
        let ((unlinked, revision), _) =
            self.change(0, self.note.clone(), move |draft, project_key| {
                let (project, view) = find_view(draft, project_key, &key)?;
                let unlinked = draft.tables.delete_view(project_key, &view)?;
                let effect = Effect::DeleteView { view: view.to_ref(), unlinked };
                let recorded = draft.record(&project, effect)?;
                Ok(((unlinked, draft.stamp.revision), Some(recorded)))
            })?;
        Ok(DeletedView { unlinked, revision })
    }

    /// Deletes the project with all its views, links and registered resources.
    ///
    /// Cost: O(views, links and resources of the project).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`].
    pub fn delete(&self) -> Result<DeletedProject> {
        let (deleted, _) = self.change(0, self.note.clone(), |draft, project_key| {
            let project = find(draft, project_key)?;
            let (views, unlinked) = draft.tables.delete_project(&project)?;
            let deleted = DeletedProject { views, unlinked, revision: draft.stamp.revision };
            let recorded = draft.record(&project, Effect::DeleteProject { views, unlinked })?;
            Ok((deleted, Some(recorded)))
        })?;
        Ok(deleted)
    }

    /// Links resources to a view, in one change whatever their number.
    ///
    /// A resource that is linked already is a success and keeps the time of its link. A malformed
    /// or repeated key is that key's failure.
    ///
    /// Cost: O(n · log links) with n keys, and one disk sync, shared with those who call at the
    /// same time; the posting lists of the resources are [folded](crate::Options::tail) later. A batch that
    /// changes nothing costs no sync.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`], [`Error::UnknownView`], [`Error::InvalidKey`] for the view key;
    /// [`Error::BatchTooLarge`] beyond [`Options::batch_limit`](crate::Options::batch_limit).
    /// Nothing changes then.
    pub fn link(&self, view: &str, batch: Batch) -> Result<Report> {
        self.run(view, Edit::Link, batch)
    }

    /// Unlinks resources from a view, in one change whatever their number.
    ///
    /// A resource that is not linked is that key's failure, as is a malformed or repeated key; the
    /// others are unlinked all the same.
    ///
    /// Cost and errors are those of [`link`](Self::link).
    ///
    /// # Errors
    ///
    /// Those of [`link`](Self::link).
    pub fn unlink(&self, view: &str, batch: Batch) -> Result<Report> {
        self.run(view, Edit::Unlink, batch)
    }

    fn run(&self, view: &str, edit: Edit, batch: Batch) -> Result<Report> {
        let key = view_key(view)?;
        let options = self.engine.options();
        let Batch { mut keys, filter, note } = batch;
        // The walk numbers keys with 32 bits.
        let limit = options.batch_limit.min(u32::MAX as usize);
        if keys.len() > limit {
            return Err(Error::BatchTooLarge { keys: keys.len(), limit });
        }
        let (action, environment_limit) = match edit {
            Edit::Link => (Action::Link, options.limits.environment_id),
            // What was linked under another limit can still be unlinked.
            Edit::Unlink => (Action::Unlink, MAX_KEY_LEN),
        };
        let screened = batch::screen(&keys, environment_limit);
        let job = Job { edit, screened, filter, policy: options.link_policy, limit };
        let note = note.or(&self.note);
        let (walked, revision) =
            self.change(keys.len() as u64, note, move |draft, project_key| {
                let (project, mut view) = find_view(draft, project_key, &key)?;
                let stamp = draft.stamp;
                let (walked, effect) = batch::run(draft.tables, &project, &mut view, &job, stamp)?;
                let recorded = effect.map(|effect| draft.record(&project, effect)).transpose()?;
                Ok((walked, recorded))
            })?;
        let Walked { outcomes, further, segments } = walked;
        keys.name_segments(&segments);
        let report = Report::new(action, Reported::Keys(keys), outcomes, revision);
        Ok(report.with_further(further))
    }

    /// Takes a resource out of the registry, where it is in it, and out of every view of the project.
    ///
    /// Cost: O(views of the resource · log links), and one disk sync.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`].
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
    /// Cost: O(segments and their links · log links).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`].
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
        let (removal, revision) =
            self.change(0, self.note.clone(), move |draft, project_key| {
                let project = find(draft, project_key)?;
                let (removal, recorded) = act(draft, &project)?;
                let any = removal.links > 0 || removal.registered > 0;
                Ok((removal, any.then_some(recorded)))
            })?;
        let Removal { registered, linked: resources, links } = removal;
        Ok(Removed { resources, registered, links, revision })
    }

    pub(crate) fn change<T: Send + 'static>(
        &self,
        keys: u64,
        note: Note,
        act: impl Fn(&mut Draft<'_, '_>, &ProjectKey) -> Result<(T, Option<Recorded>)> + Send + 'static,
    ) -> Result<(T, Option<u64>)> {
        limit::check_note(&note, &self.engine.options().limits)?;
        let key = self.key.clone();
        self.engine.commit(note, keys.saturating_add(1), move |draft| act(draft, &key))
    }
}

fn find(draft: &mut Draft<'_, '_>, key: &ProjectKey) -> Result<ProjectRow> {
    let found = draft.tables.project(key)?;
    found.ok_or_else(|| Error::UnknownProject { project: key.clone() })
}

fn find_view(
    draft: &mut Draft<'_, '_>,
    project_key: &ProjectKey,
    key: &ViewKey,
) -> Result<(ProjectRow, ViewRow)> {
    let project = find(draft, project_key)?;
    match draft.tables.view(project.id, key)? {
        Some(view) => Ok((project, view)),
        None => Err(Error::UnknownView { project: project_key.clone(), view: key.clone() }),
    }
}

pub(crate) fn view_key(text: &str) -> Result<ViewKey> {
    ViewKey::parse(text).map_err(Error::key("view key", text))
}
