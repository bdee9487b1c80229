//! Where what is shown is read.

use std::path::Path;

use super::host_source::HostSource;
use super::http::{ApiKey, Client};
use super::picture::{Found, Picture, Resources, ViewId};
use super::store_source::StoreSource;
use crate::error::{Error, Result};

/// How many resources of a view, or that a search finds, are read.
pub(super) const ROWS: usize = 1_000;
/// How many views of a resource that a search finds are read.
pub(super) const VIEWS: usize = 20;
/// How many resources a search returns.
pub(super) const FOUND: usize = 100;

/// A store, or a host that has one.
pub(super) trait Source: Send {
    /// What there is now.
    fn look(&mut self) -> Result<Look>;

    /// The resources of a view: of each type those that were linked first.
    fn resources(&mut self, of: &ViewId) -> Result<Resources>;

    /// Resources of any project whose names match a text, with the views that they are in.
    fn find(&mut self, text: &str) -> Result<Vec<Found>>;
}

/// What a look at a source comes to.
#[derive(Debug)]
pub(super) enum Look {
    /// Nothing changed since the last one.
    Same,
    /// This is there.
    New(Box<Picture>),
    /// The last picture still shows what could be read, and this says why there is nothing newer.
    Stale(String),
}

/// Opens what an argument names: the directory of a store, or the URL of a host.
pub(super) fn open(named: &str, key_file: Option<&Path>) -> Result<Box<dyn Source>> {
    if named.contains("://") {
        let client = Client::new(named, ApiKey::find(key_file)?)?;
        return Ok(Box::new(HostSource::new(client)));
    }
    if key_file.is_some() {
        return Err(Error::Usage(
            "--api-key-file is for the URL of a host: leave it out for a STORE, or name http://ADDRESS:PORT",
        ));
    }
    Ok(Box::new(StoreSource::new(named)))
}
