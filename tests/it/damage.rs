//! Damaged files: an open returns an error, does not change any byte, and never panics.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;
use viewlink::{Batch, Checkpoints, Error, Options, StoreFile, Timestamp};

use crate::support::{
    Random, assert_clean, content_of, copy, create, files, link, noise, project, refused, segments,
};

/// The files of a store of 24 changes in several segments: after it was closed, and after a kill in the middle between
/// two checkpoints.
pub(crate) struct Images {
    pub(crate) closed: Image,
    pub(crate) killed: Image,
    /// The content of the store at each revision.
    pub(crate) contents: Vec<Vec<String>>,
}

/// Files by their path inside the store.
pub(crate) type Image = BTreeMap<PathBuf, Vec<u8>>;

pub(crate) fn options() -> Options {
    let clock = || Timestamp::from_millis(1_700_000_000_000);
    Options::new().segment_size(4_096).checkpoints(Checkpoints::ByHand).clock(clock)
}

/// The same images for every test, since creating them takes many syncs.
pub(crate) fn images() -> &'static Images {
    static IMAGES: LazyLock<Images> = LazyLock::new(make);
    &IMAGES
}

/// A key so long that a batch of them fills most of a segment.
pub(crate) fn key(number: usize) -> String {
    noise(number, 64)
}

fn make() -> Images {
    let dir = tempfile::tempdir().unwrap();
    let store = options().open(dir.path()).unwrap();
    let project = project(&store);
    let mut contents = vec![content_of(&store)];
    for number in 0..12 {
        let view = format!("view-{number}");
        create(&project, &view);
        contents.push(content_of(&store));
        let keys = (0..40).map(|place| key(place * (number + 1)));
        project.link(&view, Batch::flags(keys)).unwrap().all_ok().unwrap();
        contents.push(content_of(&store));
        if number == 3 {
            store.checkpoint().unwrap();
        }
    }
    let image = || -> Image {
        let found = files(dir.path()).into_iter().filter(|(path, _)| path.is_file());
        found.map(|(path, bytes)| (path.strip_prefix(dir.path()).unwrap().into(), bytes)).collect()
    };
    let killed = image();
    store.close().unwrap();
    let (closed, count) = (image(), killed.len());
    assert!(count > 10, "the journal must have segments to damage: {count} files");
    Images { closed, killed, contents }
}

/// The files of an image in a directory, after a modification.
pub(crate) fn broken(image: &Image, act: impl FnOnce(&Path)) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("journal")).unwrap();
    image.iter().for_each(|(name, bytes)| fs::write(dir.path().join(name), bytes).unwrap());
    act(dir.path());
    dir
}

/// The number of bytes at the beginning of a segment before its changes.
const HEADER: usize = 72;

/// The index of the first segment of the killed store that its checkpoint at revision 8 still needs.
const FIRST_NEEDED: usize = 3;

/// The segments of an image, the oldest first.
fn segment_names(image: &Image) -> Vec<&PathBuf> {
    image.keys().filter(|name| name.starts_with("journal")).collect()
}

pub(crate) fn edit(path: &Path, act: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    act(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// An open that must fail with [`Error::Damaged`].
fn damaged(dir: &TempDir) -> (String, String) {
    let error = refused(dir.path(), options());
    let Error::Damaged { file, part, detail, .. } = error else { panic!("{error}: {error:?}") };
    let journal = part.starts_with("journal") || part.starts_with("change");
    assert_eq!(file == StoreFile::Journal, journal, "{part}");
    (part, detail)
}

#[test]
fn undamaged_images_are_opened() {
    let images = images();
    for image in [&images.closed, &images.killed] {
        let dir = broken(image, |_| {});
        let store = options().open(dir.path()).unwrap();
        assert_eq!(&content_of(&store), images.contents.last().unwrap());
        assert_clean(&store);
    }
}

#[test]
fn a_checkpoint_that_is_not_a_database_is_refused() {
    let Images { closed, killed, .. } = images();
    let garbage = |bytes: &mut Vec<u8>| {
        let mut random = Random(1);
        bytes[..4_096].fill_with(|| random.below(256).try_into().unwrap());
    };
    type Edit = fn(&mut Vec<u8>);
    let edits: [Edit; 5] = [
        Vec::clear,
        |bytes| bytes.truncate(1),
        |bytes| bytes.truncate(4_096),
        |bytes| bytes[..4_096].fill(0),
        |bytes| bytes.fill(0),
    ];
    for image in [closed, killed] {
        let state = |dir: &Path| dir.join("checkpoint.redb");
        let dir = broken(image, |dir| edit(&state(dir), garbage));
        assert!(damaged(&dir).0.contains("checkpoint"));
        for act in edits {
            let dir = broken(image, |dir| edit(&state(dir), act));
            assert!(damaged(&dir).0.contains("checkpoint"));
        }
    }
}

#[test]
fn a_truncated_checkpoint_is_refused() {
    let Images { closed, killed, .. } = images();
    for image in [closed, killed] {
        for eighths in 1..8 {
            let dir = broken(image, |dir| {
                edit(&dir.join("checkpoint.redb"), |bytes| {
                    bytes.truncate(bytes.len() * eighths / 8)
                });
            });
            assert!(damaged(&dir).0.contains("checkpoint"), "{eighths}/8");
        }
    }
}

#[test]
fn a_missing_checkpoint_is_not_created_again_if_a_journal_exists() {
    let Images { closed, killed, .. } = images();
    for image in [closed, killed] {
        let dir = broken(image, |dir| fs::remove_file(dir.join("checkpoint.redb")).unwrap());
        let (part, detail) = damaged(&dir);
        assert!(part.contains("checkpoint.redb") && detail.contains("missing"), "{part}: {detail}");
    }
}

#[test]
fn a_directory_as_the_checkpoint_and_a_file_as_the_journal_are_refused() {
    let dir = broken(&images().closed, |dir| {
        fs::remove_file(dir.join("checkpoint.redb")).unwrap();
        fs::create_dir(dir.join("checkpoint.redb")).unwrap();
    });
    let (part, detail) = damaged(&dir);
    assert!(part.contains("checkpoint.redb") && detail.contains("not a file"), "{part}: {detail}");
    let dir = broken(&images().closed, |dir| {
        fs::remove_dir_all(dir.join("journal")).unwrap();
        fs::write(dir.join("journal"), "").unwrap();
    });
    let (part, detail) = damaged(&dir);
    assert!(part == "journal" && detail.contains("instead of a directory"), "{part}: {detail}");
}

#[test]
fn checkpoint_and_journal_of_two_stores_are_refused() {
    let (one, other) = (images(), make());
    let dir = broken(&one.closed, |dir| {
        fs::write(dir.join("checkpoint.redb"), &other.closed[Path::new("checkpoint.redb")])
            .unwrap();
    });
    let (part, detail) = damaged(&dir);
    assert!(part.contains("journal") && detail.contains("another store"), "{part}: {detail}");
}

#[test]
fn an_older_checkpoint_is_updated_and_an_older_journal_is_damage() {
    let Images { closed, killed, contents } = images();
    let dir = broken(closed, |dir| {
        fs::write(dir.join("checkpoint.redb"), &killed[Path::new("checkpoint.redb")]).unwrap();
    });
    let store = options().open(dir.path()).unwrap();
    assert_eq!(&content_of(&store), contents.last().unwrap());
    assert_clean(&store);
    drop(store);
    // All segments except the first are missing, so the journal ends before the state.
    let dir = broken(closed, |dir| {
        segments(dir)[1..].iter().for_each(|path| fs::remove_file(path).unwrap());
    });
    let (part, _) = damaged(&dir);
    assert!(part.contains("journal"), "{part}");
}

#[test]
fn a_needed_segment_that_is_missing_is_damage() {
    let Images { closed, killed, .. } = images();
    // Without the very last segment nothing shows that there was more.
    for number in FIRST_NEEDED..segment_names(killed).len() - 1 {
        let dir = broken(killed, |dir| fs::remove_file(&segments(dir)[number]).unwrap());
        let (part, _) = damaged(&dir);
        assert!(part.contains("journal"), "segment {number}: {part}");
    }
    let last = |dir: &Path| segments(dir).pop().unwrap();
    let dir = broken(closed, |dir| fs::remove_file(last(dir)).unwrap());
    assert!(damaged(&dir).0.contains("journal"));
    for image in [closed, killed] {
        let dir = broken(image, |dir| {
            segments(dir).iter().for_each(|path| fs::remove_file(path).unwrap());
        });
        assert!(damaged(&dir).1.contains("missing"));
        let dir = broken(image, |dir| fs::remove_dir_all(dir.join("journal")).unwrap());
        assert!(damaged(&dir).1.contains("missing"));
    }
}

#[test]
fn a_flipped_byte_of_a_synced_record_is_damage() {
    let Images { killed, .. } = images();
    // Every record except the very last one is proven to be synced by the records after it.
    let all = segment_names(killed);
    for name in &all[FIRST_NEEDED..all.len() - 1] {
        let length = killed[*name].len();
        for place in [0, 8, 20, HEADER - 1, HEADER, HEADER + 12, 150, length / 2, length - 1] {
            let dir = broken(killed, |dir| edit(&dir.join(name), |bytes| bytes[place] ^= 0x10));
            let error = refused(dir.path(), options());
            // A changed format number looks like that of a later version.
            let newer = place == 8 && matches!(error, Error::NewerFormat { .. });
            assert!(newer || matches!(error, Error::Damaged { .. }), "{name:?} {place}: {error}");
        }
    }
}

#[test]
fn a_flipped_byte_is_damage_except_in_the_last_record_which_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let store = options().segment_size(1 << 16).open(dir.path()).unwrap();
    let mut ends = Vec::new();
    for view in ["u", "v", "w", "x"] {
        create(&project(&store), view);
        let bytes = fs::read(&segments(dir.path())[0]).unwrap();
        ends.push(bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1);
    }
    for place in (HEADER..ends[3]).step_by(3) {
        let killed = tempfile::tempdir().unwrap();
        copy(dir.path(), killed.path());
        edit(&segments(killed.path())[0], |bytes| bytes[place] ^= 4);
        if place < ends[2] {
            assert!(damaged(&killed).1.contains("was synced"), "{place}");
        } else {
            // No record proves that it had been synced.
            let store = options().open(killed.path()).unwrap();
            assert_eq!(store.snapshot().unwrap().revision(), 3, "{place}");
            assert_clean(&store);
        }
    }
}

#[test]
fn a_segment_cut_inside_its_header_or_a_synced_record_is_damage() {
    let Images { closed, .. } = images();
    let last = |dir: &Path| segments(dir).pop().unwrap();
    let length = closed[*segment_names(closed).last().unwrap()].len();
    for kept in [0, 1, HEADER - 1, HEADER, HEADER + 2, length - 1] {
        let dir = broken(closed, |dir| edit(&last(dir), |bytes| bytes.truncate(kept)));
        assert!(damaged(&dir).0.contains("journal"), "{kept}");
    }
}

#[test]
fn a_segment_with_the_name_of_another_one_is_damage() {
    let Images { killed, .. } = images();
    let dir = broken(killed, |dir| {
        let paths = segments(dir);
        fs::copy(&paths[paths.len() - 2], paths.last().unwrap()).unwrap();
    });
    let (_, detail) = damaged(&dir);
    assert!(detail.contains("starts at revision"), "{detail}");
}

#[test]
fn damage_in_older_changes_is_detected_when_they_are_read() {
    let Images { closed, contents, .. } = images();
    let dir = broken(closed, |dir| {
        edit(&segments(dir)[0], |bytes| *bytes.last_mut().unwrap() ^= 1);
    });
    let store = options().open(dir.path()).unwrap();
    assert_eq!(&content_of(&store), contents.last().unwrap());
    let snapshot = store.snapshot().unwrap();
    let mut changes = snapshot.changes(1).unwrap();
    let error = changes.find_map(Result::err).expect("the damage shows");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(changes.next().is_none());
    let verification = store.verify().unwrap();
    assert!(!verification.is_clean());
    assert!(verification.findings.iter().all(|finding| finding.invariant == 8), "{verification}");
    // The store itself continues, and the changes after the damage can be read.
    link(&project(&store), "view-0", &["new"]);
    assert_eq!(store.snapshot().unwrap().changes(25).unwrap().count(), 1);
}

#[test]
fn a_missing_older_segment_is_detected_by_the_feed() {
    let Images { closed, .. } = images();
    let dir = broken(closed, |dir| fs::remove_file(&segments(dir)[1]).unwrap());
    let store = options().open(dir.path()).unwrap();
    let snapshot = store.snapshot().unwrap();
    let error = snapshot.changes(1).unwrap().find_map(Result::err).expect("the hole shows");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(!store.verify().unwrap().is_clean());
}
