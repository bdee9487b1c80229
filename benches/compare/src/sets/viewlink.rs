//! viewlink, with keys in the order of the numbers.

use std::path::Path;

use viewlink::{
    Batch, NewResource, NewView, Options, Paging, ProjectSnapshot, Resource, ResourceFilter,
    ResourceType, SetPredicate, Store, ViewFilter,
};

use super::{FIRST, Fixture, Found, Question, Sets};
use crate::Result;

pub(super) struct Viewlink {
    reader: ProjectSnapshot,
    _store: Store,
}

fn key(id: u32) -> String {
    format!("flag-{id:08}")
}

fn view(number: u32) -> String {
    format!("view-{number:08}")
}

fn number(key: &str) -> Result<u32> {
    Ok(key.rsplit('-').next().unwrap_or_default().parse()?)
}

impl Viewlink {
    pub(super) fn open(dir: &Path, fixture: &Fixture) -> Result<Self> {
        let store = Options::new().open(dir)?;
        let project = store.project("compare")?;
        let registered = (0..fixture.registered).map(|id| NewResource::flag(key(id)));
        project.put_resources(registered)?.all_ok()?;
        for (place, ids) in (0..).zip(&fixture.views) {
            project.create_view(NewView::new(view(place), "compare"))?;
            let batch = Batch::flags(ids.iter().copied().map(key));
            project.link(&view(place), batch)?.all_ok()?;
        }
        Ok(Self { reader: project.read()?, _store: store })
    }

    fn find(&self, views: SetPredicate<String>) -> Result<Found> {
        let filter = ResourceFilter::all().in_views(views)?;
        let page = self.reader.find_resources(ResourceType::Flag, &filter, Paging::first(FIRST))?;
        let first = page.items.iter().map(|found| number(found.key().as_str()));
        Ok(Found { total: page.total, first: first.collect::<Result<_>>()? })
    }
}

impl Sets for Viewlink {
    fn ask(&self, question: &Question) -> Result<Found> {
        match question {
            Question::InBoth(views) => self.find(SetPredicate::AllOf(views.map(view).to_vec())),
            Question::Unassigned => self.find(SetPredicate::Exactly(Vec::new())),
            Question::WithAll(ids) => {
                let resources = ids.iter().map(|id| Resource::flag(&key(*id)));
                let resources = resources.collect::<std::result::Result<_, _>>()?;
                let filter = ViewFilter::all().linking(SetPredicate::AllOf(resources));
                let page = self.reader.views_matching(&filter, Paging::first(FIRST))?;
                let first = page.items.iter().map(|found| number(found.key.as_str()));
                Ok(Found { total: page.total, first: first.collect::<Result<_>>()? })
            }
        }
    }
}
