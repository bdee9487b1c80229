//! Conditions on views.

use super::resource::Resource;
use super::set_predicate::SetPredicate;
use super::text_predicate::TextPredicate;

/// A filter of the views of a project: every condition must be true.
///
/// Parsed from a text of the REST API ([the grammar](crate::filter)) or built here. The limits of texts do not apply to
/// a filter that is built.
///
/// ```
/// use viewlink::{TextPredicate, ViewCondition, ViewFilter};
///
/// let parsed = ViewFilter::parse("key startsWith shop-")?;
/// let made = ViewFilter::all().and(ViewCondition::Key(TextPredicate::StartsWith("shop-".into())));
/// assert_eq!(parsed, made);
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewFilter {
    pub(crate) conditions: Vec<ViewCondition>,
}

impl ViewFilter {
    /// The filter without a condition, which every view matches.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// The filter with one more condition.
    #[must_use]
    pub fn and(mut self, condition: ViewCondition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The filter with a condition on the resources that are linked to a view.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Paging, Resource, SetPredicate, ViewFilter};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # for view in ["v", "w"] { project.create_view(NewView::new(view, view))?; }
    /// project.link("v", Batch::flags(["a", "b"]))?.all_ok()?;
    /// project.link("w", Batch::flags(["b"]))?.all_ok()?;
    ///
    /// let both = vec![Resource::flag("a")?, Resource::flag("b")?];
    /// let with_both = ViewFilter::all().linking(SetPredicate::AllOf(both.clone()));
    /// let with_any = ViewFilter::all().linking(SetPredicate::AnyOf(both));
    /// let reader = project.read()?;
    /// assert_eq!(reader.views_matching(&with_both, Paging::first(10))?.items[0].key.as_str(), "v");
    /// assert_eq!(reader.views_matching(&with_any, Paging::first(0))?.total, 2);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub fn linking(self, resources: SetPredicate<Resource>) -> Self {
        self.and(ViewCondition::Linked(resources))
    }

    /// The conditions, in the order they were named.
    #[must_use]
    pub fn conditions(&self) -> &[ViewCondition] {
        &self.conditions
    }
}

/// A condition on a view.
///
/// ```
/// use viewlink::{ViewCondition, ViewFilter};
///
/// let filter = ViewFilter::parse("isPayloadView = false, query:shop")?;
/// assert_eq!(filter.conditions()[0], ViewCondition::Payload(false));
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ViewCondition {
    /// The text is a part of the key or the name. Case is ignored: both sides are compared in Unicode lower case,
    /// character by character.
    Query(String),
    /// A test of the display name.
    Name(TextPredicate),
    /// A test of the key, which is in lower case: parsing folds the text, but a filter that is built must have it in
    /// lower case.
    Key(TextPredicate),
    /// A test of the tags.
    Tag(SetPredicate<String>),
    /// A test of the resources that are linked to it, of any type. Not in the grammar.
    Linked(SetPredicate<Resource>),
    /// A test of the id of the maintaining member; a team has no such id.
    MaintainerId(TextPredicate),
    /// Whether the view decides what clients are sent. No view of this store does, so `true` matches no view and
    /// `false` matches all.
    Payload(bool),
}
