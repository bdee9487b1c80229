//! One resource in very many views.

use std::path::Path;

use viewlink::{
    Batch, LinkChange, NewView, Paging, Resource, ResourceFilter, ResourceType, SetPredicate, Store,
};

use super::{Case, Small};
use crate::Result;
use crate::times::{Times, flag, timed};

/// The number of other views, without the resource.
const WITHOUT: u64 = 1_000;

/// A resource in this number of views.
pub(crate) struct Wide {
    pub(crate) views: u64,
}

const KEY: &str = "everywhere";

fn view_key(number: u64) -> String {
    format!("view-{number:06}")
}

impl Case for Wide {
    fn fill(&self, store: &Store) -> Result<()> {
        let project = store.project("scale")?;
        for number in 0..self.views + WITHOUT {
            let key = view_key(number);
            project.create_view(NewView::new(&*key, "A view"))?;
            let others = [flag(number), flag(number / 2), flag(number / 100)];
            let shared = (number < self.views).then(|| KEY.to_owned());
            let keys: std::collections::BTreeSet<_> = others.into_iter().chain(shared).collect();
            project.link(&key, Batch::flags(keys))?.all_ok()?;
        }
        Ok(())
    }

    fn small(&self, number: u64) -> Small {
        let view = view_key(self.views + number % WITHOUT);
        Small { project: "scale".to_owned(), view, keys: vec![KEY.to_owned()] }
    }

    fn more(&self, store: Store, _: &Path) -> Result<()> {
        let (project, resource) = (store.project("scale")?, Resource::flag(KEY)?);
        let reader = project.read()?;
        let (mut linked, mut first, mut exactly) =
            (Times::default(), Times::default(), Times::default());
        for number in 0..20 {
            let view = view_key(number * self.views / 20);
            assert!(linked.take(|| reader.is_linked(&view, &resource))?, "it is in all of them");
            let page = first.take(|| reader.linked_view_keys(&resource, Paging::first(100)))?;
            assert_eq!(page.total, self.views, "it is in all of them");
            let sets = SetPredicate::Exactly(vec![&*view]);
            let filter = ResourceFilter::all().in_views(sets)?;
            exactly
                .take(|| reader.find_resources(ResourceType::Flag, &filter, Paging::first(10)))?;
        }
        linked.print("whether it is linked to a view");
        first.print("the first 100 of its views");
        exactly.print("resources in exactly one of its views");
        drop(reader);
        let removed = timed("remove it from all views", || project.remove_resource(&resource))?;
        assert_eq!(removed.links, self.views, "it was in all of them");
        let revision = store.stats().revision;
        let back = timed("revert that", || project.revert(revision))?;
        assert!(back.failures.is_empty(), "nothing has changed since");
        let link = |number| LinkChange::link(view_key(number), Batch::flags(["in-all-at-once"]));
        let changes: Vec<_> = (0..self.views).map(link).collect();
        timed("link another resource to all views", || project.change_links(changes))?;
        let verified = timed("verify", || store.verify())?;
        assert!(verified.is_clean(), "{verified}");
        Ok(())
    }
}
