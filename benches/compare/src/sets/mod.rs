//! Queries over sets, on stores with the same ids.
//!
//! The rivals have numbers only, without names; each query has the form that suits the rival best.

mod lmdb;
mod roaring;
mod sqlite;
mod viewlink;

use std::path::Path;

use crate::Result;
use crate::engine::Kind;
use crate::random::permute;

/// The name of bitmaps in memory, which are not a store.
pub(crate) const ROARING: &str = "roaring";

/// How many results are read.
const FIRST: usize = 100;

/// The contents of the stores.
pub(crate) struct Fixture {
    /// Resources with the numbers below this are registered.
    pub(crate) registered: u32,
    /// The resources of each view, in no order.
    pub(crate) views: Vec<Vec<u32>>,
}

/// The result of a question: the number, and the first ones in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) total: u64,
    pub(crate) first: Vec<u32>,
}

/// A question.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// The resources that are in both views.
    InBoth([u32; 2]),
    /// The views that have all of these resources.
    WithAll(Vec<u32>),
    /// The registered resources that are in no view.
    Unassigned,
}

/// A store that answers questions.
pub(crate) trait Sets {
    /// Answers a question.
    fn ask(&self, question: &Question) -> Result<Found>;
}

/// The filled stores, with the names of their rows; some occur twice, with two ways to ask.
pub(crate) fn open(dir: &Path, fixture: &Fixture) -> Result<Vec<(&'static str, Box<dyn Sets>)>> {
    let names = [Kind::Viewlink, Kind::SqliteIds, Kind::Lmdb].map(Kind::name);
    let [viewlink, sqlite, lmdb] = names;
    Ok(vec![
        (viewlink, Box::new(viewlink::Viewlink::open(&dir.join("viewlink"), fixture)?)),
        (sqlite, Box::new(sqlite::Sqlite::open(&dir.join("join"), fixture, &sqlite::JOIN)?)),
        (sqlite, Box::new(sqlite::Sqlite::open(&dir.join("set"), fixture, &sqlite::SET)?)),
        (lmdb, Box::new(lmdb::Lmdb::open(&dir.join("lmdb"), fixture)?)),
        (ROARING, Box::new(roaring::Roaring::new(fixture))),
    ])
}

impl Fixture {
    /// Two views with 100,000 of 200,000 resources each.
    pub(crate) fn two_large_views(seed: u64) -> Self {
        let view = |turn: u64| number_of(seed + turn, 0..100_000, 200_000);
        Self { registered: 0, views: vec![view(0), view(1)] }
    }

    /// 10,000 views of 100 resources, and each of the first ten resources also in half of them.
    pub(crate) fn many_views(seed: u64) -> Self {
        let view = |view: u64| {
            let popular = (0..10).filter(|number| permute(seed + number, view, 10_000) < 5_000);
            let begin = view * 100 % 90_000;
            let others = number_of(seed, begin..begin + 100, 90_000).into_iter().map(|id| id + 10);
            // Ten numbers.
            popular.map(|number| number as u32).chain(others).collect()
        };
        Self { registered: 0, views: (0..10_000).map(view).collect() }
    }

    /// 100,000 registered resources, nine of ten of them in ten views each.
    pub(crate) fn registry(seed: u64) -> Self {
        let view = |view: u64| {
            let begin = view * 1_000 % 90_000;
            number_of(seed, begin..begin + 1_000, 100_000)
        };
        Self { registered: 100_000, views: (0..900).map(view).collect() }
    }

    /// How many links there are.
    pub(crate) fn links(&self) -> u64 {
        self.views.iter().map(|view| view.len() as u64).sum()
    }
}

/// Numbers below a size, in no order.
fn number_of(seed: u64, places: std::ops::Range<u64>, size: u64) -> Vec<u32> {
    // The sizes are below 2^32.
    places.map(|place| permute(seed, place, size) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stores_find_the_same_and_something() {
        let view = |begin: u32| (begin..begin + 60).rev().collect();
        let views = (0..20).map(|view_number| view(view_number * 4)).collect();
        let fixture = Fixture { registered: 150, views };
        let dir = tempfile::tempdir().unwrap();
        let stores = open(dir.path(), &fixture).unwrap();
        for (question, total) in [
            (Question::InBoth([2, 9]), 32),
            (Question::WithAll(vec![70, 61, 100]), 5),
            (Question::Unassigned, 14),
        ] {
            for (name, store) in &stores {
                let found = store.ask(&question).unwrap();
                assert_eq!(found.total, total, "{name} {question:?}");
                assert_eq!(found, stores[0].1.ask(&question).unwrap(), "{name} {question:?}");
                assert!(found.first.is_sorted());
            }
        }
    }
}
