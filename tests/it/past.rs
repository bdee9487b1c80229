//! The store as it was at an earlier revision.

use std::collections::BTreeMap;

use viewlink::{
    Batch, Checkpoints, EnvironmentId, Error, NewResource, NewView, Options, Paging, Position,
    Project, ResourceFilter, ResourceType, Snapshot, Store, ViewPatch,
};

use crate::support::{
    Clock, Random, all, assert_clean, content, content_of, copy, create, flag, flags, link, memory,
    project, revision, two_views,
};

/// The whole content of a snapshot, including its registry and position.
fn everything(snapshot: &Snapshot) -> (Position, Vec<String>) {
    let mut lines = content(snapshot);
    for info in snapshot.projects(all()).unwrap() {
        let reader = snapshot.project(info.key.as_str()).unwrap();
        for of in ResourceType::ALL {
            let filter = ResourceFilter::all();
            let page = reader.resources(of, &filter, all()).unwrap();
            lines.extend(page.into_iter().map(|resource| format!("{resource:?}")));
        }
    }
    (snapshot.position(), lines)
}

fn keys(random: &mut Random) -> Vec<String> {
    (0..random.below(9)).map(|_| format!("k{}", random.below(20))).collect()
}

fn change_links(project: &Project, view: &str, random: &mut Random) {
    let segments = |random: &mut Random| {
        let keys = keys(random);
        Batch::segments(keys.into_iter().map(|key| (["e", "f"][key.len() % 2].to_owned(), key)))
    };
    match random.below(7) {
        0 => drop(project.unlink(view, Batch::flags(keys(random))).unwrap()),
        1 => drop(project.replace(view, Batch::flags(keys(random))).unwrap()),
        2 => drop(project.link(view, segments(random)).unwrap()),
        3 => drop(project.unlink(view, segments(random)).unwrap()),
        _ => drop(project.link(view, Batch::flags(keys(random))).unwrap()),
    }
}

/// Makes a random change.
fn change(store: &Store, random: &mut Random) {
    let project = store.project(["p", "q"][random.below(2)]).unwrap();
    let view = format!("v{}", random.below(3));
    project.ensure_view(NewView::new(&view, "")).unwrap();
    match random.below(20) {
        0 | 1 => drop(project.delete_view(&view).unwrap()),
        2 => drop(project.delete().unwrap()),
        3 => drop(project.remove_resource(&flag(&format!("k{}", random.below(20)))).unwrap()),
        4 => drop(project.remove_environment(&EnvironmentId::parse("e").unwrap()).unwrap()),
        5 | 6 => {
            let patch = ViewPatch::new().name(format!("{}", random.below(99)));
            project.update_view(&view, patch).unwrap();
        }
        7..10 => {
            let id = format!("id-{}", random.below(4));
            let segment = NewResource::segment_with_id("e", format!("k{}", random.below(5)), id);
            let flag = NewResource::flag(format!("k{}", random.below(20)));
            let tags = [format!("t{}", random.below(4))];
            drop(project.put_resources([flag.tags(tags), segment]).unwrap());
        }
        _ => change_links(&project, &view, random),
    }
}

/// Makes changes, and keeps the content of the store at each revision.
fn history(store: &Store, seed: u64, changes: usize) -> BTreeMap<u64, (Position, Vec<String>)> {
    let mut random = Random(seed);
    let seen = |store: &Store| everything(&store.snapshot().unwrap());
    let mut history = BTreeMap::from([(revision(store), seen(store))]);
    for _ in 0..changes {
        change(store, &mut random);
        history.insert(revision(store), seen(store));
    }
    history
}

#[test]
fn every_revision_is_read_as_it_was() {
    for seed in 1..4 {
        let store = memory();
        let history = history(&store, seed, 90);
        for (revision, expected) in &history {
            let then = store.snapshot_at(*revision).unwrap();
            assert_eq!(then.revision(), *revision);
            assert_eq!(&everything(&then), expected, "at {revision} of seed {seed}");
        }
        assert_clean(&store);
    }
}

#[test]
fn a_loaded_store_can_read_its_past_in_all_segments() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::new().segment_size(4_096).checkpoint_bytes(2_000);
    let store = options().open(dir.path()).unwrap();
    let history = history(&store, 5, 80);
    store.close().unwrap();
    for options in [options(), options().read_only(true)] {
        let store = options.open(dir.path()).unwrap();
        for (revision, expected) in history.iter().rev().step_by(3) {
            assert_eq!(&everything(&store.snapshot_at(*revision).unwrap()), expected);
        }
        store.close().unwrap();
    }
}

#[test]
fn a_trimmed_or_future_revision_is_an_error() {
    let options = Options::new().segment_size(4_096).keep_changes(Some(20));
    let store =
        options.checkpoints(Checkpoints::Inline).checkpoint_bytes(1).open_in_memory().unwrap();
    history(&store, 7, 200);
    let newest = revision(&store);
    let oldest = match store.snapshot_at(1).unwrap_err() {
        Error::JournalTrimmed { requested: 1, oldest } => oldest,
        error => panic!("{error}"),
    };
    assert!(oldest > 1 && oldest + 20 <= newest, "{oldest} of {newest}");
    assert_eq!(store.snapshot_at(oldest).unwrap().revision(), oldest);
    let before = store.snapshot_at(oldest - 1).unwrap_err();
    assert!(matches!(before, Error::JournalTrimmed { requested, .. } if requested == oldest - 1));
    assert_eq!(store.snapshot_at(newest).unwrap().revision(), newest);
    let ahead = store.snapshot_at(newest + 1).unwrap_err();
    assert!(
        matches!(ahead, Error::RevisionAhead { requested, newest: at } if (requested, at) == (newest + 1, newest))
    );
    assert_eq!(
        ahead.to_string(),
        format!("revision {} does not exist yet: the newest is {newest}", newest + 1)
    );
}

#[test]
fn a_removal_stored_as_counts_makes_earlier_revisions_unreadable() {
    let store = Options::new().removal_detail(2).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    link(&project, "v", &["a", "b", "c"]);
    let removed = project.delete_view("v").unwrap().revision.unwrap();
    create(&project, "v");
    assert_eq!(flags(&store, "v"), [""; 0]);
    let then = store.snapshot_at(removed).unwrap();
    assert_eq!(then.project("p").unwrap().views(all()).unwrap().total, 0);
    let error = store.snapshot_at(removed - 1).unwrap_err();
    assert!(matches!(error, Error::DetailNotKept { revision } if revision == removed));
    assert!(error.to_string().contains("change 3 removed more names"), "{error}");
    assert_clean(&store);
}

#[test]
fn changes_continue_while_the_past_is_read_and_it_stays_the_same() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    let then = store.snapshot_at(1).unwrap();
    let later = store.snapshot_at(3).unwrap();
    let seen = (content(&then), content(&later));
    project.delete().unwrap();
    store.checkpoint().unwrap();
    create(&project, "w");
    assert_eq!((content(&then), content(&later)), seen);
    assert_eq!(content(&store.snapshot_at(3).unwrap()), seen.1);
    assert_eq!(store.stats().snapshots, 2);
    store.close().unwrap();
    assert!(matches!(then.project("p"), Err(Error::Closed)));
}

#[test]
fn a_cursor_of_one_revision_continues_in_another_one() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c", "d"]);
    let linked = revision(&store);
    project.unlink("v", Batch::flags(["b", "c"])).unwrap().all_ok().unwrap();
    let page = |snapshot: &Snapshot, paging| {
        let reader = snapshot.project("p").unwrap();
        reader.linked_resources("v", ResourceType::Flag, paging).unwrap()
    };
    let now = page(&store.snapshot().unwrap(), Paging::first(1));
    let then = page(&store.snapshot_at(linked).unwrap(), Paging::after(now.next.unwrap(), 9));
    assert_eq!(crate::support::keys(&then), ["b", "c", "d"]);
    let rest = page(
        &store.snapshot().unwrap(),
        Paging::after(page(&store.snapshot_at(linked).unwrap(), Paging::first(2)).next.unwrap(), 9),
    );
    assert_eq!(crate::support::keys(&rest), ["d"]);
}

#[test]
fn a_copy_and_a_killed_store_have_the_same_past() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    let store = clock.options().segment_size(4_096).open(dir.path()).unwrap();
    let history = history(&store, 9, 40);
    let (killed, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    copy(dir.path(), killed.path());
    store.backup_to(backup.path()).unwrap();
    for path in [killed.path(), backup.path()] {
        let store = clock.options().open(path).unwrap();
        for (revision, expected) in history.iter().step_by(5) {
            assert_eq!(&everything(&store.snapshot_at(*revision).unwrap()), expected);
        }
        assert_eq!(
            content_of(&store),
            history.last_key_value().unwrap().1.1[..content_of(&store).len()]
        );
    }
}
