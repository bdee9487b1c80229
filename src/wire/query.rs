//! The parameters of a query.

use std::fmt::Write as _;

use super::encoded::Encoded;
use super::expand::Expand;
use super::in_views::InViews;
use super::request_error::RequestError;
use super::sort::Sort;
use crate::filter::{ResourceCondition, ResourceFilter, ViewCondition, ViewFilter};
use crate::model::key::EnvironmentId;
use crate::model::page::{KeySort, LinkSort, Paging, ResourceSort, ViewSort};
use crate::model::resource::{Resource, ResourceType};

/// The parameters of a read request; each operation uses some of them.
///
/// ```
/// use viewlink::wire::Query;
///
/// let query = Query::from_pairs([("limit", "50"), ("offset", "100"), ("expand", "maintainer")])?;
/// assert_eq!((query.limit(), query.offset()), (50, 100));
///
/// let error = Query::from_pairs([("limit", "-1")]).unwrap_err();
/// assert!(error.to_string().starts_with("limit is \"-1\""), "{error}");
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    limit: usize,
    offset: usize,
    sort: Option<Sort>,
    search: Option<String>,
    filter: Option<String>,
    environment: Option<EnvironmentId>,
    views: InViews,
    expand: Expand,
}

impl Query {
    /// The default number of items in a page: 20.
    pub const DEFAULT_LIMIT: usize = 20;
    /// The greatest number of items in a page: 1,000.
    pub const MAX_LIMIT: usize = 1_000;

    /// Parses decoded names and values.
    ///
    /// `expand`, and the views of `and`, `any` and `not`, may occur more than once, with several names separated by
    /// commas, and as `expand[]` or `expand[0]`, as some clients write lists. Empty values count as missing, and
    /// unknown names are ignored. Example: at [`Query`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when a `limit` or `offset` is not a number or out of range, when `sort` or `expand`
    /// has an unknown name, when `environmentId` or a view is an invalid key, and when anything but a list is given
    /// twice.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, RequestError> {
        let mut given = Given::default();
        for (name, value) in pairs {
            given.take(name.as_ref(), value.as_ref())?;
        }
        let limit = given.limit.as_deref().map(limit).transpose()?;
        let offset = given.offset.as_deref().map(offset).transpose()?;
        Ok(Self {
            limit: limit.unwrap_or(Self::DEFAULT_LIMIT),
            offset: offset.unwrap_or(0),
            sort: given.sort.as_deref().map(str::parse).transpose()?,
            search: given.search,
            filter: given.filter,
            environment: given.environment.as_deref().map(environment).transpose()?,
            views: given.views,
            expand: given.expand,
        })
    }

    /// The greatest number of items in the answer.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// How many items are skipped.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The requested optional parts.
    #[must_use]
    pub const fn expand(&self) -> &Expand {
        &self.expand
    }

    /// The requested page of linked resources: by link time or name, ties by key.
    ///
    /// [`resource_filter`](Self::resource_filter) has the conditions. Example: at
    /// [`LinkedResources`](super::LinkedResources).
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when `sort` belongs to another list.
    pub fn link_paging(&self) -> Result<Paging<LinkSort>, RequestError> {
        match self.sort {
            None | Some(Sort::LinkedAt) => Ok(self.paging().sort(LinkSort::LinkedAt)),
            Some(Sort::Name) => Ok(self.paging().sort(LinkSort::Name)),
            Some(other) => Err(other.refused("use linkedAt or name")),
        }
    }

    /// The requested page of registered resources: by key or name.
    ///
    /// [`resource_filter`](Self::resource_filter) has the conditions. Example: at [`Resources`](super::Resources).
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when `sort` belongs to another list.
    pub fn resource_paging(&self) -> Result<Paging<ResourceSort>, RequestError> {
        match self.sort {
            None | Some(Sort::Key) => Ok(self.paging().sort(ResourceSort::Key)),
            Some(Sort::Name) => Ok(self.paging().sort(ResourceSort::Name)),
            Some(other) => Err(other.refused("use key or name")),
        }
    }

    /// The requested resources of a type: those that match `filter` and `query`, segments in the environment
    /// `environmentId`, in all views of `and`, in at least one of `any`, and in none of `not`; all without these
    /// parameters.
    ///
    /// Cost: O(bytes of the filter).
    ///
    /// ```
    /// use viewlink::{ResourceCondition, ResourceFilter, ResourceType, wire::Query};
    ///
    /// let query = Query::from_pairs([("query", "Check"), ("filter", "archived:false")])?;
    /// let filter = ResourceFilter::all()
    ///     .and(ResourceCondition::Archived(false))
    ///     .and(ResourceCondition::Query("Check".into()));
    /// assert_eq!(query.resource_filter(ResourceType::Flag)?, filter);
    /// # Ok::<(), viewlink::wire::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError::Filter`] when the filter is invalid for that type.
    pub fn resource_filter(
        &self,
        resource_type: ResourceType,
    ) -> Result<ResourceFilter, RequestError> {
        let mut filter = match &self.filter {
            Some(text) => {
                ResourceFilter::parse(resource_type, text).map_err(RequestError::filter)?
            }
            None => ResourceFilter::all(),
        };
        if let Some(search) = &self.search {
            filter = filter.and(ResourceCondition::Query(search.clone()));
        }
        filter = self.views.conditions().fold(filter, ResourceFilter::and);
        match &self.environment {
            Some(id) if resource_type == ResourceType::Segment => {
                Ok(filter.and(ResourceCondition::Environment(id.clone())))
            }
            _ => Ok(filter),
        }
    }

    /// The requested page of the views of a project.
    ///
    /// [`view_filter`](Self::view_filter) has the conditions. Example: at [`View`](super::View).
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when `sort` belongs to another list.
    pub fn view_paging(&self) -> Result<Paging<ViewSort>, RequestError> {
        let sort = match self.sort {
            None | Some(Sort::Key) => ViewSort::Key,
            Some(Sort::Name) => ViewSort::Name,
            Some(Sort::UpdatedAt) => ViewSort::UpdatedAt,
            Some(other) => return Err(other.refused("use key, name or updatedAt")),
        };
        Ok(self.paging().sort(sort))
    }

    /// The requested views of a project: those that match `filter` and `query`; all without both. Example: at
    /// [`View`](super::View).
    ///
    /// Cost: O(bytes of the filter).
    ///
    /// # Errors
    ///
    /// [`RequestError::Filter`] when the filter is invalid for views.
    pub fn view_filter(&self) -> Result<ViewFilter, RequestError> {
        let filter = match &self.filter {
            Some(text) => ViewFilter::parse(text).map_err(RequestError::filter)?,
            None => ViewFilter::all(),
        };
        Ok(match &self.search {
            Some(search) => filter.and(ViewCondition::Query(search.clone())),
            None => filter,
        })
    }

    /// The requested page of the views of a resource: by key. Example: at [`resource`](Self::resource).
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`RequestError::Unsupported`] with a `query` or `filter`; [`RequestError::Parameter`] when `sort` belongs to
    /// another list.
    pub fn linked_view_paging(&self) -> Result<Paging<KeySort>, RequestError> {
        self.whole_paging("the views of a resource cannot be filtered: read them page by page")
    }

    /// The requested page of the projects of a store: by key. Example: at [`Projects`](super::Projects).
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`RequestError::Unsupported`] with a `query` or `filter`; [`RequestError::Parameter`] when `sort` belongs to
    /// another list.
    pub fn project_paging(&self) -> Result<Paging<KeySort>, RequestError> {
        self.whole_paging("projects cannot be filtered: read them page by page")
    }

    /// The page of a list that accepts no filter; `instead` is the advice for the caller.
    fn whole_paging(&self, instead: &'static str) -> Result<Paging<KeySort>, RequestError> {
        let what = match (&self.search, &self.filter) {
            (Some(_), _) => Some("query"),
            (None, Some(_)) => Some("filter"),
            (None, None) => None,
        };
        if let Some(what) = what {
            return Err(RequestError::Unsupported { what, instead });
        }
        match self.sort {
            None | Some(Sort::Key) => Ok(self.paging()),
            Some(other) => Err(other.refused("use key")),
        }
    }

    /// The resource whose views are requested. `environmentId` is used for segments only.
    ///
    /// Cost: O(bytes of the key).
    ///
    /// ```
    /// use viewlink::{Resource, ResourceType, wire::Query};
    ///
    /// let query = Query::from_pairs([("environmentId", "production")])?;
    /// let segment = query.resource(ResourceType::Segment, "beta-users")?;
    /// assert_eq!(segment, Resource::segment("production", "beta-users").unwrap());
    /// let paging = query.linked_view_paging()?; // for ProjectSnapshot::linked_views
    /// # let _ = paging;
    /// # Ok::<(), viewlink::wire::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when the key is invalid, or a segment has no environment.
    pub fn resource(
        &self,
        resource_type: ResourceType,
        key: &str,
    ) -> Result<Resource, RequestError> {
        let resource = match (resource_type, &self.environment) {
            (ResourceType::Flag, _) => Resource::flag(key),
            (ResourceType::AiConfig, _) => Resource::ai_config(key),
            (ResourceType::Metric, _) => Resource::metric(key),
            (ResourceType::Segment, Some(environment)) => {
                Resource::segment(environment.as_str(), key)
            }
            (ResourceType::Segment, None) => {
                let expected = "a segment needs the id of its environment";
                return Err(RequestError::parameter("environmentId", "", expected));
            }
        };
        resource.map_err(|_| RequestError::parameter("resourceKey", key, A_KEY))
    }

    fn paging<S: Default>(&self) -> Paging<S> {
        Paging::first(self.limit).offset(self.offset)
    }

    /// The same query for another page, as text in a URL.
    pub(super) fn at_offset(&self, offset: u64) -> String {
        let mut text = format!("limit={}&offset={offset}", self.limit);
        let expand = (!self.expand.is_empty()).then(|| self.expand.to_string());
        for (name, value) in [
            ("sort", self.sort.map(Sort::as_str)),
            ("query", self.search.as_deref()),
            ("filter", self.filter.as_deref()),
            ("environmentId", self.environment.as_ref().map(EnvironmentId::as_str)),
            ("expand", expand.as_deref()),
        ] {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(text, "&{name}={}", Encoded(value));
            }
        }
        for (name, views) in self.views.pairs() {
            let _ = write!(text, "&{name}={}", Encoded(&views));
        }
        text
    }
}

const A_KEY: &str = "a key has 1 to 256 letters, digits, '_', '.' and '-', a letter or digit first";

/// The values as given.
#[derive(Default)]
struct Given {
    limit: Option<String>,
    offset: Option<String>,
    sort: Option<String>,
    search: Option<String>,
    filter: Option<String>,
    environment: Option<String>,
    views: InViews,
    expand: Expand,
}

impl Given {
    fn take(&mut self, name: &str, value: &str) -> Result<(), RequestError> {
        let (name, slot) = match name {
            "limit" => ("limit", &mut self.limit),
            "offset" => ("offset", &mut self.offset),
            "sort" => ("sort", &mut self.sort),
            "query" => ("query", &mut self.search),
            "filter" => ("filter", &mut self.filter),
            "environmentId" => ("environmentId", &mut self.environment),
            _ if is_list(name, "expand") => {
                self.expand.add(value.parse()?);
                return Ok(());
            }
            _ => match InViews::NAMES.into_iter().find(|list| is_list(name, list)) {
                Some(list) => return self.views.add(list, value),
                None => return Ok(()),
            },
        };
        if value.is_empty() {
            return Ok(());
        }
        match slot.replace(value.to_owned()) {
            None => Ok(()),
            Some(_) => Err(RequestError::parameter(name, value, "it is given twice")),
        }
    }
}

/// Whether a parameter belongs to the list of this name: `expand`, `expand[]` or `expand[0]`.
fn is_list(name: &str, list: &str) -> bool {
    let Some(rest) = name.strip_prefix(list) else { return false };
    let place = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    rest.is_empty() || place.is_some_and(|place| place.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A number that has only digits.
fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn limit(text: &str) -> Result<usize, RequestError> {
    let limit = number(text).filter(|&limit| limit <= Query::MAX_LIMIT);
    limit.ok_or_else(|| RequestError::parameter("limit", text, "use a number from 0 to 1000"))
}

fn offset(text: &str) -> Result<usize, RequestError> {
    number(text).ok_or_else(|| RequestError::parameter("offset", text, "use a number from 0 up"))
}

fn environment(text: &str) -> Result<EnvironmentId, RequestError> {
    EnvironmentId::parse(text).map_err(|_| RequestError::parameter("environmentId", text, A_KEY))
}
