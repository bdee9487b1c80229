//! Checkpoints: a whole state in a new redb file, and back. The only place that names redb.
//!
//! | table | key | row |
//! | --- | --- | --- |
//! | `head` | `format`, `state` | the number of the format; whose state it is, where it stands, counts and its digest |
//! | `projects` | 0, number | projects: key, id and counts |
//! | `views` | project id, number | views without their links, in key order |
//! | `names.TYPE` | project id, number | names that views link, in key order, front-coded |
//! | `links.TYPE` | view id, number | links in key order |
//! | `registry.TYPE` | project id, number | registered resources in key order |
//!
//! A row holds as many items as fill a third of a page, since redb puts few large rows into a page badly. Rows
//! of one owner are numbered from 0 on. A link has the rank of its name among the names of its project and type:
//! that is a place in the file, and no id. Nothing that can be derived is in the file: no postings, no link order,
//! no index of terms, no ids of names.
//!
//! A file is written once, from a state that does not change meanwhile, and never changed after. So it is either
//! whole or of no use: [`load`] checks the pages, every row and how they fit together, and at last the digest.
//!
//! Who calls [`write`] gives it a file under a temporary name, and renames it over the checkpoint before.

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

/// Which store a state is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Identity {
    pub(crate) store_id: StoreId,
    pub(crate) lineage: Lineage,
}

/// A state, whose it is, and the chain hash of the changes that led to it.
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
/// What errors call the file.
const FILE: &str = "checkpoint";

/// The error of rows that do not fit together.
fn damaged(part: &str, detail: impl Into<String>) -> Error {
    Error::damaged(StoreFile::State, format!("{part} of the {FILE}"), detail)
}

/// The error of a row that cannot be encoded or decoded.
fn no_row(part: &str, source: CodecError) -> Error {
    Error::undecodable(StoreFile::State, format!("{part} of the {FILE}"), source)
}
