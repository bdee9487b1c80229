//! Backlinks wait in memory before they are folded into the tables: nothing of that shows, and
//! nothing is lost with the process.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use viewlink::{
    Batch, EnvironmentId, Error, NewResource, NewView, Options, Project, Resource, ResourceFilter,
    ResourceType, Snapshot, Store, StoreFile, Timestamp, ViewPatch,
};

use crate::support::{
    all, assert_clean, assert_clean_and_replayed, content, content_of, copy, create, flag, flags,
    link, project, refused, segments, view_keys, views_of,
};

/// The same time always, so that stores with the same changes are the same.
fn tail(changes: usize, at_once: usize) -> Options {
    Options::new().tail(changes, at_once).clock(|| Timestamp::from_millis(5))
}

/// Without a tail, with small ones, and with one that is never folded by itself.
const TAILS: [(usize, usize); 5] = [(0, 1), (1, 1), HALF_WAY, (30, 1_000), (1 << 20, 1)];

type Act = fn(&Project);

fn segment(key: &str) -> Resource {
    Resource::segment("env", key).unwrap()
}

/// Changes three times 48 backlinks in large batches, and then a few alone.
///
/// A slice of a fold is larger than the group before it; so under [`HALF_WAY`] the fold begins with
/// the first change of one key, and is half way in the many that follow.
fn fill(project: &Project) {
    for view in ["u", "v", "w"] {
        project.ensure_view(NewView::new(view, view)).unwrap();
        let keys: Vec<String> = (0..16).map(|number| format!("{number:02}")).collect();
        let _ = project.link(view, Batch::flags(keys.iter().map(|key| format!("f{key}")))).unwrap();
        for environment in ["env", "env-2"] {
            let segments = keys.iter().map(|key| (environment, format!("s{key}")));
            let _ = project.link(view, Batch::segments(segments)).unwrap();
        }
    }
    for number in 0..4 {
        let _ = project.link("u", Batch::flags([format!("g{number}")])).unwrap();
    }
}

const HALF_WAY: (usize, usize) = (3 * 48 + 1, 2);

/// What takes many backlinks away.
const REMOVALS: [Act; 7] = [
    |project| {
        for number in [0, 3, 7, 15] {
            project.remove_resource(&flag(&format!("f{number:02}"))).unwrap();
            project.remove_resource(&segment(&format!("s{number:02}"))).unwrap();
        }
    },
    |project| {
        project.remove_environment(&EnvironmentId::parse("env").unwrap()).unwrap();
    },
    |project| {
        project.delete_view("v").unwrap();
    },
    |project| {
        project.delete_view("v").unwrap();
        create(project, "v");
    },
    |project| {
        project.delete().unwrap();
        ["u", "v", "w"].iter().for_each(|view| create(project, view));
    },
    |project| {
        let keys = (0..16).map(|number| format!("f{number:02}"));
        project.unlink("w", Batch::flags(keys)).unwrap().all_ok().unwrap();
    },
    |project| {
        project.delete_view("u").unwrap();
        project.remove_environment(&EnvironmentId::parse("env").unwrap()).unwrap();
        project.remove_resource(&flag("f05")).unwrap();
    },
];

/// What comes afterwards: some of it again, and enough for another fold to begin.
const AFTERWARDS: [Act; 6] = [
    |project| drop(project.link("w", Batch::flags(["f00", "f05", "f15"])).unwrap()),
    |project| drop(project.link("w", Batch::segments([("env", "s07"), ("env", "t")])).unwrap()),
    |project| {
        project.remove_resource(&flag("f05")).unwrap();
    },
    |project| drop(project.unlink("w", Batch::flags(["f15", "f01"])).unwrap()),
    |project| drop(project.update_view("w", ViewPatch::new().name("other")).unwrap()),
    |project| {
        for number in 0..30 {
            let _ = project.link("w", Batch::flags([format!("g{number}")])).unwrap();
        }
    },
];

/// The files of a store that is open, as a process that is killed leaves them.
fn killed(dir: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    copy(dir, to.path());
    to
}

#[test]
fn whatever_is_removed_while_a_fold_is_half_way_is_gone_after_a_kill_at_any_later_time() {
    for removal in REMOVALS {
        let measure = tail(0, 1).open_in_memory().unwrap();
        let dir = tempfile::tempdir().unwrap();
        // Checkpoints come as often as slices, so the state on disk is in and behind a fold, too.
        let options = tail(HALF_WAY.0, HALF_WAY.1).checkpoint_interval(9, u64::MAX);
        let store = options.open(dir.path()).unwrap();
        [&measure, &store].into_iter().for_each(|store| fill(&project(store)));
        for (step, act) in [removal].into_iter().chain(AFTERWARDS).enumerate() {
            act(&project(&measure));
            act(&project(&store));
            let expected = content_of(&measure);
            assert_eq!(content_of(&store), expected, "step {step}");
            assert_clean(&store);
            let (changes, at_once) = TAILS[step % TAILS.len()];
            let killed = killed(dir.path());
            let reopened = tail(changes, at_once).open(killed.path()).unwrap();
            assert_eq!(content_of(&reopened), expected, "step {step}, tail of {changes}");
            assert_clean_and_replayed(&reopened);
        }
    }
}

#[test]
fn a_store_that_is_killed_again_and_again_under_other_tails_shows_the_same() {
    for removal in REMOVALS {
        let measure = tail(0, 1).open_in_memory().unwrap();
        fill(&project(&measure));
        let first_dir = tempfile::tempdir().unwrap();
        let first = tail(HALF_WAY.0, HALF_WAY.1).checkpoint_interval(5, u64::MAX);
        let first = first.open(first_dir.path()).unwrap();
        fill(&project(&first));
        let mut dir = killed(first_dir.path());
        for (step, act) in [removal].into_iter().chain(AFTERWARDS).enumerate() {
            let (changes, at_once) = TAILS[(step + 2) % TAILS.len()];
            // Checkpoints now and then, so that the state on disk is in the middle of a fold.
            let options = tail(changes, at_once).checkpoint_interval(5, u64::MAX);
            let store = options.open(dir.path()).unwrap();
            act(&project(&measure));
            act(&project(&store));
            assert_eq!(content_of(&store), content_of(&measure), "step {step}");
            let next = killed(dir.path());
            drop(store);
            dir = next;
        }
        assert_clean_and_replayed(&Store::open(dir.path()).unwrap());
    }
}

#[test]
fn snapshots_that_are_held_over_many_folds_stay_as_they_were() {
    for (changes, at_once) in TAILS {
        let store = tail(changes, at_once).open_in_memory().unwrap();
        let project = project(&store);
        fill(&project);
        let mut held: Vec<(Snapshot, Vec<String>)> = Vec::new();
        for (round, removal) in REMOVALS.into_iter().enumerate() {
            for act in [fill, removal].into_iter().chain(AFTERWARDS) {
                act(&project);
                held.push((store.snapshot().unwrap(), content_of(&store)));
            }
            if round == 3 {
                store.checkpoint().unwrap();
            }
        }
        for (snapshot, expected) in held.iter().rev() {
            assert!(content(snapshot) == *expected, "revision {}", snapshot.revision());
        }
        assert_clean_and_replayed(&store);
    }
}

/// A small journal that keeps as little as it may.
fn forgetful(changes: usize) -> Options {
    let options = tail(changes, 1).keep_changes(Some(1)).segment_size(4_096);
    options.checkpoint_interval(10, u64::MAX)
}

/// Links a flag with a comment that takes room in the journal.
fn link_at_length(project: &Project, number: usize) {
    let batch = Batch::flags([format!("f{number}")]).comment("x".repeat(300));
    project.link("v", batch).unwrap().all_ok().unwrap();
}

fn oldest_kept(store: &Store) -> u64 {
    store.verify().unwrap().counts.oldest_kept
}

#[test]
fn a_journal_that_keeps_little_keeps_what_is_not_folded() {
    for changes in [0, 20, 1 << 20] {
        let dir = tempfile::tempdir().unwrap();
        let store = forgetful(changes).open(dir.path()).unwrap();
        create(&project(&store), "v");
        for number in 0..120 {
            link_at_length(&project(&store), number);
            if number % 29 == 0 {
                let killed = killed(dir.path());
                let reopened = forgetful(60).open(killed.path()).unwrap();
                assert_eq!(content_of(&reopened), content_of(&store), "{number}, tail {changes}");
                assert_eq!(views_of(&reopened, &flag("f0")), ["v"]);
                assert_clean(&reopened);
            }
        }
        assert_eq!(oldest_kept(&store) == 1, changes > 120, "tail of {changes}");
        assert_clean(&store);
        // A checkpoint that is asked for folds, and lets go of all but the newest segments.
        store.checkpoint().unwrap();
        assert!(oldest_kept(&store) > 100, "tail of {changes}");
        assert_clean(&store);
    }
}

/// A link that waits must not hold the journal of a store in which little else is linked.
#[test]
fn a_journal_lets_go_of_changes_that_are_no_links_though_a_link_waits() {
    let store = forgetful(100).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    link(&project, "v", &["a"]);
    for number in 0..500 {
        let name = format!("{number:0200}");
        project.update_view("v", ViewPatch::new().name(name)).unwrap();
    }
    assert!(oldest_kept(&store) > 300, "{}", oldest_kept(&store));
    assert_eq!(views_of(&store, &flag("a")), ["v"]);
    assert_clean(&store);
}

/// A killed store whose state has all changes and whose posting lists have none.
fn unfolded() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let store = forgetful(1 << 20).checkpoint_interval(1, u64::MAX).open(dir.path()).unwrap();
    create(&project(&store), "v");
    (0..60).for_each(|number| link_at_length(&project(&store), number));
    let killed = killed(dir.path());
    let segments = segments(killed.path());
    assert!(segments.len() > 4, "{segments:?}");
    (killed, segments)
}

#[test]
fn a_segment_that_the_tail_needs_and_that_is_gone_is_damage_that_says_which() {
    let (dir, segments) = unfolded();
    for (number, segment) in segments.iter().enumerate() {
        let bytes = fs::read(segment).unwrap();
        fs::remove_file(segment).unwrap();
        let error = refused(dir.path(), tail(0, 1));
        let Error::Damaged { file, part, detail, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*file, StoreFile::Journal);
        // The first change that is missing, or the segment in which it should be.
        let name = segment.file_stem().unwrap().to_str().unwrap();
        let first: u64 = name.parse().unwrap();
        let text = format!("{part}: {detail}");
        let named = text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok());
        let named: Vec<u64> = named.collect();
        assert!(text.contains("journal") && !named.is_empty(), "segment {number}: {text}");
        let known = number == 0 && named.contains(&2) || named.contains(&first);
        assert!(known || number == segments.len() - 1, "segment {number} from {first}: {text}");
        fs::write(segment, bytes).unwrap();
    }
    let store = tail(0, 1).open(dir.path()).unwrap();
    assert_eq!(flags(&store, "v").len(), 60);
    (0..60).for_each(|number| assert_eq!(views_of(&store, &flag(&format!("f{number}"))), ["v"]));
    assert_clean_and_replayed(&store);
}

#[test]
fn a_flipped_byte_in_what_the_tail_needs_is_damage() {
    let (dir, segments) = unfolded();
    for segment in &segments[1..segments.len() - 1] {
        let good = fs::read(segment).unwrap();
        for place in [50, good.len() / 2, good.len() - 2] {
            let mut bad = good.clone();
            bad[place] ^= 8;
            fs::write(segment, bad).unwrap();
            let error = refused(dir.path(), tail(20, 1));
            assert!(matches!(error, Error::Damaged { file: StoreFile::Journal, .. }), "{error}");
        }
        fs::write(segment, good).unwrap();
    }
    assert_clean(&tail(20, 1).open(dir.path()).unwrap());
}

#[test]
fn a_resource_that_leaves_and_joins_while_it_waits_is_where_it_was_last() {
    for (changes, at_once) in TAILS {
        let store = tail(changes, at_once).open_in_memory().unwrap();
        let project = project(&store);
        let views: Vec<String> = (0..6).map(|number| format!("v{number}")).collect();
        views.iter().for_each(|view| drop(project.create_view(NewView::new(view, "")).unwrap()));
        for round in 0..12 {
            for (number, view) in views.iter().enumerate() {
                let batch = Batch::flags((0..10).map(|flag| format!("f{flag}")));
                let report = match (round + number) % 3 {
                    0 => project.link(view, batch),
                    1 => project.unlink(view, batch),
                    _ => continue,
                };
                assert_eq!(report.unwrap().len(), 10);
            }
            let snapshot = store.snapshot().unwrap();
            let reader = snapshot.project("p").unwrap();
            for flag in (0..10).map(|number| flag(&format!("f{number}"))) {
                let mut expected = views.clone();
                expected.retain(|view| reader.is_linked(view, &flag).unwrap());
                assert_eq!(view_keys(&reader, &flag), expected, "round {round}, tail {changes}");
                let keys = reader.linked_view_keys(&flag, all()).unwrap();
                assert_eq!(keys.total, expected.len() as u64);
            }
        }
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn what_filters_and_replacements_add_does_not_pile_up() {
    let store = tail(100, 1).open_in_memory().unwrap();
    let project = project(&store);
    let flags = (0..500).map(|number| NewResource::flag(format!("flag-{number}")));
    project.put_resources(flags).unwrap().all_ok().unwrap();
    // Less than what three calls add.
    let is_bounded = || assert!(store.stats().waiting_backlinks < 1_500, "{:?}", store.stats());
    for number in 0..10 {
        let view = format!("v{number}");
        create(&project, &view);
        let batch = Batch::matching(ResourceType::Flag, ResourceFilter::all());
        project.link(&view, batch).unwrap().all_ok().unwrap();
        is_bounded();
    }
    for number in 0..10 {
        let report = project.replace(&format!("v{number}"), Batch::flags(["other"])).unwrap();
        assert_eq!(report.success_count(), 501);
        is_bounded();
    }
    assert_clean(&store);
}
