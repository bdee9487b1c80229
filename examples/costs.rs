//! Measures what is slow if a view or a resource has very many links.
//!
//! ```text
//! cargo run --release --example costs [LINKS]
//! ```
//!
//! In memory, so that no disk is measured. The figures in `docs/design.md` are for the default, 10,000 links; making
//! the many views takes a while.

use std::error::Error;
use std::time::{Duration, Instant};

use viewlink::{Batch, Checkpoints, NewView, Options, Paging, Project, Resource, Result, Store};

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let links = std::env::args().nth(1).map_or(Ok(10_000), |links| links.parse::<u32>())?;
    let store = Options::new().checkpoints(Checkpoints::ByHand).open_in_memory()?;
    let project = store.project("costs")?;
    let times = wide_view(&project, links)?.into_iter().chain(wide_resource(&store, links)?);
    let names = [
        format!("link {links} resources to a view, in one batch"),
        format!("delete a view of {links} links"),
        format!("link a resource that is in {links} views to one more"),
        format!("read the first 100 views of a resource that is in {links}"),
        format!("remove a resource from {links} views"),
    ];
    for (name, time) in names.iter().zip(times) {
        println!("{:>9.2} ms  {name}", time.as_secs_f64() * 1_000.0);
    }
    Ok(())
}

/// A view with many resources.
fn wide_view(project: &Project, links: u32) -> Result<[Duration; 2]> {
    project.ensure_view(NewView::new("wide", "Wide"))?;
    let keys: Vec<String> = (0..links).map(|number| format!("flag-{number}")).collect();
    let (link, linked) = timed(|| project.link("wide", Batch::flags(keys)));
    linked?.all_ok()?;
    let (delete, deleted) = timed(|| project.delete_view("wide"));
    deleted?;
    Ok([link, delete])
}

/// A resource in many views.
fn wide_resource(store: &Store, views: u32) -> Result<[Duration; 3]> {
    let project = store.project("wide-resource")?;
    for number in 0..views {
        let key = format!("view-{number}");
        project.ensure_view(NewView::new(&*key, "One of many"))?;
        // One key per change, so that the list of views grows as in practice.
        if number == views - 1 {
            project.unlink(&key, Batch::flags(["everywhere"])).map(drop)?;
        } else {
            project.link(&key, Batch::flags(["everywhere"]))?.all_ok()?;
        }
    }
    let last = format!("view-{}", views - 1);
    let (link, linked) = timed(|| project.link(&last, Batch::flags(["everywhere"])));
    linked?.all_ok()?;
    let everywhere = Resource::flag("everywhere")?;
    let snapshot = store.snapshot()?;
    let reader = snapshot.project("wide-resource")?;
    let (read, page) = timed(|| reader.linked_views(&everywhere, Paging::first(100)));
    page?;
    let (remove, removed) = timed(|| project.remove_resource(&everywhere));
    removed?;
    Ok([link, read, remove])
}

fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let answer = act();
    (begin.elapsed(), answer)
}
