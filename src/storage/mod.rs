//! The state: tables in a redb database. The only place that names redb.
//!
//! Invariants kept here:
//!
//! 1. A link is in `links` or it does not exist; `links` is the only truth about links.
//! 2. Posting lists in `backlinks`, overlaid with the tail, minus dead views, are `links`
//!    transposed.
//! 3. A view's count per type is its number of links in `links.<type>`.
//!
//! 9. The registry's index and segment ids say what its resources say, the other way round, and a
//!    project's count per type is its number of rows in `resources.<type>`.
//!
//! Both directions of a link and the count change in one function, [`WriteTables::change_links`], or go
//! with the view, project, resource or environment they belong to. A resource's row, index and count
//! change in [`put_resource`](WriteTables::put_resource) and its opposite.

#[cfg(feature = "testing")]
mod anything;
mod backend;
mod backlinks;
mod block;
mod block_writer;
mod blocks;
mod copy;
mod failure;
mod known_views;
mod links;
mod pack;
mod posting;
mod read;
mod read_links;
mod records;
mod registration;
mod registry;
mod removal;
mod resource_record;
mod run;
mod size;
mod splice;
mod state;
mod sweep;
mod tables;
mod tail;
mod term;
mod upgrade;
mod varint;
mod verify;
mod verify_registry;
mod versioned;
mod write;

#[cfg(feature = "testing")]
pub(crate) use anything::decode_row;
#[cfg(feature = "testing")]
pub(crate) use backend::Backend;
pub(crate) use failure::{contain, is_locked, met_in_files};
pub(crate) use links::{Edit, LinkKey};
pub(crate) use read::ReadTables;
pub(crate) use read_links::{LinkName, LinkRow};
pub(crate) use records::{Head, LinkRecord, ProjectRow, ViewRow};
pub(crate) use registry::ResourceRows;
pub(crate) use removal::Removal;
pub(crate) use resource_record::ResourceRow;
pub(crate) use state::{State, StateOptions, Transaction};
pub(crate) use tail::Tail;
pub(crate) use term::Term;
pub(crate) use write::{Finished, WriteTables};
