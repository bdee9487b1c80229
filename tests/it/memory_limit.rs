//! A store with a memory limit: changes that would exceed it are refused, and others continue.

use std::thread;

use viewlink::{
    Batch, Error, Health, LinkChange, NewResource, NewView, Options, Outcome, Project, Result,
    Store, ViewPatch,
};

use crate::support::{
    Random, assert_clean, assert_clean_and_replayed, assert_plain, content_of, copy, create, flag,
    journal, link, project, refused,
};

const LIMIT: u64 = 1 << 20;

fn memory(store: &Store) -> u64 {
    store.sizes().unwrap().memory.total()
}

fn keys(number: u64, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |place| format!("a-flag-with-a-rather-long-name-{number}-{place}"))
}

/// Links flags, many and then few at a time, until that is refused.
fn fill(store: &Store) {
    create(&project(store), "v");
    for count in [100, 1] {
        let fill = |number| project(store).link("v", Batch::flags(keys(number, count)));
        let refused =
            (0..10_000).map(|round| fill(round * 2 + u64::from(count == 1))).find_map(Result::err);
        assert!(matches!(refused, Some(Error::MemoryLimit { .. })), "{refused:?}");
    }
}

fn full() -> Store {
    let store = Options::new().memory_limit(Some(LIMIT)).open_in_memory().unwrap();
    fill(&store);
    store
}

type Call = fn(&Project) -> Result<()>;

/// Calls that need much memory.
const GROWING: [(&str, Call); 6] = [
    ("create", |project| {
        let view = NewView::new("new", "").description("d".repeat(4_096));
        project.create_view(view.tags((0..64).map(|tag| format!("{tag:0256}")))).map(drop)
    }),
    ("update", |project| {
        let patch = ViewPatch::new().tags((0..64).map(|tag| format!("{tag:0256}")));
        project.update_view("v", patch).map(drop)
    }),
    ("link", |project| project.link("v", Batch::flags(keys(1 << 40, 1_000))).map(drop)),
    ("replace", |project| project.replace("v", Batch::flags(keys(1 << 40, 1_000))).map(drop)),
    ("change", |project| {
        project.change_links([LinkChange::link("v", Batch::metrics(keys(7, 1_000)))]).map(drop)
    }),
    ("put", |project| project.put_resources(keys(7, 1_000).map(NewResource::flag)).map(drop)),
];

#[test]
fn a_change_beyond_the_limit_is_refused_and_changes_nothing() {
    for (name, call) in GROWING {
        let store = full();
        let (before, changes) = (content_of(&store), journal(&store).len());
        let error = call(&project(&store)).expect_err(name);
        let Error::MemoryLimit { needed, limit } = error else { panic!("{name}: {error}") };
        assert!(needed > limit && limit == LIMIT, "{name}: {needed}");
        assert_eq!(error.outcome(), Outcome::NotApplied);
        assert_plain(&error.to_string());
        assert_eq!((content_of(&store), journal(&store).len()), (before, changes), "{name}");
        assert_eq!(store.health(), Health::Writable);
        assert!(memory(&store) <= LIMIT, "{name}: {}", memory(&store));
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn changes_that_only_remove_are_made_at_the_limit_and_free_memory() {
    let removals: [Call; 5] = [
        |project| project.unlink("v", Batch::flags(keys(0, 100))).map(drop),
        |project| project.replace("v", Batch::flags(keys(0, 1))).map(drop),
        |project| project.remove_resource(&flag(&keys(0, 1).next().unwrap())).map(drop),
        |project| project.delete_view("v").map(drop),
        |project| project.delete().map(drop),
    ];
    for (number, call) in removals.into_iter().enumerate() {
        let store = full();
        let before = memory(&store);
        let reader = project(&store).read().unwrap();
        let first = keys(0, 1).next().unwrap();
        assert!(reader.is_linked("v", &flag(&first)).unwrap(), "reads continue");
        call(&project(&store)).unwrap();
        assert!(memory(&store) <= before, "{number}");
        drop(reader);
        assert_clean(&store);
    }
    let store = full();
    let links = project(&store).read().unwrap().view("v").unwrap().links.total();
    for number in 0..links {
        let batch = Batch::flags(keys(number, 100)).ignore_missing();
        let _ = project(&store).unlink("v", batch).unwrap();
    }
    assert!(memory(&store) < LIMIT / 10, "{}", memory(&store));
    project(&store).delete_view("v").unwrap();
    // There is as much room as before.
    fill(&store);
    assert!(memory(&store) > LIMIT / 2, "{}", memory(&store));
}

/// A change is refused early enough, and not much too early: the estimate is at most the memory that it needs.
#[test]
fn a_store_never_exceeds_its_limit_and_comes_near_it() {
    for seed in 0..4 {
        let mut random = Random(seed);
        let store = Options::new().memory_limit(Some(LIMIT)).open_in_memory().unwrap();
        let project = project(&store);
        let (mut refusals, mut most) = (0, 0);
        for number in 0..1_500_u64 {
            let view = format!("view-{}", random.below(40));
            let count = 1 + random.below(30);
            let made = match random.below(8) {
                0 => project.delete_view(&view).map(drop),
                1 => project.put_resources(keys(number, count).map(NewResource::flag)).map(drop),
                2 => project.unlink(&view, Batch::flags(keys(number / 2, count))).map(drop),
                _ => project
                    .ensure_view(NewView::new(&view, ""))
                    .and_then(|_| project.link(&view, Batch::flags(keys(number, count))).map(drop)),
            };
            match made {
                Ok(()) | Err(Error::UnknownView { .. } | Error::UnknownProject { .. }) => {}
                Err(Error::MemoryLimit { .. }) => refusals += 1,
                Err(other) => panic!("{other}"),
            }
            most = most.max(memory(&store));
            assert!(memory(&store) <= LIMIT, "{seed} {number}: {}", memory(&store));
        }
        assert!(refusals > 10 && most > LIMIT / 10 * 9, "{refusals} refused, {most} bytes");
        assert_clean(&store);
    }
}

#[test]
fn concurrent_callers_together_stay_below_the_limit() {
    let store = Options::new().memory_limit(Some(LIMIT)).open_in_memory().unwrap();
    create(&project(&store), "v");
    let refused: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8_u64)
            .map(|writer| {
                let project = project(&store);
                scope.spawn(move || {
                    let batch = |round: u64| Batch::flags(keys(writer * 1_000 + round, 20));
                    let made = (0..100_u64).map(|round| project.link("v", batch(round)));
                    made.filter(|made| matches!(made, Err(Error::MemoryLimit { .. }))).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(refused > 0);
    assert!(memory(&store) <= LIMIT, "{}", memory(&store));
    assert_clean_and_replayed(&store);
}

#[test]
fn an_opening_beyond_the_limit_fails_and_does_not_change_the_files() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    project(&store).link("v", Batch::flags(keys(0, 20_000))).unwrap().all_ok().unwrap();
    let needs = memory(&store);
    copy(dir.path(), killed.path());
    store.close().unwrap();
    // First with everything in the checkpoint, then with everything in the journal.
    for path in [dir.path(), killed.path()] {
        for limit in [1, needs / 4, needs / 2] {
            for read_only in [false, true] {
                let options = Options::new().memory_limit(Some(limit)).read_only(read_only);
                let error = refused(path, options);
                let Error::MemoryLimit { needed, limit: reported } = error else {
                    panic!("{error}")
                };
                assert!(reported == limit && needed > limit && needed <= 2 * needs, "{error}");
                assert_plain(&error.to_string());
            }
        }
        let store = Options::new().memory_limit(Some(2 * needs)).open(path).unwrap();
        link(&project(&store), "v", &["one-more"]);
        assert_clean(&store);
    }
}

#[test]
fn a_full_store_can_be_opened_again_with_the_same_limit() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::new().memory_limit(Some(LIMIT));
    let store = options().open(dir.path()).unwrap();
    fill(&store);
    let before = content_of(&store);
    store.close().unwrap();
    let store = options().open(dir.path()).unwrap();
    assert_eq!(content_of(&store), before);
    assert_clean_and_replayed(&store);
}
