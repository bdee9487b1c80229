//! A process that is killed while it copies its store and restores copies.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::thread;
use std::time::Duration;

use viewlink::{
    Batch, Error, LinkSort, NewView, Options, Paging, ResourceType, Restore, Result, Store,
};

use crate::child;
use crate::images::print_line;
use crate::random::Random;
use crate::setup::first_seed;

/// The number of kills.
const KILLS: u64 = 6;

fn options(dir: &Path) -> Options {
    let options = Options::new().segment_size(4_096).keep_changes(Some(3));
    options.checkpoint_age(Some(Duration::from_millis(1))).archive(Some(dir.join("archive")))
}

/// Not a test but the work of the process below. Each change links a flag whose key is its revision.
#[test]
fn copies_and_restores_until_it_is_killed() {
    let Some(dir) = child::task() else { return };
    let dir = Path::new(&dir);
    let store = options(dir).open(dir.join("store")).unwrap();
    let project = store.project("p").unwrap();
    let _ = project.ensure_view(NewView::new("v", "V")).unwrap();
    for number in 0.. {
        let next = store.snapshot().unwrap().revision() + 1;
        project.link("v", Batch::flags([format!("r{next}")])).unwrap().all_ok().unwrap();
        let copy = dir.join(format!("copy-{number}"));
        if number % 2 == 0 {
            fs::create_dir(&copy).unwrap();
        }
        let revision = store.backup_to(&copy).unwrap();
        println!("made copy-{number} {revision}.");
        if number > 0 {
            // The journal has the changes that the archive does not have yet.
            store.checkpoint().unwrap();
            let name = format!("restored-{number}");
            println!("made {name} {}.", restore(dir, revision, &dir.join(&name)).unwrap());
        }
    }
}

/// Restores the first copy to a revision, with the archive, if it has a segment, and the journal.
fn restore(dir: &Path, at: u64, to: &Path) -> Result<u64> {
    let archive = dir.join("archive");
    let mut restore = Restore::new(dir.join("copy-0")).at(at);
    if fs::read_dir(&archive).unwrap().next().is_some() {
        restore = restore.journal(archive);
    }
    Ok(restore.journal(dir.join("store/journal")).to(to)?.revision())
}

#[test]
fn a_process_that_is_killed_while_it_copies_leaves_whole_stores_or_none() {
    let mut random = Random(first_seed() + 5);
    let (mut whole, mut unreported) = (0, 0);
    for _ in 0..KILLS {
        let dir = tempfile::tempdir().unwrap();
        let reported = run_and_kill(dir.path(), Duration::from_micros(random.below(60_000) as u64));
        for (name, revision) in &reported {
            assert_eq!(check(&dir.path().join(name)).unwrap(), *revision, "{name}");
            whole += 1;
        }
        for entry in fs::read_dir(dir.path()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_reported = reported.iter().any(|(reported, _)| *reported == name);
            if !is_reported && (name.starts_with("copy-") || name.starts_with("restored-")) {
                unreported += 1;
                match check(&dir.path().join(&name)) {
                    // It is complete although the process did not report it, or it is not a store.
                    Ok(_) | Err(Error::NotAStore { .. } | Error::NotFound { .. }) => {}
                    // Under its temporary name it may be incomplete.
                    Err(_) if name.ends_with(".unfinished") => {}
                    Err(other) => panic!("{name}: {other:?}"),
                }
            }
        }
        check(&dir.path().join("store")).unwrap();
    }
    print_line(&format!(
        "{KILLS} kills: {whole} complete copies, {unreported} more that were not reported"
    ));
    assert!(whole >= KILLS, "{whole}");
}

/// Lets a process copy and restore for some time after its first copy; returns its messages.
fn run_and_kill(dir: &Path, time: Duration) -> Vec<(String, u64)> {
    let test = "backups::copies_and_restores_until_it_is_killed";
    let mut child = child::command(test, dir.to_str().unwrap()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut reported = Vec::new();
    let mut read = |reported: &mut Vec<(String, u64)>| {
        let Some(Ok(line)) = lines.next() else { return false };
        // An incomplete message says less than it should.
        let made = line.strip_prefix("made ").and_then(|line| line.strip_suffix('.'));
        if let Some((name, revision)) = made.and_then(|line| line.split_once(' ')) {
            reported.push((name.to_owned(), revision.parse().unwrap()));
        }
        true
    };
    while reported.is_empty() {
        assert!(read(&mut reported), "it ended before it was killed");
    }
    thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
    while read(&mut reported) {}
    reported
}

/// The revision of a store, which must have the content of that revision.
fn check(path: &Path) -> Result<u64> {
    let store: Store = Options::new().create_if_missing(false).open(path)?;
    let verification = store.verify()?;
    assert!(verification.is_clean(), "{path:?}: {verification}");
    let snapshot = store.snapshot()?;
    let all = Paging::first(usize::MAX).sort(LinkSort::LinkTime);
    let flags = snapshot.project("p")?.linked_resources("v", ResourceType::Flag, all)?;
    let flags: Vec<String> =
        flags.into_iter().map(|link| link.resource.key().to_string()).collect();
    let expected: Vec<String> =
        (2..=snapshot.revision()).map(|number| format!("r{number}")).collect();
    assert_eq!(flags, expected, "{path:?}");
    Ok(snapshot.revision())
}
