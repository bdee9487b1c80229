//! Pages of lists.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::link_record::LinkRecord;
use super::registered_resource::ResourceFields;
use super::resource::ResourceType;
use super::resource_name::ResourceName;
use super::time::Timestamp;
use super::view::View;
use crate::codec;

/// The order of linked resources. Example: at [`Paging`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LinkSort {
    /// The oldest link first; links of one change in request order.
    #[default]
    LinkTime,
    /// By key; segments by environment id first.
    Key,
    /// The oldest link first; links of the same millisecond by [`Key`](Self::Key). This is the order of the REST API.
    ///
    /// A walk with cursors can miss a new link: one that is made in the same millisecond as the last link of a page,
    /// and whose key is before the key of that link. Use [`LinkTime`](Self::LinkTime) to see all new links.
    LinkedAt,
    /// By the registered name, byte by byte, or by the key if the resource is not registered; resources with the same
    /// name by key.
    Name,
}

/// The order of registered resources. Example: at [`resources`](crate::ProjectSnapshot::resources).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ResourceSort {
    /// By key; segments by environment id first.
    #[default]
    Key,
    /// By name, byte by byte; resources with the same name by key.
    Name,
}

/// The order of the views of a project. Example: at [`views`](crate::ProjectSnapshot::views).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ViewSort {
    /// By key.
    #[default]
    Key,
    /// By name, byte by byte; views with the same name by key.
    Name,
    /// By the time when the own fields of a view last changed, the oldest time first; ties by key.
    UpdatedAt,
}

/// The order of projects, and of the views of a resource: there is only one. Example: at
/// [`ProjectSnapshot`](crate::ProjectSnapshot).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KeySort {
    /// By key.
    #[default]
    Key,
}

/// Which part of a list to read.
///
/// By offset or by [`Cursor`]. A cursor stays correct while others write, and is cheaper in a long list in key order.
///
/// ```
/// use viewlink::{LinkSort, Paging};
///
/// let first: Paging<LinkSort> = Paging::first(100);
/// assert_eq!(first, Paging::first(100).offset(0).sort(LinkSort::LinkTime)); // the defaults
/// let third_by_key = Paging::first(100).offset(200).sort(LinkSort::Key);
/// # let _ = third_by_key;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging<S> {
    pub(crate) limit: usize,
    pub(crate) start: Start,
    pub(crate) sort: S,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Offset(usize),
    After(Cursor),
}

impl<S: Default> Paging<S> {
    /// The first `limit` items, in the list's default order. With a limit of 0 the page has only the total, and no
    /// cursor.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { limit, start: Start::Offset(0), sort: S::default() }
    }

    /// The first `limit` items after the page that returned the cursor. Ask for the same [`sort`](Self::sort) as for
    /// that page.
    #[must_use]
    pub fn after(cursor: Cursor, limit: usize) -> Self {
        Self { limit, start: Start::After(cursor), sort: S::default() }
    }
}

impl<S> Paging<S> {
    /// How many rows to read for a page: one more than its limit shows whether there are more.
    pub(crate) const fn rows(&self) -> usize {
        self.limit.saturating_add(1)
    }

    /// Skips the first `offset` items of the list; replaces a cursor.
    #[must_use]
    pub fn offset(mut self, offset: usize) -> Self {
        self.start = Start::Offset(offset);
        self
    }

    /// Sets another order.
    #[must_use]
    pub fn sort(mut self, sort: S) -> Self {
        self.sort = sort;
        self
    }
}

/// A part of a list. Example: at [`Cursor`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// How many items the whole list has.
    pub total: u64,
    /// The cursor of the next page; `None` at the end of the list.
    pub next: Option<Cursor>,
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<T> Page<T> {
    /// A page from the rows after its start: one more than its limit if there are more.
    pub(crate) fn from_rows<R>(
        mut rows: Vec<R>,
        limit: usize,
        total: u64,
        list: List,
        position: impl FnOnce(&R) -> Result<ListPlace>,
        item: impl FnMut(R) -> Result<T>,
    ) -> Result<Self> {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more).map(position).transpose()?;
        let next = last.map(|after| Cursor { after, list });
        let items = rows.into_iter().map(item).collect::<Result<_>>()?;
        Ok(Self { items, total, next })
    }
}

/// A place in one list: after the last item that was read, even if that item has moved or is gone.
///
/// Its text is safe in a URL. It is not signed, and its content can be decoded. It belongs to one list in one order;
/// anywhere else it is [`Error::InvalidCursor`].
///
/// ```
/// # use viewlink::{Batch, Cursor, NewView, Options, Paging, ResourceType};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # project.ensure_view(NewView::new("v", "V"))?;
/// # project.link("v", Batch::flags(["a", "b"]))?.all_ok()?;
/// let snapshot = store.snapshot()?;
/// let project = snapshot.project("default")?;
/// let page = project.linked_resources("v", ResourceType::Flag, Paging::first(1))?;
/// let text = page.next.expect("there is more").to_string();
///
/// let cursor: Cursor = text.parse()?;
/// let rest = project.linked_resources("v", ResourceType::Flag, Paging::after(cursor, 10))?;
/// assert_eq!(rest.items.len(), 1);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    list: List,
    after: ListPlace,
}

/// A list that has cursors.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum List {
    Projects,
    Views { project: u32 },
    ViewsOf { project: u32, resource_type: ResourceType, name: String },
    Links { view: u32, resource_type: ResourceType, sort: LinkSort },
    SortedViews { project: u32, sort: ViewSort },
    Resources { project: u32, resource_type: ResourceType, sort: ResourceSort },
    Known { project: u32, resource_type: ResourceType },
    NearViews { view: u32 },
}

/// An item of a list, by the sort keys of the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum ListPlace {
    Key(String),
    LinkTime(LinkRecord),
    /// A view or a resource by its name, and its key.
    Name(String, String),
    /// A view or a link by a time, and its key.
    Time(Timestamp, String),
}

/// The versions of a cursor's format.
#[derive(Serialize, Deserialize)]
enum Versioned {
    V1 { list: List, after: ListPlace },
}

impl Start {
    /// The item that the page starts after in this list, and how many items to skip then.
    pub(crate) fn in_list(&self, list: &List) -> Result<(Option<&ListPlace>, usize)> {
        match self {
            Self::Offset(offset) => Ok((None, *offset)),
            Self::After(cursor) if cursor.list == *list => Ok((Some(&cursor.after), 0)),
            Self::After(_) => Err(invalid("it belongs to another list")),
        }
    }
}

impl ListPlace {
    /// The place of a view in this order.
    pub(crate) fn of_view(view: &View, sort: ViewSort) -> Self {
        let key = view.key.to_string();
        match sort {
            ViewSort::Key => Self::Key(key),
            ViewSort::Name => Self::Name(view.name.clone(), key),
            ViewSort::UpdatedAt => Self::Time(view.updated_at, key),
        }
    }

    /// The place of a registered resource in this order.
    pub(crate) fn of_resource(
        name: &ResourceName<'_>,
        fields: &ResourceFields,
        sort: ResourceSort,
    ) -> Self {
        let key = name.as_str().to_owned();
        match sort {
            ResourceSort::Key => Self::Key(key),
            ResourceSort::Name => Self::Name(fields.name.clone(), key),
        }
    }

    /// Checks that it is a place among resources in this order.
    pub(crate) const fn check_resource_sort(&self, sort: ResourceSort) -> Result<&Self> {
        match (self, sort) {
            (Self::Key(_), ResourceSort::Key) | (Self::Name(..), ResourceSort::Name) => Ok(self),
            _ => Err(invalid("it belongs to another sort order")),
        }
    }

    /// Checks that it is a place among views in this order.
    pub(crate) const fn check_sort(&self, sort: ViewSort) -> Result<&Self> {
        match (self, sort) {
            (Self::Key(_), ViewSort::Key)
            | (Self::Name(..), ViewSort::Name)
            | (Self::Time(..), ViewSort::UpdatedAt) => Ok(self),
            _ => Err(invalid("it belongs to another sort order")),
        }
    }

    /// The key after which the page starts.
    pub(crate) fn key<K>(&self, parse: impl FnOnce(&str) -> Option<K>) -> Result<K> {
        match self {
            Self::Key(text) => parse(text).ok_or_else(|| invalid("it has an invalid key")),
            _ => Err(invalid("it belongs to another sort order")),
        }
    }

    /// The time and the key after which the page starts.
    pub(crate) fn time<K>(&self, parse: impl FnOnce(&str) -> Option<K>) -> Result<(Timestamp, K)> {
        match self {
            Self::Time(time, text) => {
                let key = parse(text).ok_or_else(|| invalid("it has an invalid key"))?;
                Ok((*time, key))
            }
            _ => Err(invalid("it belongs to another sort order")),
        }
    }

    /// The name and the key after which the page starts.
    pub(crate) fn name<K>(&self, parse: impl FnOnce(&str) -> Option<K>) -> Result<(&str, K)> {
        match self {
            Self::Name(name, text) => {
                let key = parse(text).ok_or_else(|| invalid("it has an invalid key"))?;
                Ok((name, key))
            }
            _ => Err(invalid("it belongs to another sort order")),
        }
    }

    /// The link after which the page starts.
    pub(crate) const fn link_time(&self) -> Result<LinkRecord> {
        match self {
            Self::LinkTime(record) => Ok(*record),
            _ => Err(invalid("it belongs to another sort order")),
        }
    }
}

const fn invalid(reason: &'static str) -> Error {
    Error::InvalidCursor { reason }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list, after } = self.clone();
        let bytes = codec::encode(&Versioned::V1 { list, after }).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid("it is not a cursor"))?;
        let Versioned::V1 { list, after } =
            codec::decode(&bytes).map_err(|_| invalid("it is not a cursor"))?;
        Ok(Self { list, after })
    }
}

/// Reads bytes as the text of a cursor and as the decoded content of one.
#[cfg(feature = "testing")]
pub(crate) fn read_cursor(bytes: &[u8]) {
    let held = URL_SAFE_NO_PAD.encode(bytes);
    for text in [str::from_utf8(bytes).unwrap_or_default(), &held] {
        let _ = text.parse::<Cursor>().map(|cursor| cursor.to_string());
    }
}

#[cfg(test)]
mod tests;
