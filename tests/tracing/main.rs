//! The events about the store's own work, as a subscriber receives them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected ends there"
)]

mod collector;
mod commits;
mod documented;
mod recovery;
mod upkeep;

use collector::Logged;
use viewlink::{Batch, NewView, Project, Store};

/// A project of a store, with the view `v`.
fn with_view(store: &Store) -> Project {
    let project = store.project("p").unwrap();
    project.create_view(NewView::new("v", "V")).unwrap();
    project
}

fn link(project: &Project, keys: &[&str]) {
    project.link("v", Batch::flags(keys.iter().copied())).unwrap().all_ok().unwrap();
}

/// The spans and events with a name.
fn named<'a>(logged: &'a [Logged], name: &str) -> Vec<&'a Logged> {
    logged.iter().filter(|logged| logged.name == name).collect()
}

/// The only one with a name.
fn only<'a>(logged: &'a [Logged], name: &str) -> &'a Logged {
    let [only] = named(logged, name)[..] else { panic!("{name} in {logged:?}") };
    only
}

/// The number in one field of each.
fn numbers(logged: &[&Logged], field: &str) -> Vec<u64> {
    logged.iter().map(|logged| logged.number(field)).collect()
}
