//! The sources of the displayed data.

use std::path::Path;

use super::host_source::HostSource;
use super::http::{ApiKey, Client};
use super::picture::{Found, Picture, Resources, ViewId};
use super::store_source::StoreSource;
use crate::error::{Error, Result};

/// The largest number of resources that are read for a view or a search.
pub(super) const ROWS: usize = 1_000;
/// The largest number of views that are read for a resource of a search.
pub(super) const VIEWS: usize = 20;
/// The largest number of resources that a search returns.
pub(super) const FOUND: usize = 100;

/// A store, or a host that has one.
pub(super) trait Source: Send {
    /// Reads the current data.
    fn look(&mut self) -> Result<Look>;

    /// The resources of a view; of each type the ones that were linked first.
    fn resources(&mut self, of: &ViewId) -> Result<Resources>;

    /// Resources of all projects whose names match a text, with their views.
    fn find(&mut self, text: &str) -> Result<Vec<Found>>;
}

/// The result of reading a source.
#[derive(Debug)]
pub(super) enum Look {
    /// Nothing changed since the last time.
    Same,
    /// New data.
    New(Box<Picture>),
    /// The last data is still valid; the text says why there is nothing newer.
    Stale(String),
}

/// Opens the source that an argument names: the directory of a store, or the URL of a host.
pub(super) fn open(named: &str, key_file: Option<&Path>) -> Result<Box<dyn Source>> {
    if named.contains("://") {
        let client = Client::new(named, ApiKey::find(key_file)?)?;
        return Ok(Box::new(HostSource::new(client)));
    }
    if key_file.is_some() {
        return Err(Error::Usage(
            "--api-key-file is for the URL of a host: do not use it for a STORE, or give http://ADDRESS:PORT",
        ));
    }
    Ok(Box::new(StoreSource::new(named)))
}
