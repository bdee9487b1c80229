//! Bitmaps of the crate roaring: of each view, and of each resource. Nothing is on disk.

use std::collections::HashMap;

use roaring::{MultiOps, RoaringBitmap};

use super::{FIRST, Fixture, Found, Question, Sets};
use crate::Result;

pub(super) struct Roaring {
    registered: RoaringBitmap,
    views: Vec<RoaringBitmap>,
    resources: HashMap<u32, RoaringBitmap>,
}

impl Roaring {
    pub(super) fn new(fixture: &Fixture) -> Self {
        let views = fixture.views.iter().map(|view| view.iter().copied().collect()).collect();
        let mut resources = HashMap::<u32, RoaringBitmap>::new();
        for (view, ids) in (0..).zip(&fixture.views) {
            ids.iter().for_each(|id| _ = resources.entry(*id).or_default().insert(view));
        }
        Self { registered: (0..fixture.registered).collect(), views, resources }
    }
}

impl Sets for Roaring {
    fn ask(&self, question: &Question) -> Result<Found> {
        let found = match question {
            Question::InBoth(views) => {
                let views = views.map(|view| self.views.get(view as usize));
                let [Some(one), Some(other)] = views else { return Err("no such view".into()) };
                one & other
            }
            Question::WithAll(resources) => {
                let views = resources.iter().filter_map(|id| self.resources.get(id));
                views.intersection()
            }
            Question::Unassigned => &self.registered - &self.views.iter().union(),
        };
        Ok(Found { total: found.len(), first: found.iter().take(FIRST).collect() })
    }
}
