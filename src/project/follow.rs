//! Filters that views follow.

use super::{Project, other_answer};
use crate::filter::ResourceFilter;
use crate::model::error::Result;
use crate::model::resource::ResourceType;
use crate::model::{Action, Answer, Operation, Report, Unfollow};
use crate::snapshot::view_key;

impl Project {
    /// Lets a view follow a filter for the resources of one type: registered resources that match the filter are
    /// linked to the view, now and after every change. It replaces the filter that the view followed for this type
    /// before.
    ///
    /// From now on, if a change modifies the registered fields of a resource, it also changes the links of the filter
    /// *in the same change*. Such changes are a [put](Self::put_resources) and a [removal](Self::remove_resource). If
    /// the filter names other views, a change of their links has this effect too; a named view that was deleted counts
    /// as a view without links. The report of the call has the links that were changed for this reason
    /// ([`Report::followed`]), and so has the feed.
    ///
    /// A link can be held by keys, by the filter or by both. Links that exist before the view begins to follow are
    /// held by keys. Links that are made by key later are also held by keys, even if the filter made them before. A
    /// link stays as long as keys or the filter hold it. [Unlinking](Self::unlink) a key that only the filter holds
    /// fails with [`HeldByFilter`](crate::FailureReason::HeldByFilter); the outcome of a key that both hold is
    /// [`Released`](crate::KeyOutcome::Released). [`replace`](Self::replace) leaves the links that the filter holds.
    ///
    /// The report has one outcome for each resource that matches the filter, and for each that matched the previous
    /// filter of the view and does not match this one. They are in key order: linked, already linked, or unlinked.
    ///
    /// Cost: O(n log n) with the n resources that are linked or unlinked, and the cost of finding them. If the filter
    /// has a tag or a maintainer, only the resources with it are tested; otherwise O(resources of the type). From then
    /// on, a put of resources tests these filters: the ones with a tag, maintainer or attribute value that one of the
    /// resources has before or after the put, and the ones with no such condition. If n resources are put and m
    /// filters are tested, this is O((n + m) · log m). Memory: 4 bytes for each link that keys hold, and the filter.
    ///
    /// A view that such a filter names cannot be [renamed](Self::rename_view). A [copy](Self::copy_view) of the view
    /// follows no filter.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) and [`Error::UnknownView`](crate::Error::UnknownView)
    /// if the view, or a view that the filter names, does not exist;
    /// [`Error::CircularFilter`](crate::Error::CircularFilter) if the filter names this view, or a view whose filters
    /// refer to this view directly or indirectly; [`Error::UnsupportedStandingFilter`](crate::Error::UnsupportedStandingFilter) if the
    /// filter requires [exactly](crate::SetPredicate::Exactly) some views, or no view at all;
    /// [`Error::BatchTooLarge`](crate::Error::BatchTooLarge) if the links of this filter, and the links that change in
    /// other views because of it, are more than [`Options::batch_limit`](crate::Options::batch_limit);
    /// [`Error::TooLong`](crate::Error::TooLong) if the filter exceeds
    /// [`MAX_FILTER_LEN`](crate::filter::MAX_FILTER_LEN) or [`MAX_FILTER_VALUES`](crate::filter::MAX_FILTER_VALUES);
    /// and those of [`link`](Self::link) that are not about keys.
    ///
    /// ```
    /// use viewlink::{Batch, FailureCode, NewResource, NewView, Options, ResourceFilter, ResourceType};
    ///
    /// let project = Options::new().open_in_memory()?.project("default")?;
    /// project.create_view(NewView::new("beta", "Beta"))?;
    /// let filter = ResourceFilter::parse(ResourceType::Flag, "tags:beta")?;
    /// project.follow("beta", ResourceType::Flag, filter)?.all_ok()?;
    ///
    /// let report = project.put_resources([NewResource::flag("dark-mode").tags(["beta"])])?;
    /// let followed = &report.followed()[0];
    /// assert_eq!((followed.view.as_str(), followed.linked[0].key().as_str()), ("beta", "dark-mode"));
    /// assert!(followed.holds.by_filter);
    ///
    /// let report = project.unlink("beta", Batch::flags(["dark-mode"]))?;
    /// let failed = report.failures().next().expect("the filter holds it");
    /// assert_eq!(failed.code(), FailureCode::HeldByFilter);
    ///
    /// let report = project.put_resources([NewResource::flag("dark-mode")])?; // without the tag
    /// assert_eq!(report.followed()[0].unlinked[0].key().as_str(), "dark-mode");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follow(
        &self,
        view: &str,
        resource_type: ResourceType,
        filter: ResourceFilter,
    ) -> Result<Report> {
        let view = view_key(view)?;
        let operation = Operation::Follow { view, resource_type, filter };
        self.change_filter(Action::Follow, resource_type, operation)
    }

    /// Ends the filter that a view follows for the resources of one type. Links that only the filter holds stay or are
    /// removed, as requested; links that keys hold stay. A view without such a filter is not changed.
    ///
    /// The report has one outcome for each removed link, in key order. With
    /// [`RemoveLinksKeepLastView`](Unfollow::RemoveLinksKeepLastView) it also has one failure for each link that stays for
    /// that reason.
    ///
    /// Cost: O(n log n) with the n links of the type.
    ///
    /// # Errors
    ///
    /// Those of [`follow`](Self::follow) that are not about the filter.
    ///
    /// ```
    /// use viewlink::{NewResource, NewView, Options, ResourceFilter, ResourceType, Unfollow};
    ///
    /// let project = Options::new().open_in_memory()?.project("default")?;
    /// project.create_view(NewView::new("all", "All flags"))?;
    /// project.put_resources([NewResource::flag("a"), NewResource::flag("b")])?.all_ok()?;
    /// project.follow("all", ResourceType::Flag, ResourceFilter::all())?.all_ok()?;
    /// project.unfollow("all", ResourceType::Flag, Unfollow::KeepLinks)?.all_ok()?;
    /// project.put_resources([NewResource::flag("c")])?.all_ok()?;
    /// assert_eq!(project.read()?.view("all")?.links.get(ResourceType::Flag), 2);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    pub fn unfollow(
        &self,
        view: &str,
        resource_type: ResourceType,
        unfollow: Unfollow,
    ) -> Result<Report> {
        let view = view_key(view)?;
        let operation = Operation::Unfollow { view, resource_type, unfollow };
        self.change_filter(Action::Unfollow, resource_type, operation)
    }

    fn change_filter(
        &self,
        action: Action,
        resource_type: ResourceType,
        operation: Operation,
    ) -> Result<Report> {
        match self.run(operation)? {
            (Answer::Filter(result), change) => {
                Ok(Report::of_filter(action, resource_type, result, change))
            }
            _ => Err(other_answer()),
        }
    }
}
