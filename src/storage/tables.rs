//! Which tables there are, and how their keys are made.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `meta` | name | format version, store id, head, where the sweep is |
//! | `projects` | project key | project record |
//! | `views` | project id ‖ view key | view record |
//! | `view_keys` | view id | project id and view key |
//! | `links.<type>` | view id ‖ a name | block of links, from that name on |
//! | `backlinks.<type>` | project id ‖ a name | block of posting lists, from that name on |
//! | `resources.<type>` | project id ‖ name | resource record |
//! | `resource_index.<type>` | project id ‖ [term](super::term) ‖ name | nothing |
//! | `segment_ids` | project id ‖ segment id | name of the segment |
//!
//! Ids are big-endian, so that a view's or a project's rows are one range. Keys are raw bytes and
//! not tuples: they compare faster, and redb shortens their separators.

use std::ops::Bound;

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};

pub(super) use crate::model::ByType;
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

pub(super) type Bytes = &'static [u8];
pub(super) type Definition = TableDefinition<'static, Bytes, Bytes>;

pub(super) const META: Definition = TableDefinition::new("meta");
pub(super) const PROJECTS: Definition = TableDefinition::new("projects");
pub(super) const VIEWS: Definition = TableDefinition::new("views");
pub(super) const VIEW_KEYS: Definition = TableDefinition::new("view_keys");
pub(super) const SEGMENT_IDS: Definition = TableDefinition::new("segment_ids");

/// The names in `meta`.
pub(super) const FORMAT_NAME: &[u8] = b"format";
pub(super) const STORE_ID_NAME: &[u8] = b"store id";
pub(super) const HEAD_NAME: &[u8] = b"head";
/// Where the sweep of dead view ids is; not there before the first one.
pub(super) const SWEPT_NAME: &[u8] = b"swept";

pub(super) const fn links(resource_type: ResourceType) -> Definition {
    TableDefinition::new(match resource_type {
        ResourceType::Flag => "links.flag",
        ResourceType::Segment => "links.segment",
        ResourceType::AiConfig => "links.aiConfig",
        ResourceType::Metric => "links.metric",
    })
}

pub(super) const fn backlinks(resource_type: ResourceType) -> Definition {
    TableDefinition::new(match resource_type {
        ResourceType::Flag => "backlinks.flag",
        ResourceType::Segment => "backlinks.segment",
        ResourceType::AiConfig => "backlinks.aiConfig",
        ResourceType::Metric => "backlinks.metric",
    })
}

pub(super) const fn resources(resource_type: ResourceType) -> Definition {
    TableDefinition::new(match resource_type {
        ResourceType::Flag => "resources.flag",
        ResourceType::Segment => "resources.segment",
        ResourceType::AiConfig => "resources.aiConfig",
        ResourceType::Metric => "resources.metric",
    })
}

pub(super) const fn resource_index(resource_type: ResourceType) -> Definition {
    TableDefinition::new(match resource_type {
        ResourceType::Flag => "resource_index.flag",
        ResourceType::Segment => "resource_index.segment",
        ResourceType::AiConfig => "resource_index.aiConfig",
        ResourceType::Metric => "resource_index.metric",
    })
}

/// Every table.
pub(super) fn all() -> impl Iterator<Item = Definition> {
    let of_type = [links, backlinks, resources, resource_index];
    let by_type = ResourceType::ALL.into_iter().flat_map(move |ty| of_type.map(|of| of(ty)));
    [META, PROJECTS, VIEWS, VIEW_KEYS, SEGMENT_IDS].into_iter().chain(by_type)
}

/// The key of a row that belongs to a project or view: its id, then what names the row.
pub(super) fn row_key(id: u32, name: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(4 + name.len());
    key.extend_from_slice(&id.to_be_bytes());
    key.extend_from_slice(name);
    key
}

pub(super) fn view_row_key(project: u32, view: &ViewKey) -> Vec<u8> {
    row_key(project, view.as_str().as_bytes())
}

/// Splits the key of a row into its id and name.
pub(super) fn split_row_key(key: &[u8]) -> Option<(u32, &[u8])> {
    let (id, name) = key.split_first_chunk()?;
    Some((u32::from_be_bytes(*id), name))
}

/// A range of keys, as redb takes it.
pub(super) type KeyRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// All keys that start with a prefix.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    start: Vec<u8>,
    /// The first key behind the range; `None` when there is none.
    end: Option<Vec<u8>>,
}

impl Prefix {
    pub(super) fn new(prefix: Vec<u8>) -> Self {
        let mut end = prefix.clone();
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                break;
            }
        }
        Self { start: prefix, end: (!end.is_empty()).then_some(end) }
    }

    /// All rows of a project or view.
    pub(super) fn of(id: u32) -> Self {
        Self::new(id.to_be_bytes().to_vec())
    }

    pub(super) fn range(&self) -> KeyRange<'_> {
        self.range_from(Bound::Included(&self.start))
    }

    /// The part of the range behind `key`.
    pub(super) fn range_after<'a>(&'a self, key: &'a [u8]) -> KeyRange<'a> {
        self.range_from(Bound::Excluded(key))
    }

    /// The part of the range before `key`.
    pub(super) fn range_before<'a>(&'a self, key: &'a [u8]) -> KeyRange<'a> {
        (Bound::Included(&self.start), Bound::Excluded(key))
    }

    /// The part of the range from `key` on.
    pub(super) fn range_on<'a>(&'a self, key: &'a [u8]) -> KeyRange<'a> {
        self.range_from(Bound::Included(key))
    }

    fn range_from<'a>(&'a self, start: Bound<&'a [u8]>) -> KeyRange<'a> {
        (start, self.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded))
    }
}

/// Gets and decodes one row of a table.
pub(super) fn get<R>(
    table: &impl ReadableTable<Bytes, Bytes>,
    key: &[u8],
    decode: impl FnOnce(&[u8]) -> Result<R>,
) -> Result<Option<R>> {
    table.get(key)?.map(|value| decode(value.value())).transpose()
}

/// A table of a write transaction, opened when it is first needed.
pub(super) struct Lazy<'t> {
    definition: Definition,
    table: Option<Table<'t, Bytes, Bytes>>,
}

impl<'t> Lazy<'t> {
    pub(super) const fn new(definition: Definition) -> Self {
        Self { definition, table: None }
    }

    pub(super) fn get(
        &mut self,
        transaction: &'t WriteTransaction,
    ) -> Result<&mut Table<'t, Bytes, Bytes>> {
        match &mut self.table {
            Some(table) => Ok(table),
            empty => Ok(empty.insert(transaction.open_table(self.definition)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        let prefix = Prefix::new(vec![1, 0xff]);
        assert_eq!(prefix.range(), (Bound::Included(&[1, 0xff][..]), Bound::Excluded(&[2][..])));
        assert_eq!(Prefix::of(u32::MAX).range().1, Bound::Unbounded);
    }

    #[test]
    fn a_row_key_splits_into_what_it_was_made_of() {
        assert_eq!(split_row_key(&row_key(258, b"x")), Some((258, &b"x"[..])));
        assert_eq!(split_row_key(b"abc"), None);
    }
}
