//! How long reads and commits wait while a large operation runs: `cargo bench --bench pauses`.
//!
//! - `quiet`: nothing else runs.
//! - `checkpoint`: the state is written to disk in the background, again and again.
//! - `apply`: another thread links and unlinks a million resources, each time in one change.
//!
//! For each, the median, the 99th percentile and the longest of `is_linked` by a new reader each time, and of links of
//! 100 keys (not during `apply`, where they wait for the large change by design). The directory is on the disk of
//! `VIEWLINK_DIR`, or of the temporary directory.
//!
//! `VIEWLINK_LINKS` changes the number of links (1,000,000), `VIEWLINK_SECONDS` the length of each part (5).

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use viewlink::{Batch, NewView, Options, Project, Resource, Store};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How many resources a view of the state has.
const IN_VIEW: u64 = 1_000;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn flag(number: u64) -> String {
    format!("flag-{number:08}")
}

/// The times of calls that were made one after another.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn take<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let made = act();
        self.0.push(begun.elapsed());
        made
    }

    fn at(&mut self, part: f64) -> Duration {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }

    fn print(&mut self, what: &str) {
        let [median, p99, longest] = [0.5, 0.99, 1.0].map(|part| self.at(part));
        println!("{what:<32} {:>9}  {median:>10.1?} {p99:>10.1?} {longest:>10.1?}", self.0.len());
    }
}

fn main() -> Result<(), Error> {
    let links = number("VIEWLINK_LINKS", 1_000_000);
    let time = Duration::from_secs(number("VIEWLINK_SECONDS", 5));
    let dir = match std::env::var_os("VIEWLINK_DIR") {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let options = Options::new().batch_limit(2_000_000);
    let store = options.open(dir.path().join("store"))?;
    let project = store.project("default")?;
    fill(&project, links)?;
    store.checkpoint()?;
    println!("{:<32} {:>9}  {:>10} {:>10} {:>10}", "", "calls", "median", "p99", "longest");
    measure("quiet", &project, time, |_| Ok(()))?;
    measure("checkpoint", &project, time, |done| checkpoints(&store, done))?;
    large_changes(&project, links, time)
}

/// Makes the links of the state, views with a thousand links each.
fn fill(project: &Project, links: u64) -> Result<(), Error> {
    for view in 0..links / IN_VIEW {
        let key = format!("view-{view}");
        project.create_view(NewView::new(&*key, "View"))?;
        let flags = (view * IN_VIEW..(view + 1) * IN_VIEW).map(flag);
        project.link(&key, Batch::flags(flags))?.all_ok()?;
    }
    project.create_view(NewView::new("large", "Large"))?;
    project.create_view(NewView::new("small", "Small"))?;
    Ok(())
}

fn checkpoints(store: &Store, done: &AtomicBool) -> Result<(), Error> {
    let made = store.stats().checkpoints;
    let project = store.project("default")?;
    let mut version = 0_u64;
    while !done.load(Ordering::Relaxed) {
        // There must be something to write to disk.
        version += 1;
        project.update_view("large", viewlink::ViewPatch::new().name(version.to_string()))?;
        store.checkpoint()?;
    }
    println!("({} checkpoints)", store.stats().checkpoints - made);
    Ok(())
}

/// Reads and commits while `beside` runs.
fn measure(
    name: &str,
    project: &Project,
    time: Duration,
    beside: impl FnOnce(&AtomicBool) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let done = AtomicBool::new(false);
    let (mut reads, mut commits) = thread::scope(|scope| {
        let beside = scope.spawn(|| beside(&done));
        let reads = scope.spawn(|| read(project, time));
        let commits = commit(project, time)?;
        done.store(true, Ordering::Relaxed);
        beside.join().map_err(|_| "a thread panicked")??;
        Ok::<_, Error>((reads.join().map_err(|_| "a thread panicked")??, commits))
    })?;
    reads.print(&format!("{name}: is_linked"));
    commits.print(&format!("{name}: link of 100"));
    Ok(())
}

fn read(project: &Project, time: Duration) -> Result<Times, Error> {
    let (begun, resource) = (Instant::now(), Resource::flag(&flag(7))?);
    let mut times = Times::default();
    while begun.elapsed() < time {
        let is_linked = times.take(|| project.read()?.is_linked("view-0", &resource))?;
        assert!(is_linked, "it was linked");
        // This leaves a core to the others.
        thread::sleep(Duration::from_micros(50));
    }
    Ok(times)
}

fn commit(project: &Project, time: Duration) -> Result<Times, Error> {
    let begun = Instant::now();
    let mut times = Times::default();
    for number in 0.. {
        if begun.elapsed() >= time {
            break;
        }
        let flags = (0..100).map(|at| flag(number * 100 + at));
        times.take(|| project.link("small", Batch::flags(flags)))?.all_ok()?;
        project.replace("small", Batch::flags([flag(0)]))?.all_ok()?;
    }
    Ok(times)
}

/// Reads while a million resources are linked and unlinked by one change each.
fn large_changes(project: &Project, links: u64, time: Duration) -> Result<(), Error> {
    let done = AtomicBool::new(false);
    let (mut reads, mut changes) = thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let mut changes = Times::default();
            while !done.load(Ordering::Relaxed) {
                let batch = || Batch::flags((0..links).map(flag));
                changes.take(|| project.link("large", batch()))?.all_ok()?;
                changes.take(|| project.unlink("large", batch()))?.all_ok()?;
            }
            Ok::<_, Error>(changes)
        });
        let reads = read(project, time)?;
        done.store(true, Ordering::Relaxed);
        Ok::<_, Error>((reads, beside.join().map_err(|_| "a thread panicked")??))
    })?;
    reads.print("apply: is_linked");
    changes.print(&format!("apply: the changes of {links}"));
    Ok(())
}
