//! Stores that are restored from a copy and the later journal.

use std::path::{Path, PathBuf};

use viewlink::{Batch, Checkpoints, Error, Options, Position, Restore, Store, ViewPatch};

use crate::support::{
    assert_clean, assert_clean_and_replayed, content_of, create, flag, link, names, project,
};

/// Small enough that a short history fills and archives segments.
fn options() -> Options {
    Options::new()
        .segment_size(4096)
        .keep_changes(Some(5))
        .checkpoints(Checkpoints::Inline)
        .checkpoint_bytes(2_000)
}

/// The content and position of a store.
type Seen = (Position, Vec<String>);

fn seen(store: &Store) -> Seen {
    (store.snapshot().unwrap().position(), content_of(store))
}

/// Makes a random change, which needs a view `v`.
fn change(store: &Store, number: u64) {
    let project = project(store);
    let part = |number: u64| (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let key = |number: u64| {
        let number = number % 61;
        format!("{:016x}{:016x}{:016x}", part(number), part(number + 100), part(number + 200))
    };
    match number % 5 {
        0 => drop(project.unlink("v", Batch::flags([key(number + 1), key(number)])).unwrap()),
        1 => drop(project.update_view("v", ViewPatch::new().name(key(number))).unwrap()),
        2 => drop(project.remove_resource(&flag(&key(number))).unwrap()),
        _ => drop(project.link("v", Batch::flags([key(number), key(number + 2)])).unwrap()),
    }
}

/// A store with an archive, a copy of it at some revision, and its content at each revision.
struct History {
    dir: tempfile::TempDir,
    copied: u64,
    seen: Vec<Seen>,
}

impl History {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("archive");
        let store = options().archive(Some(archive)).open(dir.path().join("store")).unwrap();
        let mut history = Self { dir, copied: 0, seen: vec![seen(&store)] };
        create(&project(&store), "v");
        history.seen.push(seen(&store));
        for number in 0..400 {
            change(&store, number);
            if history.seen.last() != Some(&seen(&store)) {
                history.seen.push(seen(&store));
            }
            if number == 10 {
                history.copied = store.backup_to(history.at("copy")).unwrap();
            }
        }
        assert!(store.snapshot().unwrap().changes(1).is_err(), "the journal was trimmed");
        store.close().unwrap();
        history
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn restore(&self) -> Restore {
        let journal = self.at("store").join("journal");
        Restore::new(self.at("copy")).journal(self.at("archive")).journal(journal)
    }

    fn newest(&self) -> u64 {
        self.seen.len() as u64 - 1
    }
}

fn open(path: &Path) -> Store {
    options().open(path).unwrap()
}

#[test]
fn a_copy_is_restored_to_every_later_revision() {
    let history = History::new();
    assert!(history.copied > 3 && history.newest() > history.copied + 50);
    for revision in (history.copied..=history.newest()).step_by(41).chain([history.newest()]) {
        let path = history.at(&format!("restored-{revision}"));
        let position = history.restore().at(revision).to(&path).unwrap();
        assert_eq!(position.revision(), revision);
        let restored = open(&path);
        assert!(seen(&restored) == history.seen[usize::try_from(revision).unwrap()], "{revision}");
        assert_clean_and_replayed(&restored);
    }
    let path = history.at("newest");
    assert_eq!(history.restore().to(&path).unwrap().revision(), history.newest());
    assert!(seen(&open(&path)) == *history.seen.last().unwrap());
}

#[test]
fn a_restored_store_continues_on_its_own_and_accepts_earlier_positions() {
    let history = History::new();
    let revision = history.copied + 30;
    let path = history.at("restored");
    let restored = history.restore().at(revision).to(&path).unwrap();
    let store = open(&path);
    let kept = |revision: u64| history.seen[usize::try_from(revision).unwrap()].0;
    assert_eq!(kept(revision), restored);
    assert_eq!(store.feed_after(kept(revision - 3)).unwrap().next_page(10).unwrap().len(), 3);
    let later = kept(revision + 2);
    assert!(matches!(store.feed_after(later), Err(Error::Diverged { .. })));
    create(&project(&store), "new-1");
    create(&project(&store), "new-2");
    create(&project(&store), "new-3");
    assert!(matches!(store.feed_after(later), Err(Error::Diverged { .. })));
    let refused = project(&store).if_store_at_position(later).link("v", Batch::flags(["a"]));
    assert!(matches!(refused, Err(Error::Diverged { .. })));
    assert_clean(&store);
    let original = open(&history.at("store"));
    assert_ne!(store.id(), original.id());
}

#[test]
fn a_trimmed_revision_is_refused_and_nothing_is_created() {
    let history = History::new();
    let (copied, newest) = (history.copied, history.newest());
    for revision in [0, copied - 1, newest + 1, u64::MAX] {
        let refused = history.restore().at(revision).to(history.at("restored")).unwrap_err();
        let Error::RevisionNotKept { requested, oldest, newest: end } = refused else {
            panic!("{refused}")
        };
        assert_eq!((requested, oldest), (revision, copied));
        assert!(end == newest || end == copied, "{end}");
    }
    let without = Restore::new(history.at("copy")).at(copied + 1).to(history.at("restored"));
    assert!(matches!(without, Err(Error::RevisionNotKept { .. })));
    assert!(!history.at("restored").exists());
    let alone = Restore::new(history.at("copy")).to(history.at("alone")).unwrap();
    assert_eq!(alone.revision(), copied);
}

#[test]
fn a_journal_of_another_history_is_refused() {
    let history = History::new();
    // The copy continues on its own, and is copied again.
    let other = open(&history.at("copy"));
    link(&project(&other), "v", &["another-way"]);
    other.backup_to(history.at("copy-of-the-copy")).unwrap();
    other.close().unwrap();
    let restore = Restore::new(history.at("copy-of-the-copy"));
    let restore =
        restore.journal(history.at("archive")).journal(history.at("store").join("journal"));
    let refused = restore.to(history.at("restored")).unwrap_err();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
    assert!(!history.at("restored").exists());
}

#[test]
fn a_restore_changes_neither_its_sources_nor_an_existing_file() {
    let history = History::new();
    let files = |name: &str| {
        let mut all = Vec::new();
        for entry in names(&history.at(name)) {
            let path = history.at(name).join(&entry);
            if path.is_file() {
                all.push((entry, std::fs::read(path).unwrap()));
            }
        }
        all
    };
    let before = ["copy", "copy/journal", "archive", "store/journal"].map(files);
    std::fs::create_dir(history.at("taken")).unwrap();
    std::fs::write(history.at("taken").join("file"), "mine").unwrap();
    let refused = history.restore().to(history.at("taken")).unwrap_err();
    assert!(matches!(refused, Error::AlreadyExists { .. }), "{refused}");
    history.restore().to(history.at("restored")).unwrap();
    assert!(before == ["copy", "copy/journal", "archive", "store/journal"].map(files));
}

#[test]
fn any_flipped_bit_of_an_archive_is_an_error_or_leaves_only_complete_changes() {
    let history = History::new();
    let segments: Vec<_> = crate::support::files(&history.at("archive")).into_iter().collect();
    let mut random = crate::support::Random(11);
    let (mut refused, mut restored) = (0, 0);
    for round in 0..60 {
        let (path, bytes) = &segments[random.below(segments.len())];
        let mut broken = bytes.clone();
        let place = random.below(broken.len());
        broken[place] ^= 1 << random.below(8);
        std::fs::write(path, broken).unwrap();
        let to = history.at(&format!("flipped-{round}"));
        match history.restore().to(&to) {
            Err(_) => {
                refused += 1;
                assert!(!to.exists(), "{round}: a part of a store is left");
            }
            Ok(position) => {
                restored += 1;
                let at = usize::try_from(position.revision()).unwrap();
                assert!(seen(&open(&to)) == history.seen[at], "{round}: {at}");
                // Changes that the copy already has are not read, and nothing follows the existing ones.
                assert_eq!(position.revision(), history.newest(), "{round}");
            }
        }
        std::fs::write(path, bytes).unwrap();
    }
    assert!(refused > 20, "{refused} refused, {restored} restored");
}
