//! Snapshots that become too old.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use viewlink::{
    Error, LinkSort, Options, Outcome, Paging, ProjectSnapshot, Resource, ResourceType, Result,
    Store, ViewSort,
};

use crate::support::{
    Ages, all, assert_clean, assert_plain, content, create, flag, flags, link, project,
};

const LIMIT: Duration = Duration::from_secs(10);

/// A store with a view `v` in it that lets snapshots become ten seconds old.
fn limited(ages: &Ages) -> Store {
    let store = ages.options().snapshot_limit(Some(LIMIT)).open_in_memory().unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a"]);
    store
}

#[track_caller]
fn assert_expired<T>(result: viewlink::Result<T>, seconds: u64) {
    let error = result.err().expect("an expired snapshot");
    assert_eq!(error.outcome(), Outcome::NotApplied);
    match error {
        Error::SnapshotExpired { age, limit } => {
            assert_eq!((age, limit), (Duration::from_secs(seconds), LIMIT));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn every_read_of_a_snapshot_older_than_the_limit_fails() {
    let ages = Ages::default();
    let store = limited(&ages);
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    ages.pass(10);
    let seen = content(&snapshot);
    assert!(seen.len() > 3, "at the limit it is all there");
    ages.pass(1);
    assert_expired(snapshot.project("p"), 11);
    assert_expired(snapshot.projects(all()), 11);
    assert_expired(snapshot.changes(1), 11);
    assert_expired(reader.view("v"), 11);
    assert_expired(reader.views(all()), 11);
    assert_expired(reader.is_linked("v", &flag("a")), 11);
    assert_expired(reader.linked_resources("v", ResourceType::Flag, all()), 11);
    assert_expired(reader.linked_views(&flag("a"), all()), 11);
    assert_expired(reader.linked_view_keys(&flag("a"), all()), 11);
    // What was read before is there still.
    assert_eq!((snapshot.revision(), reader.info().views), (2, 1));
    let error = snapshot.project("p").unwrap_err();
    assert_plain(&error.to_string());
    assert!(error.to_string().contains("11.000 s old, and 10.000 s"), "{error}");
    // A new one is as good as ever.
    assert_eq!(content(&store.snapshot().unwrap()), seen);
}

fn links(reader: &ProjectSnapshot<'_>, sort: LinkSort) -> Result<usize> {
    let page = reader.linked_resources("v", ResourceType::Flag, Paging::first(9).sort(sort));
    page.map(|page| page.items.len())
}

fn views(reader: &ProjectSnapshot<'_>, sort: ViewSort) -> Result<usize> {
    reader.views(Paging::first(9).sort(sort)).map(|page| page.items.len())
}

type Read = fn(&ProjectSnapshot<'_>) -> Result<usize>;
const READS: [(&str, Read); 10] = [
    ("a view", |reader| reader.view("v").map(|_| 1)),
    ("a link", |reader| reader.is_linked("v", &flag("a")).map(usize::from)),
    ("links by key", |reader| links(reader, LinkSort::Key)),
    ("links by time", |reader| links(reader, LinkSort::LinkTime)),
    ("links by moment", |reader| links(reader, LinkSort::LinkedAt)),
    ("views by key", |reader| views(reader, ViewSort::Key)),
    ("views by name", |reader| views(reader, ViewSort::Name)),
    ("views by update", |reader| views(reader, ViewSort::UpdatedAt)),
    ("views of a flag", |reader| reader.linked_views(&flag("a"), all()).map(|p| p.items.len())),
    ("keys of them", |reader| reader.linked_view_keys(&flag("a"), all()).map(|p| p.items.len())),
];

/// A clock that runs past the limit behind its first look after `looks` was set to 0.
fn clock(looks: &Arc<AtomicU64>) -> impl Fn() -> Duration + Send + Sync + 'static {
    let looks = Arc::clone(looks);
    move || match looks.fetch_add(1, Ordering::Relaxed) {
        1..1_000 => LIMIT * 2,
        _ => Duration::ZERO,
    }
}

/// The first look is where a read begins.
#[test]
fn a_read_that_has_begun_ends_well() {
    for (name, read) in READS {
        let looks = Arc::new(AtomicU64::new(u64::MAX / 2));
        let store = Options::new().snapshot_limit(Some(LIMIT)).age_clock(clock(&looks));
        let store = store.open_in_memory().unwrap();
        create(&project(&store), "v");
        link(&project(&store), "v", &["a"]);
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        looks.store(0, Ordering::Relaxed);
        assert_eq!(read(&reader).map_err(|error| format!("{name}: {error}")), Ok(1));
        assert_expired(read(&reader), 20);
    }
}

#[test]
fn a_store_without_a_limit_keeps_snapshots_for_ever() {
    let ages = Ages::default();
    let store = ages.options().open_in_memory().unwrap();
    let snapshot = store.snapshot().unwrap();
    ages.pass(u64::from(u32::MAX));
    create(&project(&store), "v");
    store.checkpoint().unwrap();
    assert_eq!(snapshot.projects(all()).unwrap().total, 0);
    assert!(matches!(store.compact(), Err(Error::SnapshotsOpen)));
}

#[test]
fn a_feed_that_has_begun_goes_on_when_its_snapshot_expires() {
    let ages = Ages::default();
    let store = limited(&ages);
    let snapshot = store.snapshot().unwrap();
    let mut changes = snapshot.changes(1).unwrap();
    ages.pass(11);
    store.checkpoint().unwrap();
    assert_eq!(changes.next().unwrap().unwrap().revision, 1);
    assert_expired(snapshot.changes(1), 11);
    assert_eq!(changes.next().unwrap().unwrap().revision, 2);
    assert!(changes.next().is_none());
}

/// Nobody reads from the snapshot again, and yet its pages are free.
#[test]
fn a_change_a_checkpoint_and_a_compaction_let_go_of_what_is_too_old() {
    type Act = fn(&Store);
    let acts: [Act; 3] = [
        |store| link(&project(store), "v", &["b"]),
        |store| store.checkpoint().unwrap(),
        |store| store.compact().unwrap(),
    ];
    for act in acts {
        let ages = Ages::default();
        let store = limited(&ages);
        let forgotten = [store.snapshot().unwrap(), store.snapshot().unwrap()];
        ages.pass(4);
        let young = store.snapshot().unwrap();
        assert!(matches!(store.compact(), Err(Error::SnapshotsOpen)));
        ages.pass(7);
        assert_eq!(store.stats().snapshots, 3);
        drop(young);
        act(&store);
        assert_eq!(store.stats().snapshots, 0);
        store.compact().unwrap();
        assert_expired(forgotten[0].project("p"), 11);
        assert_clean(&store);
        drop(forgotten);
        assert_eq!(store.stats().snapshots, 0);
    }
}

#[test]
fn a_read_of_what_is_too_old_lets_go_of_it() {
    let ages = Ages::default();
    let store = limited(&ages);
    let snapshot = store.snapshot().unwrap();
    ages.pass(11);
    assert_expired(snapshot.project("p"), 11);
    assert_eq!(store.stats().snapshots, 0);
}

/// With a snapshot held over all of them, no page of any change could be used again.
#[test]
fn a_forgotten_snapshot_does_not_make_the_file_grow_for_ever() {
    let size_after = |limit: Option<Duration>| {
        let (ages, dir) = (Ages::default(), tempfile::tempdir().unwrap());
        let options = ages.options().snapshot_limit(limit).checkpoint_interval(64, u64::MAX);
        let store = options.cache_size(0).open(dir.path()).unwrap();
        create(&project(&store), "v");
        let keys: Vec<String> = (0..3_000).map(|number| format!("key-{number:05}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        link(&project(&store), "v", &keys);
        let forgotten = store.snapshot().unwrap();
        for round in 0..400 {
            let key = [keys[(round * 997) % keys.len()]];
            let batch = || viewlink::Batch::flags(key);
            project(&store).unlink("v", batch()).unwrap().all_ok().unwrap();
            project(&store).link("v", batch()).unwrap().all_ok().unwrap();
            ages.pass(1);
        }
        drop(forgotten);
        std::fs::metadata(dir.path().join("state.redb")).unwrap().len()
    };
    let (limited, unlimited) = (size_after(Some(LIMIT)), size_after(None));
    assert!(limited * 2 < unlimited, "{limited} bytes with a limit, {unlimited} without");
}

/// A reader that pages through many links while its snapshot expires gets whole pages, then the
/// error, and never a wrong answer.
#[test]
fn readers_beside_an_expiry_get_whole_answers_or_the_error() {
    let ages = Ages::default();
    let store = limited(&ages);
    let keys: Vec<String> = (0..2_000).map(|number| format!("key-{number:05}")).collect();
    project(&store).link("v", viewlink::Batch::flags(&keys)).unwrap().all_ok().unwrap();
    let (started, starts) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..4 {
            let started = started.clone();
            let store = &store;
            scope.spawn(move || {
                let snapshot = store.snapshot().unwrap();
                let reader = snapshot.project("p").unwrap();
                started.send(()).unwrap();
                loop {
                    let page =
                        reader.linked_resources("v", ResourceType::Flag, Paging::first(5_000));
                    match page {
                        Ok(page) => assert_eq!((page.items.len(), page.total), (2_001, 2_001)),
                        Err(error) => {
                            assert!(matches!(error, Error::SnapshotExpired { .. }), "{error}");
                            break;
                        }
                    }
                }
            });
        }
        (0..4).for_each(|_| starts.recv().unwrap());
        for round in 0..20 {
            link(&project(&store), "v", &[&format!("new-{round}")]);
            if round == 10 {
                ages.pass(11);
            }
        }
    });
    link(&project(&store), "v", &["last"]);
    assert_eq!(store.stats().snapshots, 0);
    assert_eq!(flags(&store, "v").len(), 2_022);
    let snapshot = store.snapshot().unwrap();
    let views = snapshot.project("p").unwrap();
    assert!(views.is_linked("v", &Resource::flag("last").unwrap()).unwrap());
    assert_clean(&store);
}
