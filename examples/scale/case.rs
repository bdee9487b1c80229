//! Stores that are large in one respect each.

mod changes;
mod links;
mod projects;
mod resource;
mod view;

use std::path::Path;

use viewlink::{Batch, Options, Store};

use crate::Result;
use crate::times::Times;

/// A few keys that are not linked to a view.
pub(crate) struct Small {
    pub(crate) project: String,
    pub(crate) view: String,
    pub(crate) keys: Vec<String>,
}

/// A store that is large in one respect.
pub(crate) trait Case {
    fn options(&self) -> Options {
        Options::new()
    }

    /// Creates the store.
    fn fill(&self, store: &Store) -> Result<()>;

    /// Keys to link, and to unlink again.
    fn small(&self, number: u64) -> Small;

    /// Measurements that apply only to this store.
    fn more(&self, store: Store, path: &Path) -> Result<()>;
}

/// The case with this name, with all its numbers divided by `part`.
pub(crate) fn named(name: &str, part: u64) -> Result<Box<dyn Case>> {
    let part = part.max(1);
    Ok(match name {
        "links" => Box::new(links::Links { views: 100_000 / part }),
        "projects" => Box::new(projects::Projects { projects: (100 / part).max(2) }),
        "resource" => Box::new(resource::Wide { views: 100_000 / part }),
        "view" => Box::new(view::Large { links: 1_000_000 / part }),
        "changes" => Box::new(changes::Life { changes: 5_000_000 / part }),
        other => return Err(format!("there is no case {other}").into()),
    })
}

/// Links a few keys and unlinks them again, several times.
pub(crate) fn commits(case: &dyn Case, store: &Store, times: u64, what: &str) -> Result<()> {
    let (mut links, mut unlinks) = (Times::default(), Times::default());
    for number in 0..times {
        let Small { project, view, keys } = case.small(number);
        let project = store.project(&project)?;
        links.take(|| project.link(&view, Batch::flags(&keys)))?.all_ok()?;
        unlinks.take(|| project.unlink(&view, Batch::flags(&keys)))?.all_ok()?;
    }
    links.print(&format!("link, {what}"));
    unlinks.print(&format!("unlink, {what}"));
    Ok(())
}
