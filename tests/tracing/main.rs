//! What the store tells of its own work, seen by a subscriber.

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

use collector::Told;
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

/// Those with a name.
fn named<'a>(told: &'a [Told], name: &str) -> Vec<&'a Told> {
    told.iter().filter(|told| told.name == name).collect()
}

/// The only one with a name.
fn only<'a>(told: &'a [Told], name: &str) -> &'a Told {
    let [only] = named(told, name)[..] else { panic!("{name} in {told:?}") };
    only
}

/// The number of one field of each.
fn numbers(told: &[&Told], field: &str) -> Vec<u64> {
    told.iter().map(|told| told.number(field)).collect()
}
