//! The records of the tables. Each is an enum with one variant per version of its format.

use redb::{ReadableTable, Table};
use serde::{Deserialize, Serialize};

use super::tables::{self, Bytes, split_row_key};
use super::versioned::{Record, decode, encode, record};
use crate::change::ViewRef;
pub(crate) use crate::model::LinkRecord;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::view::{View, ViewFields};

/// Where the store stands; written with every change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The newest change that is complete in the tables.
    pub(crate) revision: u64,
    /// Its time.
    pub(crate) time: Timestamp,
    /// How many projects there are.
    pub(crate) projects: u64,
    /// Ids are given in order and never again.
    pub(super) next_project: u32,
    pub(super) next_view: u32,
    /// How many views were deleted; without any no posting list holds a dead one.
    pub(super) deleted_views: u64,
    /// The first change that may be missing in the posting lists.
    pub(super) unfolded_from: u64,
}

/// A head of before there was a tail: all changes are in the posting lists.
#[derive(Serialize, Deserialize)]
pub(super) struct HeadV1 {
    revision: u64,
    time: Timestamp,
    projects: u64,
    next_project: u32,
    next_view: u32,
    deleted_views: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum HeadVersions {
    V1(HeadV1),
    V2(Head),
}

impl Record for Head {
    type Versions = HeadVersions;
    const PART: &'static str = "head of the state";

    fn newest(self) -> HeadVersions {
        HeadVersions::V2(self)
    }

    fn upgrade(versions: HeadVersions) -> Self {
        match versions {
            HeadVersions::V1(head) => {
                let HeadV1 { revision, time, projects, next_project, next_view, deleted_views } =
                    head;
                let unfolded_from = revision.saturating_add(1);
                Self {
                    revision,
                    time,
                    projects,
                    next_project,
                    next_view,
                    deleted_views,
                    unfolded_from,
                }
            }
            HeadVersions::V2(head) => head,
        }
    }
}

/// Which of the states that were ever shown it is, for a reader to find the tail that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) revision: u64,
    pub(super) unfolded_from: u64,
}

impl Head {
    /// The first change that may be missing in the posting lists.
    pub(crate) const fn unfolded_from(self) -> u64 {
        self.unfolded_from
    }

    pub(super) const fn mark(self) -> Mark {
        Mark { revision: self.revision, unfolded_from: self.unfolded_from }
    }

    pub(super) fn load(meta: &impl ReadableTable<Bytes, Bytes>) -> Result<Self> {
        tables::get(meta, tables::HEAD_NAME, Self::decode)?
            .ok_or_else(|| Error::damaged(StoreFile::State, "table meta", "the head is missing"))
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        decode(bytes)
    }

    pub(super) fn store(self, meta: &mut Table<'_, Bytes, Bytes>) -> Result<()> {
        meta.insert(tables::HEAD_NAME, &*encode(self)?)?;
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProjectRecord {
    pub(super) id: u32,
    pub(super) views: u64,
    /// Invariant 9: the number of rows in `resources.<type>`.
    pub(super) resources: TypeCounts,
}

/// A project of before there was a registry: it has no resources.
#[derive(Serialize, Deserialize)]
pub(super) struct ProjectV1 {
    id: u32,
    views: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ProjectVersions {
    V1(ProjectV1),
    V2(ProjectRecord),
}

impl Record for ProjectRecord {
    type Versions = ProjectVersions;
    const PART: &'static str = "project record";

    fn newest(self) -> ProjectVersions {
        ProjectVersions::V2(self)
    }

    fn upgrade(versions: ProjectVersions) -> Self {
        match versions {
            ProjectVersions::V1(ProjectV1 { id, views }) => {
                Self { id, views, resources: TypeCounts::default() }
            }
            ProjectVersions::V2(record) => record,
        }
    }
}

/// A project as it stands in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectRow {
    pub(crate) key: ProjectKey,
    pub(crate) id: u32,
    /// How many views it has.
    pub(crate) views: u64,
    /// How many resources are registered, per type.
    pub(crate) resources: TypeCounts,
}

impl ProjectRow {
    pub(super) fn decode(key: &ProjectKey, value: &[u8]) -> Result<Self> {
        let ProjectRecord { id, views, resources } = decode(value)?;
        Ok(Self { key: key.clone(), id, views, resources })
    }

    pub(super) fn from_row(key: &[u8], value: &[u8]) -> Result<Self> {
        let key = str::from_utf8(key).ok().and_then(|key| ProjectKey::parse(key).ok());
        Self::decode(&key.ok_or_else(|| no_key("projects"))?, value)
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let Self { id, views, resources, .. } = *self;
        encode(ProjectRecord { id, views, resources })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ViewRecord {
    pub(super) id: u32,
    pub(super) fields: ViewFields,
    pub(super) version: u64,
    pub(super) revision: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// Invariant 3: the number of links in `links.<type>`.
    pub(super) links: TypeCounts,
}
record!(ViewRecord, ViewVersions, "view record");

/// A view as it stands in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewRow {
    pub(super) project: u32,
    pub(super) key: ViewKey,
    pub(super) record: ViewRecord,
}

impl ViewRow {
    pub(super) fn decode(project: u32, key: ViewKey, value: &[u8]) -> Result<Self> {
        Ok(Self { project, key, record: ViewRecord::decode(value)? })
    }

    pub(super) fn from_row(key: &[u8], value: &[u8]) -> Result<Self> {
        let (project, name) = split_row_key(key).ok_or_else(|| no_key("views"))?;
        let key = str::from_utf8(name).ok().and_then(|key| ViewKey::parse(key).ok());
        Self::decode(project, key.ok_or_else(|| no_key("views"))?, value)
    }

    /// Whether it is the view with this key.
    pub(super) fn is(&self, project: u32, key: &ViewKey) -> bool {
        self.project == project && self.key == *key
    }

    pub(super) fn row_key(&self) -> Vec<u8> {
        tables::view_row_key(self.project, &self.key)
    }

    pub(crate) fn id(&self) -> u32 {
        self.record.id
    }

    pub(crate) fn project(&self) -> u32 {
        self.project
    }

    pub(crate) fn revision(&self) -> u64 {
        self.record.revision
    }

    pub(crate) fn to_ref(&self) -> ViewRef {
        ViewRef { id: self.record.id, key: self.key.clone() }
    }

    pub(crate) fn key(&self) -> &ViewKey {
        &self.key
    }

    pub(crate) fn fields(&self) -> &ViewFields {
        &self.record.fields
    }

    pub(crate) fn links(&self) -> TypeCounts {
        self.record.links
    }

    pub(crate) fn into_view(self) -> View {
        let ViewRecord { id, fields, version, revision, created_at, updated_at, links } =
            self.record;
        let ViewFields { name, description, tags, maintainer } = fields;
        View {
            id,
            key: self.key,
            name,
            description,
            tags,
            maintainer,
            version,
            revision,
            created_at,
            updated_at,
            links,
        }
    }
}

/// Where a view id leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ViewKeyRecord {
    pub(super) project: u32,
    pub(super) key: ViewKey,
}
record!(ViewKeyRecord, ViewKeyVersions, "view key record");

fn no_key(table: &str) -> Error {
    Error::damaged(StoreFile::State, format!("table {table}"), "a row has a key that is none")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::view::{Maintainer, NewView};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn unhex(text: &str) -> Vec<u8> {
        let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    }

    #[test]
    fn the_bytes_of_every_record_are_pinned() {
        let time = Timestamp::from_millis(1_700_000_000_000);
        let head = Head {
            revision: 300,
            time,
            projects: 1,
            next_project: 2,
            next_view: 70_000,
            deleted_views: 3,
            unfolded_from: 299,
        };
        let fields = "fb2c01fd0068e5cf8b0100000102fc7011010003";
        assert_eq!(hex(&encode(head).unwrap()), format!("01{fields}fb2b01"));
        assert_eq!(decode::<Head>(&encode(head).unwrap()).unwrap(), head);
        let first_format: Vec<u8> = unhex(&format!("00{fields}"));
        let folded = Head { unfolded_from: 301, ..head };
        assert_eq!(decode::<Head>(&first_format).unwrap(), folded);

        let mut resources = TypeCounts::default();
        *resources.get_mut(crate::ResourceType::Segment) = 3;
        let project = ProjectRecord { id: 1, views: 2, resources };
        assert_eq!(hex(&encode(project).unwrap()), "01010200030000");
        let large = ProjectRecord { id: 70_000, views: 251, resources };
        assert_eq!(hex(&encode(large).unwrap()), "01fc70110100fbfb0000030000");
        let of_old: ProjectRecord = decode(&unhex("000102")).unwrap();
        assert_eq!(of_old, ProjectRecord { id: 1, views: 2, resources: TypeCounts::default() });

        let fields = NewView::new("v", "name")
            .description("d")
            .tags(["b", "a"])
            .maintainer(Maintainer::Team("t".into()))
            .fields;
        let mut links = TypeCounts::default();
        *links.get_mut(crate::ResourceType::Segment) = 4;
        let view = ViewRecord {
            id: 9,
            fields,
            version: 2,
            revision: 3,
            created_at: time,
            updated_at: time,
            links,
        };
        let expected = "0009046e616d6501640201610162010101740203fd0068e5cf8b010000fd0068e5cf8b01000\
                        000040000";
        assert_eq!(hex(&view.clone().encode().unwrap()), expected);
        assert_eq!(ViewRecord::decode(&view.clone().encode().unwrap()).unwrap(), view);

        let name = "n".repeat(251);
        let fields = NewView::new("v", name.as_str()).fields;
        let large = ViewRecord { id: 65_536, fields, version: 300, revision: 1 << 32, ..view };
        let expected = format!(
            "00fc00000100fbfb00{}000000fb2c01fd0000000001000000fd0068e5cf8b010000fd0068e5cf8b01000000040000",
            "6e".repeat(251)
        );
        assert_eq!(hex(&large.clone().encode().unwrap()), expected);
        assert_eq!(ViewRecord::decode(&large.clone().encode().unwrap()).unwrap(), large);

        let key = ViewKeyRecord { project: 1, key: ViewKey::parse("v").unwrap() };
        assert_eq!(hex(&key.encode().unwrap()), "00010176");
    }

    #[test]
    fn a_record_of_an_unknown_version_is_an_error() {
        let key = ViewKeyRecord { project: 1, key: ViewKey::parse("v").unwrap() };
        let mut bytes = key.encode().unwrap();
        bytes[0] = 1;
        let error = ViewKeyRecord::decode(&bytes).unwrap_err();
        assert!(error.to_string().contains("view key record"), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}
