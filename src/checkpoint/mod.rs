//! Checkpoints: a whole state in a new redb file, and loading it again. Only this module uses redb.
//!
//! | table | key | row |
//! | --- | --- | --- |
//! | `head` | `format`, `state` | the number of the format; the store of the state, its position, counts and digest |
//! | `projects` | 0, number | projects: key, id and counts |
//! | `views` | project id, number | views without their links, in key order |
//! | `names.TYPE` | project id, number | names of linked resources, in key order, front-coded |
//! | `links.TYPE` | view id, number | links in key order |
//! | `registry.TYPE` | project id, number | registered resources in key order |
//!
//! A row has as many items as fill a third of a page, because in redb a row of more than half a page takes a whole
//! page. Rows of one owner are numbered from 0. A link has the rank of its name among the names of its project and
//! type. The rank is a position in the file, not an id. The file contains no derived data: no postings, no link order,
//! no index of terms, no ids of names.
//!
//! A file is written once, from a state that does not change meanwhile, and never changed after that. So it is either
//! complete or useless: [`load`] checks the pages, every row, whether the rows fit together, and finally the digest.
//!
//! The caller of [`write`] provides a file with a temporary name, and then renames it over the previous checkpoint.

mod backend;
mod failure;
#[cfg(feature = "testing")]
mod fuzz;
mod links_row;
mod load;
mod numbers;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod write;

#[cfg(feature = "testing")]
pub(crate) use fuzz::read_rows;
pub(crate) use load::load;
pub(crate) use write::write;

use crate::codec::CodecError;
use crate::journal::StoreId;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, StoreFile};
use crate::model::lineage::Lineage;
use crate::model::mark::Mark;
use crate::state::State;

/// The store that a state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Identity {
    pub(crate) store_id: StoreId,
    pub(crate) lineage: Lineage,
}

/// A state, the store that it belongs to, and the chain hash of its changes.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) identity: Identity,
    pub(crate) hash: ChainHash,
    /// How far a shared order of changes was followed.
    pub(crate) mark: Mark,
    pub(crate) state: State,
}

/// The format that is written, and the only one that is read.
const FORMAT: u32 = 1;
/// The name of the file in errors.
const FILE: &str = "checkpoint";

/// The error of rows that do not fit together.
fn damaged(part: &str, detail: impl Into<String>) -> Error {
    Error::damaged(StoreFile::State, format!("{part} of the {FILE}"), detail)
}

/// The error of a row that cannot be encoded or decoded.
fn row_error(part: &str, source: CodecError) -> Error {
    Error::undecodable(StoreFile::State, format!("{part} of the {FILE}"), source)
}
