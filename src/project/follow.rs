//! Filters that views follow.

use super::{Project, other_answer};
use crate::filter::ResourceFilter;
use crate::model::error::Result;
use crate::model::resource::ResourceType;
use crate::model::{Action, Answer, Operation, Report, Unfollow};
use crate::snapshot::view_key;

impl Project {
    /// Lets a view follow a filter for the resources of one type: what it finds in the registry is linked to the view,
    /// now and after every change. Another filter that the view follows for the type is replaced.
    ///
    /// From then on each change of what the registry says of a resource changes the links that the filter holds *in the
    /// same change*: a [put](Self::put_resources), and a [removal](Self::remove_resource). Where the filter names other
    /// views, so does each change of their links, and the deletion of such a view counts as a view without links. The
    /// report of the call tells what followed ([`Report::followed`]), and the feed does so as well.
    ///
    /// A link may be held by keys, by the filter or by both. What is linked before the view begins to follow is held by
    /// keys, and so is what is linked by key later, also where the filter linked it before. A link stays as long as
    /// either holds it. [Unlinking](Self::unlink) a key that only the filter holds fails with
    /// [`HeldByFilter`](crate::FailureReason::HeldByFilter); one that both hold is
    /// [`Released`](crate::KeyOutcome::Released). [`replace`](Self::replace) leaves what the filter holds.
    ///
    /// The report has one outcome for each resource that the filter finds, and for each that the view's filter before
    /// found and this one does not, in key order: linked, already linked, or unlinked.
    ///
    /// Cost: O(n log n) with the n resources that are linked or unlinked, and the cost of finding them: with a tag or a
    /// maintainer that of its resources, else O(resources of the type). From then on a put of n resources looks at the
    /// filters with one of their tags, maintainers or values of attributes, before or after, and at those without any of
    /// these: O((n + m) · log m)
    /// with these m. Memory: 4 bytes for each link that keys hold, beside the filter.
    ///
    /// A view that such a filter names cannot be [renamed](Self::rename_view). A [copy](Self::copy_view) of the view follows
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`](crate::Error::UnknownProject) and [`Error::UnknownView`](crate::Error::UnknownView) when
    /// there is no such view, or none that the filter names; [`Error::CircularFilter`](crate::Error::CircularFilter) when
    /// the filter names this view, or one whose filters lead back to it; [`Error::FilterCannotStand`](crate::Error::FilterCannotStand)
    /// when it asks for [exactly](crate::SetPredicate::Exactly) some views, or for none; [`Error::BatchTooLarge`](crate::Error::BatchTooLarge)
    /// when it finds, and others change because of it, more than [`Options::batch_limit`](crate::Options::batch_limit)
    /// links; [`Error::TooLong`](crate::Error::TooLong) when it is beyond [`MAX_FILTER_LEN`](crate::filter::MAX_FILTER_LEN)
    /// or [`MAX_FILTER_VALUES`](crate::filter::MAX_FILTER_VALUES); and those of [`link`](Self::link) that are not about
    /// keys.
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

    /// Lets a view follow no filter for the resources of one type any more. What the filter alone holds stays or goes,
    /// as is asked; what keys hold stays. A view that follows none is left as it is.
    ///
    /// The report has one outcome for each link that goes, and with
    /// [`TakeOutKeepLastView`](Unfollow::TakeOutKeepLastView) one failure for each that stays for that reason, in key order.
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
