//! Many projects with many links each, up to a memory limit and beyond it.

use std::path::Path;

use viewlink::{Batch, Error, NewView, Options, Paging, Project, Resource, Store};

use super::{Case, Small};
use crate::Result;
use crate::times::{Times, flag, print, timed};

/// The number of views of a project, and of links of a view.
const VIEWS: u64 = 100;
const IN_VIEW: u64 = 1_000;
/// The number of resources of a project.
const RESOURCES: u64 = 10_000;
/// The number of keys of a change on the way to the limit.
const KEYS: u64 = 1_000;
/// The number of links that each view of a project loses to make room.
const OUT: u64 = 100;

/// This number of projects with 100,000 links each.
pub(crate) struct Projects {
    pub(crate) projects: u64,
}

fn project_key(number: u64) -> String {
    format!("project-{number}")
}

fn view_key(number: u64) -> String {
    format!("view-{number}")
}

/// Flags of a view; those from 1,000 on are for later views.
fn flags(view: u64, from: u64, count: u64) -> impl Iterator<Item = String> {
    let first = view * IN_VIEW + from;
    (first..first + count).map(|number| flag(number % RESOURCES))
}

impl Case for Projects {
    fn fill(&self, store: &Store) -> Result<()> {
        for number in 0..self.projects {
            let project = store.project(&project_key(number))?;
            for view in 0..VIEWS {
                project.create_view(NewView::new(view_key(view), "A view"))?;
                project.link(&view_key(view), Batch::flags(flags(view, 0, IN_VIEW)))?.all_ok()?;
            }
        }
        Ok(())
    }

    fn small(&self, number: u64) -> Small {
        let view = number / self.projects % VIEWS;
        let keys = flags(view, IN_VIEW, 10).collect();
        Small { project: project_key(number % self.projects), view: view_key(view), keys }
    }

    fn more(&self, store: Store, path: &Path) -> Result<()> {
        let limit = store.sizes()?.memory.total() * 5 / 4;
        store.close()?;
        let limited = Options::new().memory_limit(Some(limit)).open(path)?;
        let made = self.to_the_limit(&limited, limit)?;
        let fewer = beyond_the_limit(&limited)?;
        let verified = timed("verify at the limit", || limited.verify())?;
        assert!(verified.is_clean(), "{verified}");
        let links = self.projects * VIEWS * IN_VIEW + made * KEYS - fewer;
        assert_eq!(verified.counts.links.total(), links, "nothing is lost");
        limited.close()?;
        let again =
            timed("open at the limit", || Options::new().memory_limit(Some(limit)).open(path))?;
        assert_eq!(again.verify()?.counts.links.total(), links, "nothing is lost");
        Ok(())
    }
}

impl Projects {
    /// Links new flags until that is refused; returns the number of changes.
    fn to_the_limit(&self, store: &Store, limit: u64) -> Result<u64> {
        let mut times = Times::default();
        for number in 0.. {
            let project = store.project(&project_key(number % self.projects))?;
            let keys = (0..KEYS).map(|at| format!("more-{}", flag(number * KEYS + at)));
            match times.take(|| project.link("view-0", Batch::flags(keys))) {
                Ok(report) => report.all_ok()?,
                Err(Error::MemoryLimit { needed, .. }) => {
                    times.print("link 1,000 keys, up to the limit");
                    let total = store.sizes()?.memory.total();
                    print("limit, MB", limit / 1_000_000);
                    print("used at the first refusal, MB", total / 1_000_000);
                    print("needed by that change, MB", needed / 1_000_000);
                    return Ok(number);
                }
                Err(error) => return Err(error.into()),
            };
        }
        Ok(0)
    }
}

/// All changes that need memory are refused, and others continue; returns the number of removed links.
fn beyond_the_limit(store: &Store) -> Result<u64> {
    let project = store.project("project-0")?;
    let (mut refused, mut reads) = (Times::default(), Times::default());
    let revision = store.stats().revision;
    for number in 0..200 {
        let keys = (0..KEYS).map(|at| format!("refused-{}", flag(number * KEYS + at)));
        let error = refused.take(|| project.link("view-0", Batch::flags(keys)));
        assert!(matches!(error, Err(Error::MemoryLimit { .. })), "{error:?}");
        let resource = Resource::flag(&flag(number))?;
        let views = reads.take(|| project.read()?.linked_views(&resource, Paging::first(20)))?;
        assert_eq!(views.total, 10, "reads continue");
    }
    assert_eq!(store.stats().revision, revision, "a refused change changes nothing");
    refused.print("link 1,000 keys, refused");
    reads.print("views of a flag, at the limit");
    make_room(&project)
}

/// Changes that only remove are made even at the limit; then there is room again.
fn make_room(project: &Project) -> Result<u64> {
    let (mut unlinks, mut links) = (Times::default(), Times::default());
    for view in 0..VIEWS {
        let batch = Batch::flags(flags(view, 0, OUT));
        unlinks.take(|| project.unlink(&view_key(view), batch))?.all_ok()?;
    }
    unlinks.print("unlink 100 keys at the limit");
    let mut back = 0;
    for (view, from) in (0..VIEWS).flat_map(|view| [(view, 0), (view, OUT / 2)]) {
        let batch = Batch::flags(flags(view, from, OUT / 2));
        match links.take(|| project.link(&view_key(view), batch)) {
            Ok(report) => back += report.success_count() as u64,
            // A change is counted with the most memory that it can need, which is more than the removals freed.
            Err(Error::MemoryLimit { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    links.print("link 50 of them again, until the refusal");
    assert!(back > 0, "there is room again");
    Ok(VIEWS * OUT - back)
}
