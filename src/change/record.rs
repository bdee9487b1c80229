//! The journal's record of a change: what was asked for and what came of it.
//!
//! A record holds enough to make the same change again on the state it was made on, and what it
//! did then, so that a replay that does something else is noticed (invariants 5 and 7).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::model::ChangeMeta;
use crate::model::ResourceFields;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::{EnvironmentId, ProjectKey, ViewKey};
use crate::model::resource::ResourceType;
use crate::model::resource_name::ResourceName;
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::view::ViewFields;

/// A project by id and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProjectRef {
    pub(crate) id: u32,
    pub(crate) key: ProjectKey,
}

/// A view by id and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ViewRef {
    pub(crate) id: u32,
    pub(crate) key: ViewKey,
}

/// A resource that was linked, and its place in the request, which orders links of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkedName<'a> {
    pub(crate) request_index: u32,
    #[serde(borrow)]
    pub(crate) name: ResourceName<'a>,
}

/// What a change did to the tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect<'a> {
    CreateView {
        view: ViewRef,
        /// Whether this was the project's first view.
        new_project: bool,
        fields: ViewFields,
    },
    UpdateView {
        view: ViewRef,
        fields: ViewFields,
    },
    DeleteView {
        view: ViewRef,
        unlinked: TypeCounts,
    },
    #[serde(borrow)]
    ChangeLinks(LinksChange<'a>),
    RemoveResource {
        resource_type: ResourceType,
        #[serde(borrow)]
        name: ResourceName<'a>,
        links: u64,
    },
    RemoveEnvironment {
        environment: EnvironmentId,
        segments: u64,
        links: u64,
    },
    DeleteProject {
        views: u64,
        unlinked: TypeCounts,
    },
    PutResources {
        /// Whether the project began with them.
        new_project: bool,
        /// In request order.
        #[serde(borrow)]
        resources: Vec<PutResource<'a>>,
    },
    /// Of several views or types, in request order. What is linked comes by the places of all
    /// together.
    #[serde(borrow)]
    ChangeManyLinks(Vec<LinksChange<'a>>),
}

/// What a change did to the links of one view and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinksChange<'a> {
    pub(crate) view: ViewRef,
    pub(crate) resource_type: ResourceType,
    /// In key order.
    #[serde(borrow)]
    pub(crate) linked: Vec<LinkedName<'a>>,
    /// In key order; none of them among the linked.
    #[serde(borrow)]
    pub(crate) unlinked: Vec<ResourceName<'a>>,
}

impl LinksChange<'_> {
    fn keys(&self) -> u64 {
        (self.linked.len() + self.unlinked.len()) as u64
    }
}

/// A resource that was put, and what is said of it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PutResource<'a> {
    pub(crate) resource_type: ResourceType,
    #[serde(borrow)]
    pub(crate) name: ResourceName<'a>,
    /// Whether it was not registered before.
    pub(crate) is_new: bool,
    pub(crate) fields: ResourceFields,
}

/// A change without its revision, which the journal's frame carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeRecord<'a> {
    pub(crate) time: Timestamp,
    pub(crate) meta: ChangeMeta,
    pub(crate) project: ProjectRef,
    #[serde(borrow)]
    pub(crate) effect: Effect<'a>,
}

/// The versions of the record's format.
#[derive(Serialize, Deserialize)]
enum Versioned<'a> {
    #[serde(borrow)]
    V1(Cow<'a, ChangeRecord<'a>>),
}

impl<'a> ChangeRecord<'a> {
    pub(crate) fn encode(&'a self) -> Result<Vec<u8>> {
        codec::encode(&Versioned::V1(Cow::Borrowed(self)))
            .map_err(|source| Error::undecodable(StoreFile::Journal, "change", source))
    }

    pub(crate) fn decode(revision: u64, payload: &'a [u8]) -> Result<Self> {
        let Versioned::V1(record) = codec::decode(payload).map_err(|source| {
            Error::undecodable(StoreFile::Journal, format!("change {revision}"), source)
        })?;
        Ok(record.into_owned())
    }

    /// How many keys the change walks, the measure of its work.
    pub(crate) fn work(&self) -> u64 {
        let keys = match &self.effect {
            Effect::CreateView { .. } | Effect::UpdateView { .. } => 0,
            Effect::DeleteView { unlinked, .. } => unlinked.total(),
            Effect::ChangeLinks(links) => links.keys(),
            Effect::ChangeManyLinks(parts) => parts.iter().map(LinksChange::keys).sum(),
            Effect::RemoveResource { links, .. } | Effect::RemoveEnvironment { links, .. } => {
                *links
            }
            Effect::DeleteProject { views, unlinked } => views.saturating_add(unlinked.total()),
            Effect::PutResources { resources, .. } => resources.len() as u64,
        };
        keys.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resource::Resource;
    use crate::model::view::NewView;

    fn record(effect: Effect<'_>) -> ChangeRecord<'_> {
        ChangeRecord {
            time: Timestamp::from_millis(1_700_000_000_000),
            meta: ChangeMeta {
                actor: Some("ann".into()),
                comment: Some("why".into()),
                reverts: Some(7),
            },
            project: ProjectRef { id: 1, key: ProjectKey::parse("p").unwrap() },
            effect,
        }
    }

    fn view() -> ViewRef {
        ViewRef { id: 300, key: ViewKey::parse("v").unwrap() }
    }

    fn fields_of_a_segment() -> ResourceFields {
        ResourceFields {
            id: Some("5f".parse().unwrap()),
            name: "n".into(),
            tags: vec!["t".into()],
            maintainer: None,
            archived: true,
            temporary: false,
            unbounded: true,
            created_at: Timestamp::from_millis(7),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Format, time, meta, project: the same in front of every effect below.
    const HEAD: &str = "00fd0068e5cf8b0100000103616e6e01037768790107010170";

    #[test]
    fn the_bytes_of_every_effect_are_pinned() {
        let flag = Resource::flag("f").unwrap();
        let segment = Resource::segment("e", "s").unwrap();
        let mut unlinked = TypeCounts::default();
        *unlinked.get_mut(ResourceType::Metric) = 251;
        let fields = NewView::new("v", "n").description("d").tags(["t"]).fields;
        let environment = EnvironmentId::parse("e").unwrap();
        let links = LinksChange {
            view: view(),
            resource_type: ResourceType::Segment,
            linked: vec![LinkedName { request_index: 5, name: segment.name() }],
            unlinked: vec![flag.name()],
        };
        let cases = [
            (
                Effect::CreateView { view: view(), new_project: true, fields: fields.clone() },
                "00fb2c01017601016e016401017400",
            ),
            (Effect::UpdateView { view: view(), fields }, "01fb2c010176016e016401017400"),
            (Effect::DeleteView { view: view(), unlinked }, "02fb2c010176000000fbfb00"),
            (Effect::ChangeLinks(links.clone()), "03fb2c01017601010503650073010166"),
            (Effect::ChangeManyLinks(vec![links]), "0801fb2c01017601010503650073010166"),
            (
                Effect::RemoveResource {
                    resource_type: ResourceType::Flag,
                    name: flag.name(),
                    links: 2,
                },
                "0400016602",
            ),
            (Effect::RemoveEnvironment { environment, segments: 1, links: 2 }, "0501650102"),
            (Effect::DeleteProject { views: 3, unlinked }, "0603000000fbfb00"),
            (
                Effect::PutResources {
                    new_project: true,
                    resources: vec![PutResource {
                        resource_type: ResourceType::Segment,
                        name: segment.name(),
                        is_new: true,
                        fields: fields_of_a_segment(),
                    }],
                },
                "07010101036500730101023566016e0101740001000107",
            ),
        ];
        for (effect, expected) in cases {
            let record = record(effect);
            let bytes = record.encode().unwrap();
            assert_eq!(hex(&bytes), format!("{HEAD}{expected}"), "{:?}", record.effect);
            assert_eq!(ChangeRecord::decode(1, &bytes).unwrap(), record);
        }
    }

    /// A number as `docs/design.md` has it.
    fn number(value: u32) -> Vec<u8> {
        let [a, b, c, d] = value.to_le_bytes();
        match value {
            ..251 => vec![a],
            251..0x1_0000 => vec![251, a, b],
            _ => vec![252, a, b, c, d],
        }
    }

    /// Crates that write the same bytes may refuse to do so above 4 MiB.
    #[test]
    fn the_bytes_of_a_record_over_4_mib_are_pinned() {
        const KEYS: u32 = 70_000;
        let keys = (0..KEYS).map(|at| format!("{at:0256}"));
        let flags: Vec<Resource> = keys.map(|key| Resource::flag(&key).unwrap()).collect();
        let linked = flags
            .iter()
            .zip(0..)
            .map(|(flag, request_index)| LinkedName { request_index, name: flag.name() });
        let record = record(Effect::ChangeLinks(LinksChange {
            view: view(),
            resource_type: ResourceType::Flag,
            linked: linked.collect(),
            unlinked: Vec::new(),
        }));
        let mut tail = number(KEYS);
        for at in 0..KEYS {
            tail.extend([number(at), number(256), format!("{at:0256}").into()].concat());
        }
        tail.push(0);
        let bytes = record.encode().unwrap();
        assert!(bytes.len() > 4 << 20 && number(256) == [251, 0, 1]);
        let (head, rest) = bytes.split_at(bytes.len() - tail.len());
        assert_eq!(hex(head), format!("{HEAD}03fb2c01017600"));
        assert!(rest == tail);
        assert_eq!(ChangeRecord::decode(1, &bytes).unwrap(), record);
    }

    #[test]
    fn a_record_cut_anywhere_is_an_error_that_names_the_change() {
        let flag = Resource::flag("f").unwrap();
        let record = record(Effect::RemoveResource {
            resource_type: ResourceType::Flag,
            name: flag.name(),
            links: 2,
        });
        let bytes = record.encode().unwrap();
        for length in 0..bytes.len() {
            let error = ChangeRecord::decode(42, &bytes[..length]).unwrap_err();
            assert!(error.to_string().contains("change 42"), "{error}");
        }
    }
}
