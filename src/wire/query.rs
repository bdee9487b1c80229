//! The parameters of a query.

use std::fmt::Write as _;

use super::expand::Expand;
use super::request_error::RequestError;
use crate::key::EnvironmentId;
use crate::page::{KeySort, LinkSort, Paging, ViewSort};
use crate::resource::{Resource, ResourceType};

/// The parameters of a reading request; each operation takes what concerns it.
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
    expand: Expand,
}

/// The orders that a request can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Key,
    LinkedAt,
    Name,
    UpdatedAt,
}

impl Sort {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::LinkedAt => "linkedAt",
            Self::Name => "name",
            Self::UpdatedAt => "updatedAt",
        }
    }
}

impl Query {
    /// The items of a page where nothing is said: 20.
    pub const DEFAULT_LIMIT: usize = 20;
    /// The most items of a page: 1,000.
    pub const MAX_LIMIT: usize = 1_000;

    /// Reads decoded names and values.
    ///
    /// `expand` may come more than once, and with several names and commas between them. Empty
    /// values count as missing, and names that no operation knows are left out.
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when a `limit` or `offset` is no number or out of range, when
    /// `sort` or `expand` name what there is not, when `environmentId` is no key, and when
    /// something but `expand` is given twice.
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
            sort: given.sort.as_deref().map(sort).transpose()?,
            search: given.search,
            filter: given.filter,
            environment: given.environment.as_deref().map(environment).transpose()?,
            expand: given.expand,
        })
    }

    /// How many items are asked for at most.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// How many items are left out before.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What the answer is to hold besides.
    #[must_use]
    pub const fn expand(&self) -> &Expand {
        &self.expand
    }

    /// The page of linked resources that is asked for: by link time, ties by key.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unsupported`] when there is a `query` or `filter`, or `sort` is `name`;
    /// [`RequestError::Parameter`] when `sort` is the one of another list.
    pub fn link_paging(&self) -> Result<Paging<LinkSort>, RequestError> {
        self.refuse_search()?;
        match self.sort {
            None | Some(Sort::LinkedAt) => Ok(self.paging().sort(LinkSort::LinkedAt)),
            Some(Sort::Name) => Err(RequestError::Unsupported {
                what: "sort by name",
                instead: "names of resources are not known, sort by linkedAt",
            }),
            Some(other) => Err(RequestError::parameter("sort", other.as_str(), "use linkedAt")),
        }
    }

    /// The page of the views of a project that is asked for.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unsupported`] when there is a `query` or `filter`;
    /// [`RequestError::Parameter`] when `sort` is the one of another list.
    pub fn view_paging(&self) -> Result<Paging<ViewSort>, RequestError> {
        self.refuse_search()?;
        let sort = match self.sort {
            None | Some(Sort::Key) => ViewSort::Key,
            Some(Sort::Name) => ViewSort::Name,
            Some(Sort::UpdatedAt) => ViewSort::UpdatedAt,
            Some(other) => {
                let expected = "use key, name or updatedAt";
                return Err(RequestError::parameter("sort", other.as_str(), expected));
            }
        };
        Ok(self.paging().sort(sort))
    }

    /// The page of the views of a resource that is asked for: by key.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unsupported`] when there is a `query` or `filter`;
    /// [`RequestError::Parameter`] when `sort` is the one of another list.
    pub fn linked_view_paging(&self) -> Result<Paging<KeySort>, RequestError> {
        self.refuse_search()?;
        match self.sort {
            None | Some(Sort::Key) => Ok(self.paging()),
            Some(other) => Err(RequestError::parameter("sort", other.as_str(), "use key")),
        }
    }

    /// The resource whose views are asked for. `environmentId` counts for segments.
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when the key is none, or a segment comes without an
    /// environment.
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
                let expected = "a segment is looked up in the environment with this id";
                return Err(RequestError::parameter("environmentId", "", expected));
            }
        };
        resource.map_err(|_| RequestError::parameter("resourceKey", key, A_KEY))
    }

    fn paging<S: Default>(&self) -> Paging<S> {
        Paging::first(self.limit).offset(self.offset)
    }

    fn refuse_search(&self) -> Result<(), RequestError> {
        let instead = "read the list page by page";
        match (&self.search, &self.filter) {
            (Some(_), _) => Err(RequestError::Unsupported { what: "query", instead }),
            (_, Some(_)) => Err(RequestError::Unsupported { what: "filter", instead }),
            (None, None) => Ok(()),
        }
    }

    /// The same query for another page, as it stands in a URL. What was parsed needs no encoding.
    pub(super) fn at_offset(&self, offset: u64) -> String {
        let mut text = format!("limit={}&offset={offset}", self.limit);
        let sort = self.sort.map(|sort| ("sort", sort.as_str().to_owned()));
        let environment = self.environment.as_ref().map(|id| ("environmentId", id.to_string()));
        let expand = (!self.expand.is_empty()).then(|| ("expand", self.expand.to_string()));
        for (name, value) in [sort, environment, expand].into_iter().flatten() {
            // Writing to a text does not fail.
            let _ = write!(text, "&{name}={value}");
        }
        text
    }
}

const A_KEY: &str = "a key has 1 to 256 letters, digits, '_', '.' and '-', a letter or digit first";

/// The values as they come.
#[derive(Default)]
struct Given {
    limit: Option<String>,
    offset: Option<String>,
    sort: Option<String>,
    search: Option<String>,
    filter: Option<String>,
    environment: Option<String>,
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
            "expand" => {
                self.expand.add(value.parse()?);
                return Ok(());
            }
            _ => return Ok(()),
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

/// A number of digits alone.
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

fn sort(text: &str) -> Result<Sort, RequestError> {
    let named = [Sort::Key, Sort::LinkedAt, Sort::Name, Sort::UpdatedAt]
        .into_iter()
        .find(|sort| sort.as_str() == text);
    let expected = "use linkedAt for resources; key, name or updatedAt for views";
    named.ok_or_else(|| RequestError::parameter("sort", text, expected))
}

fn environment(text: &str) -> Result<EnvironmentId, RequestError> {
    EnvironmentId::parse(text).map_err(|_| RequestError::parameter("environmentId", text, A_KEY))
}
