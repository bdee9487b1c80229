//! A directory that keeps the segments that the journal removes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use viewlink::{Checkpoints, Error, Health, Options, Outcome, Restore, Store};

use crate::support::{
    assert_clean, assert_plain, content_of, create, first_revision, flags, link, names, project,
    revision, segments, segments_in,
};

/// Segments of a dozen changes; only few are kept.
fn options(archive: &Path) -> Options {
    let options = Options::new().segment_size(4_096).keep_changes(Some(20));
    options.checkpoints(Checkpoints::ByHand).archive(Some(archive.to_owned()))
}

fn add(store: &Store, count: usize) {
    for _ in 0..count {
        let key = format!("{:0250}", revision(store));
        link(&project(store), "v", &[&key]);
    }
}

fn firsts(segments: &[std::path::PathBuf]) -> BTreeSet<u64> {
    segments.iter().map(|path| first_revision(path)).collect()
}

/// The bytes of segments, without the zeros at their end.
fn used(dir: &Path) -> BTreeMap<u64, Vec<u8>> {
    let without_zeros = |path: &std::path::PathBuf| {
        let mut bytes = fs::read(path).unwrap();
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1);
        (first_revision(path), bytes)
    };
    segments_in(dir).iter().map(without_zeros).collect()
}

#[test]
fn segments_that_the_journal_removes_are_in_the_archive_byte_by_byte() {
    let dir = tempfile::tempdir().unwrap();
    let [path, archive] = ["store", "kept/archive"].map(|name| dir.path().join(name));
    let mut seen = BTreeMap::new();
    for round in 0..4 {
        let store = options(&archive).open(&path).unwrap();
        if round == 0 {
            create(&project(&store), "v");
        }
        add(&store, 60);
        let before = used(&path.join("journal"));
        let newest = *before.keys().last().unwrap();
        // The newest segment may still grow.
        seen.extend(before.into_iter().filter(|(first, _)| *first < newest));
        store.checkpoint().unwrap();
        let (here, there) = (firsts(&segments(&path)), firsts(&segments_in(&archive)));
        assert!(*here.first().unwrap() > 1 + round * 50, "{here:?}");
        assert!(!there.is_empty() && there.first() == Some(&1), "{there:?}");
        // Nothing between the two is missing.
        let gone: BTreeSet<u64> =
            seen.keys().filter(|first| !here.contains(first)).copied().collect();
        assert!(there.is_superset(&gone), "{gone:?} {there:?}");
        assert_clean(&store);
        store.close().unwrap();
    }
    let kept = used(&archive);
    for (first, bytes) in &kept {
        assert!(seen.get(first).is_some_and(|before| before == bytes), "segment {first}");
    }
    assert!(kept.len() > 15, "{}", kept.len());
    assert_eq!(names(&archive).len(), kept.len(), "{:?}", names(&archive));
}

/// The process was killed after segments were copied and before they were removed, or their removal was lost.
#[test]
fn archived_segments_are_removed_and_not_copied_again() {
    let dir = tempfile::tempdir().unwrap();
    let [path, archive] = ["store", "archive"].map(|name| dir.path().join(name));
    let store = options(&archive).open(&path).unwrap();
    create(&project(&store), "v");
    add(&store, 60);
    let before: Vec<_> =
        segments(&path).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    store.checkpoint().unwrap();
    store.close().unwrap();
    let gone: Vec<_> = before.iter().filter(|(_, path)| !path.exists()).collect();
    assert!(gone.len() > 1);
    gone.iter().for_each(|(bytes, path)| fs::write(path, bytes).unwrap());
    let kept = used(&archive);

    let store = options(&archive).open(&path).unwrap();
    assert_eq!(store.sizes().unwrap().journal.oldest, 1);
    store.checkpoint().unwrap();
    assert!(gone.iter().all(|(_, path)| !path.exists()));
    let after = used(&archive);
    assert!(kept.iter().all(|(first, bytes)| after.get(first) == Some(bytes)));
    assert_clean(&store);
}

#[test]
fn an_archive_of_another_store_is_refused_and_the_journal_is_not_trimmed() {
    let dir = tempfile::tempdir().unwrap();
    let [one, other, archive] = ["one", "other", "archive"].map(|name| dir.path().join(name));
    let store = options(&archive).open(&one).unwrap();
    create(&project(&store), "v");
    add(&store, 60);
    store.checkpoint().unwrap();
    store.close().unwrap();
    let before = used(&archive);

    let store = options(&archive).open(&other).unwrap();
    create(&project(&store), "v");
    add(&store, 60);
    let error = store.checkpoint().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert_plain(&error.to_string());
    // The checkpoint was made nevertheless; only no segment was removed.
    assert_eq!(store.stats().checkpoint_revision, 61);
    assert_eq!(store.sizes().unwrap().journal.oldest, 1);
    assert_eq!(store.health(), Health::Writable);
    assert!(used(&archive) == before);
    add(&store, 5);
    assert_clean(&store);
    drop(store);
    // With its own directory the store continues.
    let store = options(&dir.path().join("its-own")).open(&other).unwrap();
    store.checkpoint().unwrap();
    assert!(store.sizes().unwrap().journal.oldest > 20);
    assert_eq!(flags(&store, "v").len(), 65);
    assert_clean(&store);
}

#[test]
fn an_archive_that_cannot_be_created_fails_the_opening() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let archive = dir.path().join("file/archive");
    let error = options(&archive).open(dir.path().join("store")).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(error.to_string().contains("archive"), "{error}");
    assert_plain(&error.to_string());
    // The store itself can be opened.
    drop(Store::open(dir.path().join("store")).unwrap());
}

#[test]
fn every_complete_segment_is_in_the_archive_even_if_the_journal_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let [path, archive] = ["store", "archive"].map(|name| dir.path().join(name));
    let store = options(&archive).keep_changes(None).open(&path).unwrap();
    create(&project(&store), "v");
    add(&store, 60);
    assert_eq!(names(&archive), [""; 0], "before there is a checkpoint");
    store.checkpoint().unwrap();
    let mut here = used(&path.join("journal"));
    here.pop_last();
    assert!(here.len() > 3 && used(&archive) == here);
    assert_eq!(store.sizes().unwrap().journal.oldest, 1);
}

#[test]
fn a_copy_and_the_archive_restore_the_store_at_any_later_revision() {
    let dir = tempfile::tempdir().unwrap();
    let [path, archive, copy] = ["store", "archive", "copy"].map(|name| dir.path().join(name));
    let store = options(&archive).open(&path).unwrap();
    create(&project(&store), "v");
    add(&store, 9);
    assert_eq!(store.backup_to(&copy).unwrap(), 10);
    let mut seen = BTreeMap::from([(10, content_of(&store))]);
    for _ in 0..8 {
        add(&store, 15);
        seen.insert(revision(&store), content_of(&store));
        store.checkpoint().unwrap();
    }
    assert!(store.sizes().unwrap().journal.oldest > 100);
    let newest = store.snapshot().unwrap().position();
    store.close().unwrap();
    for (revision, expected) in &seen {
        let restored = dir.path().join(format!("at-{revision}"));
        let restore = Restore::new(&copy).journal(&archive).journal(path.join("journal"));
        assert_eq!(restore.at(*revision).to(&restored).unwrap().revision(), *revision);
        let restored = Store::open(&restored).unwrap();
        assert_eq!(&content_of(&restored), expected);
        assert_clean(&restored);
        // Nothing was lost: it still has the same history.
        let here = restored.snapshot().unwrap().position();
        assert_eq!(here == newest, *revision == newest.revision());
        let later = restored.feed_after(newest).map(drop);
        assert_eq!(later.is_ok(), here == newest, "{later:?}");
    }
}
