//! Reads every kind of row of a checkpoint from arbitrary bytes.

use super::links_row;
use super::rows::{HeadRow, ProjectRow, RegistryRow, ViewRow};
use super::tables::decode;
use crate::model::NameList;
use crate::state::PlacedLinks;

/// Reads bytes as each kind of row; none may panic.
pub(crate) fn read_rows(bytes: &[u8]) {
    let _ = decode::<HeadRow>("head", bytes);
    let _ = decode::<Vec<ProjectRow>>("projects", bytes);
    let _ = decode::<Vec<ViewRow>>("views", bytes);
    let _ = decode::<NameList>("names", bytes);
    let _ = decode::<RegistryRow>("registry", bytes);
    if let Ok(links) = links_row::decode("links", bytes) {
        links_row::append(&mut PlacedLinks::default(), links);
    }
}
