//! The resources that views share.

use serde::Serialize;

use super::changes::Counts;
use crate::model::overlap;
use crate::model::page::Page;

/// How many resources two views share.
///
/// The original API does not compare views, so this crate defines the shape.
///
/// ```
/// use viewlink::{Batch, NewView, Options, wire::Overlap};
///
/// let project = Options::new().open_in_memory()?.project("p")?;
/// for view in ["v", "w"] { project.create_view(NewView::new(view, view))?; }
/// project.link("v", Batch::flags(["a", "b", "c"]))?.all_ok()?;
/// project.link("w", Batch::flags(["b", "c", "d"]))?.all_ok()?;
/// let json = serde_json::to_value(Overlap::from(&project.read()?.overlap("v", "w")?)).unwrap();
/// assert_eq!((&json["both"]["flags"], &json["jaccard"]), (&2.into(), &0.5.into()));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// How many resources of each type the first view has.
    pub first: Counts,
    /// How many the second one has.
    pub second: Counts,
    /// How many both have.
    pub both: Counts,
    /// The number of resources in both views, divided by the number in at least one: from 0 to 1.
    pub jaccard: f64,
}

impl From<&overlap::Overlap> for Overlap {
    fn from(overlap: &overlap::Overlap) -> Self {
        let [first, second, both] =
            [&overlap.first, &overlap.second, &overlap.both].map(Counts::from);
        Self { first, second, both, jaccard: overlap.jaccard() }
    }
}

/// A page of views that are similar to another one.
///
/// ```
/// use viewlink::{Batch, NewView, Options, Paging, wire::NearViews};
///
/// let project = Options::new().open_in_memory()?.project("p")?;
/// for view in ["v", "w"] {
///     project.create_view(NewView::new(view, view))?;
///     project.link(view, Batch::flags(["a"]))?.all_ok()?;
/// }
/// let page = project.read()?.near_views("v", 0.9, Paging::first(10))?;
/// let json = serde_json::to_value(NearViews::new(&page)).unwrap();
/// assert_eq!((&json["totalCount"], &json["items"][0]["viewKey"]), (&1.into(), &"w".into()));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NearViews<'a> {
    /// The views, in key order.
    pub items: Vec<NearView<'a>>,
    /// How many there are on all pages.
    pub total_count: u64,
}

/// A view that is similar to another one. Example: at [`NearViews`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NearView<'a> {
    /// The key of the view.
    pub view_key: &'a str,
    /// The resources that the other view, which is `first`, and this one share.
    #[serde(flatten)]
    pub overlap: Overlap,
}

impl<'a> NearViews<'a> {
    /// The answer for a page.
    ///
    /// Cost: O(views of the page).
    #[must_use]
    pub fn new(page: &'a Page<overlap::NearView>) -> Self {
        let near = |near: &'a overlap::NearView| NearView {
            view_key: near.key.as_str(),
            overlap: (&near.overlap).into(),
        };
        Self { items: page.items.iter().map(near).collect(), total_count: page.total }
    }
}
