//! Very many changes, with resources and views that are added and removed.

use std::path::Path;
use std::thread;

use viewlink::{Batch, NewResource, NewView, Options, Project, Resource, Stats, Store};

use super::{Case, Small};
use crate::Result;
use crate::times::{Times, resident, timed};

/// The number of threads that make changes, each in its own views.
const THREADS: u64 = 32;
/// The number of views that each thread has at a time, and of links in a view.
const VIEWS: u64 = 20;
const LINKS: u64 = 50;
/// The number of flags that are linked to a view and unlinked again before the view is deleted.
const TURNS: u64 = 200;

/// The content of a store after this number of changes.
pub(crate) struct Life {
    pub(crate) changes: u64,
}

/// The measurements at one moment.
struct Figures {
    memory: u64,
    resident: u64,
    files: u64,
    segments: u64,
    links: u64,
}

impl Case for Life {
    fn options(&self) -> Options {
        // So that the journal removes changes within the first quarter.
        Options::new().keep_changes(Some(10_000))
    }

    fn fill(&self, store: &Store) -> Result<()> {
        let mut quarters = Vec::new();
        for quarter in 1..=4 {
            let until = self.changes * quarter / 4;
            let (times, views) = live(store, quarter, until)?;
            times.print(&format!("a change, in quarter {quarter}"));
            store.checkpoint()?;
            quarters.push(Figures::of(store)?);
            // Each quarter uses new views.
            let project = store.project("scale")?;
            views.iter().try_for_each(|view| project.delete_view(view).map(drop))?;
        }
        bounded(&quarters)
    }

    fn small(&self, number: u64) -> Small {
        let keys = (0..10).map(|at| format!("small-{}", number * 10 + at)).collect();
        Small { project: "scale".to_owned(), view: "one-more".to_owned(), keys }
    }

    fn more(&self, store: Store, _: &Path) -> Result<()> {
        let verified = timed("verify", || store.verify())?;
        assert!(verified.is_clean(), "{verified}");
        println!("{}", verified.counts);
        Ok(())
    }
}

/// Runs until there were this many changes; returns the duration of each, and the remaining views.
fn live(store: &Store, quarter: u64, until: u64) -> Result<(Times, Vec<String>)> {
    thread::scope(|scope| {
        let one = |number| {
            move || {
                let name = format!("t{number}-q{quarter}");
                Liver { store, project: store.project("scale")?, name }.until(until)
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(one(number))).collect();
        let (mut all, mut left) = (Times::default(), Vec::new());
        for thread in threads {
            let (times, views) = thread.join().map_err(|_| "a thread panicked")??;
            all.add(times);
            left.extend(views);
        }
        Ok((all, left))
    })
}

/// A thread that makes changes.
struct Liver<'a> {
    store: &'a Store,
    project: Project,
    name: String,
}

impl Liver<'_> {
    fn until(self, changes: u64) -> Result<(Times, Vec<String>)> {
        let mut times = Times::default();
        let mut number = 0;
        while self.store.stats().revision < changes {
            self.turn(number, changes, &mut times)?;
            number += 1;
        }
        let left = number.saturating_sub(VIEWS)..number;
        Ok((times, left.map(|number| self.view(number)).collect()))
    }

    fn view(&self, number: u64) -> String {
        format!("view-{}-{number}", self.name)
    }

    fn flag(&self, view: u64, number: u64) -> String {
        format!("flag-{}-{view}-{number}", self.name)
    }

    /// A view is created with a registered resource, flags are linked to it and unlinked, and an older view is deleted.
    fn turn(&self, number: u64, changes: u64, times: &mut Times) -> Result<()> {
        let view = self.view(number);
        let registered = self.flag(number, 0);
        times.take(|| self.project.create_view(NewView::new(&*view, "A view")))?;
        let put = NewResource::flag(&registered).name("A flag").tags(["one", &*view]);
        times.take(|| self.project.put_resources([put]))?.all_ok()?;
        for turn in 0..TURNS {
            let keys = || [self.flag(number, turn)];
            times.take(|| self.project.link(&view, Batch::flags(keys())))?.all_ok()?;
            if let Some(old) = turn.checked_sub(LINKS) {
                let keys = [self.flag(number, old)];
                times.take(|| self.project.unlink(&view, Batch::flags(keys)))?.all_ok()?;
            }
            if self.store.stats().revision >= changes {
                break;
            }
        }
        let registered = Resource::flag(&registered)?;
        times.take(|| self.project.remove_resource(&registered))?;
        if let Some(old) = number.checked_sub(VIEWS) {
            times.take(|| self.project.delete_view(&self.view(old)))?;
        }
        Ok(())
    }
}

impl Figures {
    fn of(store: &Store) -> Result<Self> {
        let memory = store.sizes()?.memory;
        let Stats { journal_bytes, journal_segments, checkpoint_bytes, .. } = store.stats();
        let links = store.verify()?.counts.links.total();
        let files = journal_bytes + checkpoint_bytes;
        Ok(Self {
            memory: memory.total(),
            resident: resident(),
            files,
            segments: journal_segments,
            links,
        })
    }
}

/// Prints the quarters, and fails if the last one needs much more than the second one.
fn bounded(quarters: &[Figures]) -> Result<()> {
    println!("quarter   links   state, bytes   resident, MB   files, bytes   segments");
    for (number, of) in quarters.iter().enumerate() {
        println!(
            "{:>7} {:>7} {:>14} {:>14} {:>14} {:>10}",
            number + 1,
            of.links,
            of.memory,
            of.resident,
            of.files,
            of.segments
        );
    }
    let [_, second, _, last] = quarters else { return Ok(()) };
    let grown = |part: fn(&Figures) -> u64, slack: u64| part(last) > part(second) * 5 / 4 + slack;
    if grown(|of| of.memory, 1 << 20)
        || grown(|of| of.resident, 50)
        || grown(|of| of.files, 8 << 20)
    {
        return Err("the size of the store grows with its changes".into());
    }
    Ok(())
}
