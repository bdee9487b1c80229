//! A process of its own that is killed while it writes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use viewlink::{Batch, Error, NewView, Options, Store};

use crate::support::{assert_clean_and_replayed, flags, link, project};

/// Names the store that the process is to write to.
const STORE: &str = "VIEWLINK_TEST_STORE";

fn options() -> Options {
    // Small enough that a kill meets rotations and checkpoints.
    Options::new().segment_size(4_096).checkpoint_interval(20, 1 << 20)
}

/// Not a test but what the process below runs: it links one batch after the other, tells of each
/// that was acknowledged, and never ends by itself.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let store = options().open(path).unwrap();
    let project = project(&store);
    project.ensure_view(NewView::new("v", "")).unwrap();
    let first = flags(&store, "v").len() / 3;
    for number in first.. {
        let keys = ["a", "b", "c"].map(|name| format!("{number}-{name}"));
        project.link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
        println!("acknowledged {number}");
    }
}

fn start(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killing::writes_until_it_is_killed", "--nocapture"])
        .env(STORE, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the process once it acknowledged so many batches; the last one it told of.
fn kill_after(child: &mut Child, count: usize, meanwhile: impl FnOnce()) -> usize {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut number = |line: String| line.strip_prefix("acknowledged ")?.parse().ok();
    let seen: Vec<usize> = lines.by_ref().filter_map(&mut number).take(count).collect();
    assert_eq!(seen.len(), count, "it ended before it was killed");
    meanwhile();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it told of before it was gone counts too.
    lines.filter_map(number).last().or(seen.last().copied()).unwrap()
}

#[test]
fn a_process_that_is_killed_loses_nothing_it_acknowledged_and_gives_the_store_free() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let mut child = start(dir.path());
        let last = kill_after(&mut child, 7 + 11 * round, || {
            let error = Store::open(dir.path()).unwrap_err();
            assert!(matches!(error, Error::AlreadyOpen { .. }), "{error}");
        });
        let store = options().open(dir.path()).unwrap();
        let there = flags(&store, "v");
        let batches = there.len() / 3;
        // One more may have been synced and not told of.
        assert!(batches == last + 1 || batches == last + 2, "{batches} of {}", last + 1);
        let names = |number: usize| ["a", "b", "c"].map(|name| format!("{number}-{name}"));
        assert_eq!(there, (0..batches).flat_map(names).collect::<Vec<_>>());
        link(&project(&store), "v", &["new"]);
        let report = project(&store).unlink("v", Batch::flags(["new"])).unwrap();
        assert_eq!(report.success_count(), 1);
        assert_clean_and_replayed(&store);
    }
}
