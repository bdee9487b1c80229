//! Bits flipped at random: an open returns an error or a store, and never panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tempfile::TempDir;
use viewlink::{Batch, Error, Resource, Store};

use crate::damage::{Images, broken, edit, images, key, options};
use crate::laws::cases;
use crate::support::{
    Random, assert_clean, checkpoint_file, content, content_of, files, journal, link, project,
    revision, segments,
};

#[test]
fn any_flipped_bit_of_the_journal_is_an_error_or_changes_nothing() {
    let Images { killed, contents, .. } = images();
    let mut random = Random(2);
    let (mut refusals, mut opened) = (0, 0);
    for round in 0..90 {
        let dir = broken(killed, |_| {});
        let paths = segments(dir.path());
        edit(&paths[random.below(paths.len())], |bytes| {
            let place = random.below(bytes.len());
            bytes[place] ^= 1 << random.below(8);
        });
        let before = files(dir.path());
        match options().open(dir.path()) {
            Err(error) => {
                refusals += 1;
                assert!(before == files(dir.path()), "{round}: {error}");
            }
            Ok(store) => {
                opened += 1;
                // Only for the very last change nothing proves that it had been synced.
                let newest = contents.len() - 1;
                let at = usize::try_from(revision(&store)).unwrap();
                assert!(at == newest || at == newest - 1, "{round}: {at}");
                assert_eq!(content(&store.snapshot().unwrap()), contents[at]);
                link(&project(&store), "view-0", &["new"]);
            }
        }
    }
    assert!(refusals > 20 && opened > 5, "{refusals} {opened}");
}

/// A store with a flipped bit in its checkpoint: alternately the killed and the closed store. Half of the bits are in
/// the parts with content, which may be the smaller part of the file.
fn flipped(seed: u64) -> TempDir {
    let mut random = Random(seed);
    let Images { closed, killed, .. } = images();
    broken(if seed.is_multiple_of(2) { killed } else { closed }, |dir| {
        edit(&checkpoint_file(dir), |bytes| {
            let mut place = random.below(bytes.len());
            while seed % 4 < 2 && bytes[place] == 0 {
                place = random.below(bytes.len());
            }
            bytes[place] ^= 1 << random.below(8);
        });
    })
}

/// Opens the store, which must not panic.
fn opened(dir: &TempDir, seed: u64) -> Result<Store, Error> {
    let opened = catch_unwind(AssertUnwindSafe(|| options().open(dir.path())));
    opened.unwrap_or_else(|_| panic!("{seed}: opening it panics"))
}

/// Most of the operations that read or write much.
fn use_all(store: &Store) {
    let project = project(store);
    for (number, view) in ["view-1", "view-7"].iter().enumerate() {
        let keys = [key(number), key(40 * number + 1), "new".into(), "no key".into()];
        assert_eq!(project.link(view, Batch::flags(keys.clone())).unwrap().failure_count(), 1);
        assert_eq!(project.unlink(view, Batch::flags(keys)).unwrap().failure_count(), 1);
    }
    project.delete_view("view-2").unwrap();
    project.remove_resource(&Resource::flag(&key(0)).unwrap()).unwrap();
    store.checkpoint().unwrap();
    store.compact().unwrap();
    store.recover().unwrap();
    assert_clean(store);
}

/// The whole file is checked when it is opened, and nothing of it is read later.
#[test]
fn a_flipped_bit_of_the_checkpoint_is_damage_or_has_no_effect() {
    let (mut refusals, mut whole) = (0, 0);
    for seed in 0..cases(200).into() {
        let dir = flipped(seed);
        let before = files(dir.path());
        match opened(&dir, seed) {
            Err(error) => {
                refusals += 1;
                let damage = matches!(error, Error::Damaged { .. } | Error::NewerFormat { .. });
                assert!(damage, "{seed}: {error:?}");
                assert!(before == files(dir.path()), "{seed}: {error}");
            }
            Ok(store) => {
                whole += 1;
                assert_eq!(&content_of(&store), images().contents.last().unwrap(), "{seed}");
                assert_eq!(journal(&store).len(), images().contents.len() - 1);
                assert_clean(&store);
                use_all(&store);
                store.close().unwrap();
                assert_clean(&opened(&dir, seed).unwrap());
            }
        }
    }
    assert!(refusals > 50 && whole > 20, "{refusals} {whole}");
}
