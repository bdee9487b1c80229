//! Properties of every sequence of calls.

use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use viewlink::{Checkpoints, LinkPolicy, LinkSort, Options, Store, Timestamp};

use crate::model::{Call, Model, TIME, assert_same, calls, following, keys, law};
use crate::support::{checkpoint_file, stop_writes};

/// The number of test cases: the given one, multiplied by `VIEWLINK_CASES` if that is set.
pub(crate) fn cases(usual: u32) -> u32 {
    let times = std::env::var("VIEWLINK_CASES").ok().and_then(|times| times.parse().ok());
    usual.saturating_mul(times.unwrap_or(1))
}

/// Small enough that a short run rotates and trims segments.
fn options() -> Options {
    Options::new()
        .segment_size(4096)
        .checkpoints(Checkpoints::Inline)
        .checkpoint_bytes(1 << 10)
        .clock(|| Timestamp::from_millis(TIME))
}

fn run(store: &Store, calls: &[Call]) -> Model {
    let mut model = Model::default();
    calls.iter().for_each(|call| model.call(store, call));
    model
}

fn assert_clean(store: &Store) {
    let verification = store.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
}

/// The files as they would be if the process had been killed now.
fn copy_of(store: &Path, to: &Path) {
    fs::create_dir_all(to.join("journal")).unwrap();
    for dir in ["", "journal"] {
        for entry in fs::read_dir(store.join(dir)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(dir).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(192)))]

    #[test]
    fn forward_equals_backward_transposed_at_every_revision_and_on_every_older_snapshot(
        calls in calls(40),
    ) {
        let store = options().open_in_memory().unwrap();
        law::assert_model(&store, Model::default(), &calls);
    }

    #[test]
    fn after_every_change_a_view_has_what_keys_hold_and_what_its_filter_finds(
        calls in following(40),
    ) {
        let store = options().open_in_memory().unwrap();
        law::assert_model(&store, Model::default(), &calls);
    }

    #[test]
    fn a_copy_is_the_store_at_one_revision_and_both_continue_on_their_own(
        before in calls(30),
        meanwhile in calls(10),
        after in calls(10),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = options().keep_changes(Some(8)).open_in_memory().unwrap();
        let mut model = run(&store, &before);
        let path = dir.path().join("copy");
        let revision = store.backup_to(&path).unwrap();
        let mut of_copy = model.clone();
        meanwhile.iter().for_each(|call| model.call(&store, call));
        let copy = options().open(&path).unwrap();
        let snapshot = copy.snapshot().unwrap();
        prop_assert_eq!(snapshot.revision(), revision);
        assert_same(&snapshot, &of_copy);
        assert_clean(&copy);
        after.iter().for_each(|call| of_copy.call(&copy, call));
        assert_same(&copy.snapshot().unwrap(), &of_copy);
        assert_same(&store.snapshot().unwrap(), &model);
        assert_clean(&copy);
    }

    #[test]
    fn unlink_after_link_restores(before in keys(), calls in calls(10), extra in keys()) {
        let store = options().open_in_memory().unwrap();
        run(&store, &calls);
        law::assert_unlink_restores(&store, &before, &extra);
    }

    #[test]
    fn paging_visits_each_link_once(
        numbers in prop::collection::vec(0..200_u16, 0..60),
        limit in 1..12_usize,
        sort in prop::sample::select(vec![LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt]),
        by_cursor: bool,
    ) {
        let store = options().open_in_memory().unwrap();
        law::assert_paging(&store, &numbers, limit, sort, by_cursor);
    }

    #[test]
    fn views_of_a_resource_page_like_the_whole_list(views in 0..20_u8, limit in 1..7_usize) {
        let store = options().open_in_memory().unwrap();
        law::assert_views_page(&store, views, limit);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(64)))]

    #[test]
    fn a_closed_store_has_only_links_of_registered_resources_at_every_revision(calls in calls(40)) {
        let policy = LinkPolicy::Closed;
        let store = options().link_policy(policy).open_in_memory().unwrap();
        law::assert_model(&store, Model::with_policy(policy), &calls);
    }

    #[test]
    fn reopening_changes_nothing_with_and_without_a_checkpoint(
        parts in prop::collection::vec((calls(12), 0..4_u8), 1..4),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut model = Model::default();
        for (number, (calls, ending)) in parts.iter().enumerate() {
            let path = dir.path().join(number.to_string());
            let store = options().open(&path).unwrap();
            calls.iter().for_each(|call| model.call(&store, call));
            // The next part continues with files in one of these states.
            let next = dir.path().join((number + 1).to_string());
            match ending {
                0 => store.close().unwrap(),
                1 => drop(store),
                2 => {
                    store.checkpoint().unwrap();
                    copy_of(&path, &next);
                }
                _ => copy_of(&path, &next),
            }
            if !next.exists() {
                fs::rename(&path, &next).unwrap();
            }
            let reopened = options().open(&next).unwrap();
            assert_same(&reopened.snapshot().unwrap(), &model);
            assert_clean(&reopened);
        }
    }

    /// In manual mode there are only the checkpoints of the calls; with the age zero there is one after each change.
    #[test]
    fn the_frequency_of_checkpoints_does_not_change_the_content(calls in calls(40)) {
        let dir = tempfile::tempdir().unwrap();
        let often = |mode| options().checkpoints(mode).checkpoint_age(Some(Duration::ZERO));
        let by_hand = options().checkpoints(Checkpoints::ByHand);
        let modes = [often(Checkpoints::Inline), often(Checkpoints::Background), options(), by_hand];
        for (number, options) in modes.into_iter().enumerate() {
            let path = dir.path().join(number.to_string());
            let store = options.clone().check_checkpoints(true).open(&path).unwrap();
            let model = run(&store, &calls);
            assert_same(&store.snapshot().unwrap(), &model);
            assert_clean(&store);
            prop_assert_eq!(store.stats().failed_checkpoints, 0);
            let revision = store.snapshot().unwrap().revision();
            // It is closed, so that no file changes during the copy.
            let other = store.clone();
            match number % 2 {
                0 => copy_of(&path, &path.with_extension("left")),
                _ => {
                    other.close().unwrap();
                    copy_of(&path, &path.with_extension("left"));
                }
            }
            let reopened = options.open(path.with_extension("left")).unwrap();
            prop_assert_eq!(reopened.snapshot().unwrap().revision(), revision);
            assert_same(&reopened.snapshot().unwrap(), &model);
            assert_clean(&reopened);
        }
    }

    #[test]
    fn replaying_twice_has_the_effect_of_replaying_once(calls in calls(30)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store");
        let store = options().checkpoints(Checkpoints::ByHand).open(&path).unwrap();
        let model = run(&store, &calls);
        let revision = store.snapshot().unwrap().revision();
        let killed = dir.path().join("killed");
        copy_of(&path, &killed);
        let once = options().open(&killed).unwrap();
        assert_same(&once.snapshot().unwrap(), &model);
        // It is killed again before it is closed: the files of the second opening replay again.
        let killed_again = dir.path().join("killed-again");
        copy_of(&killed, &killed_again);
        fs::copy(checkpoint_file(&path), checkpoint_file(&killed_again)).unwrap();
        let twice = options().open(&killed_again).unwrap();
        assert_same(&twice.snapshot().unwrap(), &model);
        prop_assert_eq!(twice.snapshot().unwrap().revision(), revision);
        assert_clean(&twice);
        stop_writes(&twice);
        twice.recover().unwrap();
        assert_same(&twice.snapshot().unwrap(), &model);
        prop_assert!(twice.verify().unwrap().counts.replayed);
    }
}
