//! Changing the views of a project.

use super::{Project, other_answer};
use crate::model::error::Result;
use crate::model::limit;
use crate::model::type_counts::TypeCounts;
use crate::model::view::{NewView, View, ViewPatch};
use crate::model::{Answer, ChangedLinks, Operation};
use crate::snapshot::view_key;

/// The result of [`Project::delete_view`]. Example: there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedView {
    /// How many links of each type were removed with the view.
    pub unlinked: TypeCounts,
    /// The revision of the change; `None` on a dry run.
    pub revision: Option<u64>,
    /// Links that changed in the same change because filters name the view; see
    /// [`Report::followed`](crate::Report::followed).
    pub followed: Vec<ChangedLinks>,
}

impl Project {
    /// Creates a view. If it is the first one of the project, this also creates the project.
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
    /// [`Error::ViewExists`](crate::Error::ViewExists) if a view with the key exists;
    /// [`Error::InvalidKey`](crate::Error::InvalidKey) if the key is invalid;
    /// [`Error::TooLong`](crate::Error::TooLong) if a field exceeds its [limit](crate::Limits); those that [all
    /// calls](Project#errors) share.
    pub fn create_view(&self, view: NewView) -> Result<View> {
        self.put_view(view, false)
    }

    /// Returns the view with the key, and creates it with these fields if it does not exist.
    ///
    /// An existing view is returned as it is, and nothing changes.
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
    /// Those of [`create_view`](Self::create_view), except [`Error::ViewExists`](crate::Error::ViewExists). The fields
    /// are checked even if the view exists.
    pub fn ensure_view(&self, view: NewView) -> Result<View> {
        self.put_view(view, true)
    }

    fn put_view(&self, view: NewView, ensure: bool) -> Result<View> {
        let NewView { key, fields } = view;
        let view = view_key(&key)?;
        limit::check_fields(&fields, None, &self.engine.options().limits)?;
        self.view_of(Operation::CreateView { view, fields, ensure })
    }

    fn view_of(&self, operation: Operation) -> Result<View> {
        match self.run(operation)? {
            (Answer::View(view), _) => Ok(view),
            _ => Err(other_answer()),
        }
    }

    /// Changes fields of a view and increases its version by one.
    ///
    /// A patch that changes no field changes nothing.
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
    /// [`Error::UnknownProject`](crate::Error::UnknownProject), [`Error::UnknownView`](crate::Error::UnknownView) if
    /// it does not exist; [`Error::InvalidKey`](crate::Error::InvalidKey) if the key is invalid;
    /// [`Error::TooLong`](crate::Error::TooLong) if a changed field exceeds its [limit](crate::Limits); those that
    /// [all calls](Project#errors) share.
    pub fn update_view(&self, key: &str, patch: ViewPatch) -> Result<View> {
        let (view, limits) = (view_key(key)?, self.engine.options().limits);
        self.view_of(Operation::UpdateView { view, patch, limits })
    }

    /// Gives a view another key. Its id, its fields, and its links with their times stay the same. Its version is
    /// increased by one. Another view can be created with the old key.
    ///
    /// Filters name views by their keys. A view cannot be renamed if a filter that another view
    /// [follows](Self::follow) names this view or the new key. The store does not know filters that are stored outside
    /// of it. The view itself may follow filters. Renaming to a key that another view has fails.
    ///
    /// Cost: O(log views) with the views of all projects.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Resource};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// let before = project.create_view(NewView::new("web", "Web"))?;
    /// project.link("web", Batch::flags(["a"]))?.all_ok()?;
    /// let view = project.rename_view("web", "web-shop")?;
    /// assert_eq!((view.id, view.version, view.links.total()), (before.id, 2, 1));
    /// assert!(project.read()?.is_linked("web-shop", &Resource::flag("a")?)?);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`](crate::Error::UnknownProject), [`Error::UnknownView`](crate::Error::UnknownView) if
    /// it does not exist; [`Error::ViewExists`](crate::Error::ViewExists) if another view has the key;
    /// [`Error::NamedByFilter`](crate::Error::NamedByFilter) if a filter that a view follows names one of the keys;
    /// [`Error::InvalidKey`](crate::Error::InvalidKey) if a key is invalid; those that [all calls](Project#errors)
    /// share.
    pub fn rename_view(&self, key: &str, to: &str) -> Result<View> {
        self.view_of(Operation::RenameView { view: view_key(key)?, to: view_key(to)? })
    }

    /// Creates a view with the fields of another one, changed by the patch, and with the same linked resources.
    ///
    /// The links are new links of this change. Sorted by link time, they have the same order as in the other view.
    /// Resources need not be registered, under either [`LinkPolicy`](crate::LinkPolicy). The copy
    /// [follows](Self::follow) no filter: keys hold all its links.
    ///
    /// Cost: O(n · log n) with the n links of the view.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, ViewPatch};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// project.create_view(NewView::new("web", "Web").tags(["shop"]))?;
    /// project.link("web", Batch::flags(["a", "b"]))?.all_ok()?;
    /// let copy = project.copy_view("web", "web-beta", ViewPatch::new().name("Web, beta"))?;
    /// assert_eq!((copy.name.as_str(), copy.links.total()), ("Web, beta", 2));
    /// assert_eq!((copy.tags, copy.version), (vec!["shop".to_owned()], 1));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`rename_view`](Self::rename_view), but only filters that name the new key count;
    /// [`Error::TooLong`](crate::Error::TooLong) if a field that the patch changes exceeds its [limit](crate::Limits);
    /// [`Error::CopyTooLarge`](crate::Error::CopyTooLarge) if the view has more links than
    /// [`Options::batch_limit`](crate::Options::batch_limit).
    pub fn copy_view(&self, key: &str, to: &str, patch: ViewPatch) -> Result<View> {
        let options = self.engine.options();
        let (limits, limit) = (options.limits, options.batch_limit);
        let (view, to) = (view_key(key)?, view_key(to)?);
        self.view_of(Operation::CopyView { view, to, patch, limits, limit })
    }

    /// Deletes a view and removes all its links. Its key can be used again, its id cannot.
    ///
    /// Cost: O(log views), and O(m) with the m links of the view up to
    /// [`removal_detail`](crate::Options::removal_detail).
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
    /// [`Error::UnknownProject`](crate::Error::UnknownProject), [`Error::UnknownView`](crate::Error::UnknownView) if
    /// it does not exist; [`Error::InvalidKey`](crate::Error::InvalidKey) if the key is invalid; those that [all
    /// calls](Project#errors) share.
    pub fn delete_view(&self, key: &str) -> Result<DeletedView> {
        match self.run(Operation::DeleteView { view: view_key(key)? })? {
            (Answer::ViewDeleted { unlinked, followed }, change) => {
                let revision = change.map(|change| change.revision);
                Ok(DeletedView { unlinked, revision, followed })
            }
            _ => Err(other_answer()),
        }
    }
}
