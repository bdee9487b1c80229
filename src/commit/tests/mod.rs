//! The whole store on a disk that loses power.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::disk::simulated::{Random, SimulatedDisk};
use crate::error::Outcome;
use crate::page::{LinkSort, Paging};
use crate::project::Project;
use crate::resource::{Resource, ResourceType};
use crate::snapshot::Snapshot;
use crate::time::Timestamp;
use crate::view::{NewView, ViewPatch};
use crate::{Batch, Result};

mod backup;
mod faults;
mod folds;
mod power;

fn options() -> Options {
    // Small enough that a short run rotates segments, trims them, folds and checkpoints.
    Options::new()
        .segment_size(4096)
        .checkpoint_interval(60, 8192)
        .keep_changes(Some(20))
        .tail(25, 6)
        .cache_size(1 << 20)
        .clock(|| Timestamp::from_millis(1))
}

fn start(disk: &SimulatedDisk) -> Result<Arc<Engine>> {
    start_with(disk, options())
}

fn start_with(disk: &SimulatedDisk, options: Options) -> Result<Arc<Engine>> {
    let disk: SharedDisk = Arc::new(disk.clone());
    let directory = Directory::on_disk(disk, Path::new("simulated"), &options)?;
    Engine::start(directory, options).map(Arc::new)
}

/// All that a snapshot shows: for each view its version and links in both orders, for each
/// resource its views.
type Content = BTreeMap<String, Vec<String>>;

fn content(engine: &Arc<Engine>) -> Content {
    let snapshot = Snapshot::new(Arc::clone(engine)).unwrap();
    let mut content = Content::new();
    for project in snapshot.projects(Paging::first(100)).unwrap() {
        let reader = snapshot.project(project.key.as_str()).unwrap();
        for view in reader.views(Paging::first(100)).unwrap() {
            let name = format!("{}/{}", project.key, view.key);
            let lines = content.entry(format!("{name} v{}", view.version)).or_default();
            for resource_type in ResourceType::ALL {
                for sort in [LinkSort::Key, LinkSort::LinkTime] {
                    let all = Paging::first(10_000).sort(sort);
                    let page = reader.linked_resources(view.key.as_str(), resource_type, all);
                    lines.extend(page.unwrap().into_iter().map(|link| link.resource.to_string()));
                }
            }
        }
        for number in 0..KEYS {
            let flag = Resource::flag(&flag(number)).unwrap();
            let views = reader.linked_views(&flag, Paging::first(100)).unwrap();
            let views = views.into_iter().map(|view| view.key.to_string());
            content.insert(format!("{}:{flag}", project.key), views.collect());
        }
    }
    content
}

const KEYS: usize = 40;

/// Where the random histories begin: other ones with `VIEWLINK_SEED`.
fn first_seed() -> u64 {
    std::env::var("VIEWLINK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

fn flag(number: usize) -> String {
    format!("flag-{number}")
}

/// One call that may change something; the outcome of a failed one.
fn step(engine: &Arc<Engine>, random: &mut Random) -> Result<(), Outcome> {
    let project = ["p", "q"][random.below(2)];
    let project = Project::new(Arc::clone(engine), project.parse().unwrap());
    let view = format!("view-{}", random.below(3));
    let count = random.below(12);
    let keys: Vec<String> = (0..count).map(|_| flag(random.below(KEYS))).collect();
    let comment = "c".repeat(random.below(600));
    let failed = match random.below(20) {
        0..=2 => project.ensure_view(NewView::new(view, "name")).err(),
        3..=9 => project.link(&view, Batch::flags(keys).comment(comment)).err(),
        10..=14 => project.unlink(&view, Batch::flags(keys).comment(comment)).err(),
        15 => project.link(&view, Batch::segments([("env", "a"), ("env", "b")])).err(),
        16 => {
            let name = format!("name {}", random.below(1000));
            project.update_view(&view, ViewPatch::new().name(name)).err()
        }
        17 => project.remove_resource(&Resource::flag(&flag(random.below(KEYS))).unwrap()).err(),
        // Large enough to extend the file of the state.
        18 if random.below(2) == 0 => {
            let first = random.below(1000);
            let keys = (first..first + 400).map(|number| format!("metric-{number}"));
            project.link(&view, Batch::metrics(keys)).err()
        }
        18 => match random.below(3) {
            0 => project.delete_view(&view).err(),
            1 => project.remove_environment(&"env".parse().unwrap()).err(),
            _ => project.delete().err(),
        },
        _ => engine.checkpoint().err(),
    };
    match failed {
        Some(error) if error.is_of_store() => Err(error.outcome()),
        Some(Error::WritesStopped { .. }) => Err(Outcome::NotApplied),
        _ => Ok(()),
    }
}

/// Runs calls until one fails for the disk's sake; the content each left behind, the last two
/// being before and after the failed one if that was not clear.
fn run(engine: &Arc<Engine>, random: &mut Random, calls: usize) -> (Vec<Content>, bool) {
    let mut seen = vec![content(engine)];
    for _ in 0..calls {
        if step(engine, random).is_err() {
            return (seen, true);
        }
        seen.push(content(engine));
    }
    (seen, false)
}

fn assert_clean(engine: &Engine) {
    let verification = engine.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
}
