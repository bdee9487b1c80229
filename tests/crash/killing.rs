//! A process under load that is killed at a random time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::thread;
use std::time::Duration;

use viewlink::{Batch, Error, NewView, Options, Paging, Project, ResourceType, Store};

use crate::child;
use crate::images::print_line;
use crate::random::Random;
use crate::setup::{first_seed, number_from_environment};

/// The number of kills; more with `VIEWLINK_KILLS`.
const KILLS: u64 = 8;

/// The number of threads that write at the same time, each to its own view.
const WRITERS: usize = 4;

fn options() -> Options {
    // Small enough that a kill hits rotations and checkpoints, which have their own thread.
    Options::new().segment_size(4_096).checkpoint_age(Some(Duration::from_millis(2)))
}

fn project(store: &Store) -> Project {
    store.project("p").unwrap()
}

fn view(writer: usize) -> String {
    format!("view-{writer}")
}

/// The keys of a batch; the next batch removes some of them again.
fn keys(number: usize) -> [String; 3] {
    ["a", "b", "c"].map(|name| format!("{number:06}-{name}"))
}

/// The flags of a view, by key.
fn flags(store: &Store, writer: usize) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let all = Paging::first(usize::MAX).sort(viewlink::LinkSort::Key);
    let reader = snapshot.project("p").unwrap();
    let page = reader.linked_resources(&view(writer), ResourceType::Flag, all).unwrap();
    page.into_iter().map(|link| link.resource.key().to_string()).collect()
}

/// The content of a view after this number of changes: one links three flags, the next unlinks one of them.
fn expected(changes: usize) -> Vec<String> {
    let mut expected = Vec::new();
    for change in 0..changes {
        match change % 2 {
            0 => expected.extend(keys(change / 2)),
            _ => drop(expected.pop()),
        }
    }
    expected
}

/// The number of changes that lead to this content of a view, if there is one.
fn changes_of(flags: &[String]) -> Option<usize> {
    let rounds = flags.len() / 2;
    let fitting = (2 * rounds.saturating_sub(1)..=2 * rounds + 1).rev();
    fitting.into_iter().find(|changes| expected(*changes) == flags)
}

/// Not a test but the work of the process below: each writer makes one change after another and reports each
/// acknowledged one. It never ends on its own.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = child::task() else { return };
    let store = options().open(path).unwrap();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let project = project(&store);
            project.ensure_view(NewView::new(view(writer), "")).unwrap();
            let first = changes_of(&flags(&store, writer)).unwrap();
            scope.spawn(move || {
                for change in first.. {
                    let keys = keys(change / 2);
                    let report = match change % 2 {
                        0 => project.link(&view(writer), Batch::flags(keys)),
                        _ => project.unlink(&view(writer), Batch::flags([&keys[2]])),
                    };
                    report.unwrap().all_ok().unwrap();
                    println!("acknowledged {change} by {writer}.");
                }
            });
        }
    });
}

/// A process that writes, and its messages.
struct Writing {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The last change that each writer reported.
    reported: BTreeMap<usize, usize>,
}

impl Writing {
    fn start(dir: &Path) -> Self {
        let mut command =
            child::command("killing::writes_until_it_is_killed", dir.to_str().unwrap());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut writing = Self { child, lines, reported: BTreeMap::new() };
        while writing.reported.is_empty() {
            assert!(writing.read(), "it ended before it was killed");
        }
        writing
    }

    /// Reads a line; returns whether there was one.
    fn read(&mut self) -> bool {
        let Some(Ok(line)) = self.lines.next() else { return false };
        // An incomplete message says less than it should.
        let reported = line.strip_prefix("acknowledged ").and_then(|line| line.strip_suffix('.'));
        if let Some((change, writer)) = reported.and_then(|line| line.split_once(" by ")) {
            self.reported.insert(writer.parse().unwrap(), change.parse().unwrap());
        }
        true
    }

    /// Kills it, and reads its remaining messages; returns the last change of each writer.
    fn kill(mut self) -> BTreeMap<usize, usize> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while self.read() {}
        self.reported
    }
}

#[test]
fn a_killed_process_loses_no_acknowledged_change_and_releases_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let kills = number_from_environment("VIEWLINK_KILLS", KILLS);
    let (mut random, mut acknowledged) = (Random(first_seed() + 99), 0);
    let mut before = changes_by_writer(dir.path());
    for kill in 0..kills {
        let writing = Writing::start(dir.path());
        let error = Store::open(dir.path()).unwrap_err();
        assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
        // At most a part of what fits into the pipe, since nobody reads at that time.
        thread::sleep(Duration::from_micros(random.below(60_000) as u64));
        let reported = writing.kill();
        let after = changes_by_writer(dir.path());
        for writer in 0..WRITERS {
            let reported = reported.get(&writer).map_or(before[writer], |change| change + 1);
            // One more change may have been synced but not reported.
            let there = reported..=reported + 1;
            assert!(
                there.contains(&after[writer]),
                "kill {kill}, writer {writer}: {after:?}, reported {reported}"
            );
            acknowledged += reported - before[writer];
        }
        before = after;
    }
    print_line(&format!("{kills} kills, {acknowledged} acknowledged changes, 0 lost"));
    assert!(acknowledged as u64 > kills);
}

/// The number of changes of each writer, in a correct store.
fn changes_by_writer(dir: &Path) -> [usize; WRITERS] {
    let store = options().open(dir).unwrap();
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
    let changes = std::array::from_fn(|writer| {
        project(&store).ensure_view(NewView::new(view(writer), "")).unwrap();
        let there = flags(&store, writer);
        changes_of(&there).unwrap_or_else(|| panic!("half a change of {writer}: {there:?}"))
    });
    drop(store);
    changes
}
