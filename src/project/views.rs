//! Changing the views of a project.

use crate::change::Effect;
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::limit;
use crate::model::type_counts::TypeCounts;
use crate::model::view::{NewView, View, ViewPatch};
use crate::project::{Project, view_key};
use crate::storage::ViewRow;

/// What [`Project::delete_view`] did. Example: there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedView {
    /// How many links of each type went with it.
    pub unlinked: TypeCounts,
    /// The revision of the change; `None` on a dry run.
    pub revision: Option<u64>,
}

impl Project {
    /// Creates a view, and the project with its first one.
    ///
    /// Cost: O(log views) with the views of all projects.
    ///
    /// ```
    /// # use viewlink::{Error, NewView, Options};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// let view = project.create_view(NewView::new("My-View", "My view").tags(["web"]))?;
    /// assert_eq!((view.key.as_str(), view.version, view.revision), ("my-view", 1, 1));
    /// let again = project.create_view(NewView::new("my-view", "Another one"));
    /// assert!(matches!(again, Err(Error::ViewExists { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::ViewExists`] when there is one with the key; [`Error::InvalidKey`] when the key is
    /// none; [`Error::TooLong`] when a field is beyond its [limit](crate::Limits);
    /// those that [all calls](Project#errors) share.
    pub fn create_view(&self, view: NewView) -> Result<View> {
        self.put_view(view, |project, key, _| {
            Err(Error::ViewExists { project: project.clone(), view: key.clone() })
        })
    }

    /// The view with the key, created with these fields if there is none.
    ///
    /// One that is there is returned as it is, and nothing changes.
    ///
    /// Cost: O(log views) with the views of all projects.
    ///
    /// ```
    /// # use viewlink::{NewView, Options};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// project.ensure_view(NewView::new("my-view", "My view"))?;
    /// assert_eq!(project.ensure_view(NewView::new("my-view", "Another name"))?.name, "My view");
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`create_view`](Self::create_view), but for [`Error::ViewExists`]; of the fields also
    /// where the view is there.
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
        let (view, _) = self.change(0, move |draft, target| {
            let project_key = target.project();
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
    /// Cost: O(log views) with the views of all projects.
    ///
    /// ```
    /// # use viewlink::{NewView, Options, ViewPatch};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("my-view", "My view").tags(["web"]))?;
    /// let view = project.update_view("my-view", ViewPatch::new().name("Checkout"))?;
    /// assert_eq!((view.name.as_str(), view.tags, view.version), ("Checkout", vec!["web".into()], 2));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`], [`Error::UnknownView`] when there is none; [`Error::InvalidKey`] when
    /// the key is none; [`Error::TooLong`] when a field that changes is beyond its
    /// [limit](crate::Limits); those that [all calls](Project#errors) share.
    pub fn update_view(&self, key: &str, patch: ViewPatch) -> Result<View> {
        let key = view_key(key)?;
        let limits = self.engine.options().limits;
        let (view, _) = self.change_view(0, self.meta.clone(), move |draft, target| {
            let (project, view) = target.find_view(draft, &key)?;
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

    /// Deletes a view and unlinks everything from it. Its key is free afterwards, its id never is.
    ///
    /// Cost: O(m / 100) with the m links of the view, which go by blocks. What it leaves in the lists of
    /// its resources is swept out later.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, ResourceType};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("my-view", "My view"))?;
    /// # project.link("my-view", Batch::flags(["a", "b"]))?.all_ok()?;
    /// let deleted = project.delete_view("my-view")?;
    /// assert_eq!((deleted.unlinked.get(ResourceType::Flag), deleted.revision), (2, Some(3)));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`], [`Error::UnknownView`] when there is none; [`Error::InvalidKey`] when
    /// the key is none; those that [all calls](Project#errors) share.
    pub fn delete_view(&self, key: &str) -> Result<DeletedView> {
        let key = view_key(key)?;
        let (unlinked, revision) =
            self.change_view(0, self.meta.clone(), move |draft, target| {
                let (project, view) = target.find_view(draft, &key)?;
                let unlinked = draft.tables.delete_view(target.project(), &view)?;
                let effect = Effect::DeleteView { view: view.to_ref(), unlinked };
                Ok((unlinked, Some(draft.record(&project, effect)?)))
            })?;
        Ok(DeletedView { unlinked, revision })
    }
}
