//! Stores that are opened read-only: no file changes, and nothing else differs.

mod files;
mod laws;
mod locks;
mod refusals;
mod unsynced;

use std::path::Path;

use viewlink::{Options, Store};

use crate::support::{content_of, journal};

fn read_only() -> Options {
    Options::new().read_only(true)
}

/// Opens the store at a path to read it.
fn read(path: &Path) -> Store {
    read_only().open(path).unwrap()
}

/// The whole content of a store.
fn told_by(store: &Store) -> String {
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
    let (content, changes) = (content_of(store), journal(store));
    format!("{} {content:?} {changes:?} {verification:?}", store.id())
}
