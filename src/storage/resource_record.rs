//! The record of a registered resource.

use serde::{Deserialize, Serialize};

use super::versioned::record;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;
use crate::model::{RegisteredResource, ResourceFields};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResourceRecord {
    pub(super) fields: ResourceFields,
    /// The change that put it last.
    pub(super) revision: u64,
}
record!(ResourceRecord, ResourceVersions, "resource record");

/// A registered resource as it stands in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceRow {
    pub(crate) name: ResourceName<'static>,
    pub(crate) fields: ResourceFields,
    pub(crate) revision: u64,
}

impl ResourceRow {
    pub(super) fn decode(name: &[u8], value: &[u8]) -> Result<Self> {
        let ResourceRecord { fields, revision } = ResourceRecord::decode(value)?;
        Ok(Self { name: name_of(name)?, fields, revision })
    }

    pub(crate) fn into_resource(self, resource_type: ResourceType) -> Result<RegisteredResource> {
        let resource = Resource::of_row(resource_type, &self.name)?;
        Ok(RegisteredResource::new(resource, self.fields, self.revision))
    }
}

/// The name that stands in a row of the registry.
pub(super) fn name_of(bytes: &[u8]) -> Result<ResourceName<'static>> {
    let text = str::from_utf8(bytes).map_err(|_| {
        Error::damaged(StoreFile::State, "tables of the registry", "a row has a name that is none")
    })?;
    Ok(ResourceName::owned(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::SegmentId;
    use crate::model::time::Timestamp;
    use crate::model::view::Maintainer;

    #[test]
    fn the_bytes_of_a_resource_record_are_pinned() {
        let fields = ResourceFields {
            id: Some(SegmentId::parse("5f").unwrap()),
            name: "n".into(),
            tags: vec!["a".into(), "b".into()],
            maintainer: Some(Maintainer::Team("t".into())),
            archived: true,
            temporary: false,
            unbounded: true,
            created_at: Timestamp::from_millis(1_700_000_000_000),
        };
        let record = ResourceRecord { fields, revision: 300 };
        let bytes = record.clone().encode().unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "00010235660\
                         16e02016101620101017401\
                         0001fd0068e5cf8b010000fb2c01"
        );
        assert_eq!(ResourceRecord::decode(&bytes).unwrap(), record);
    }
}
