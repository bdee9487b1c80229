//! Records as enums with one variant per version of their format.

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::model::error::{Error, Result, StoreFile};

/// A record with the versions of its format.
pub(super) trait Record: Sized {
    type Versions: Serialize + for<'a> Deserialize<'a>;
    /// What an error names.
    const PART: &'static str;

    fn newest(self) -> Self::Versions;
    fn upgrade(versions: Self::Versions) -> Self;
}

/// Bytes of a record in its newest format.
pub(super) fn encode<R: Record>(record: R) -> Result<Vec<u8>> {
    codec::encode(&record.newest())
        .map_err(|source| Error::undecodable(StoreFile::State, R::PART, source))
}

/// A record from bytes of any of its formats.
pub(super) fn decode<R: Record>(bytes: &[u8]) -> Result<R> {
    let versions = codec::decode(bytes)
        .map_err(|source| Error::undecodable(StoreFile::State, R::PART, source))?;
    Ok(R::upgrade(versions))
}

macro_rules! record {
    ($record:ident, $versions:ident, $part:literal) => {
        #[derive(Serialize, Deserialize)]
        pub(super) enum $versions {
            V1($record),
        }

        impl $crate::storage::versioned::Record for $record {
            type Versions = $versions;
            const PART: &'static str = $part;

            fn newest(self) -> $versions {
                $versions::V1(self)
            }

            fn upgrade(versions: $versions) -> Self {
                match versions {
                    $versions::V1(record) => record,
                }
            }
        }

        impl $record {
            pub(super) fn encode(self) -> $crate::model::error::Result<Vec<u8>> {
                $crate::storage::versioned::encode(self)
            }

            pub(super) fn decode(bytes: &[u8]) -> $crate::model::error::Result<Self> {
                $crate::storage::versioned::decode(bytes)
            }
        }
    };
}

pub(super) use record;
