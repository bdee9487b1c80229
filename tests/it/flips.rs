//! Bits flipped at random: an open is an error or a store, and never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tempfile::TempDir;
use viewlink::{Batch, Error, Resource, Store};

use crate::damage::{Image, Images, broken, edit, images, key, options};
use crate::laws::cases;
use crate::support::{
    Random, assert_clean, content, content_of, files, journal, link, project, revision, segments,
};

#[test]
fn any_flipped_bit_of_the_journal_is_an_error_or_leaves_what_it_cannot_take() {
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
                // Only of the very last change nothing can tell that it had been synced.
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

/// Flips bits of the state; what became of the opens: how many were refused.
fn flip_state(image: &Image, rounds: u64, check: bool, then: impl Fn(&Store)) -> usize {
    let mut refusals = 0;
    for round in 0..rounds {
        let mut random = Random(round);
        let dir = broken(image, |dir| {
            edit(&dir.join("state.redb"), |bytes| {
                // Half of them where something stands, which is the smaller part of the file.
                let mut place = random.below(bytes.len());
                while round % 2 == 0 && bytes[place] == 0 {
                    place = random.below(bytes.len());
                }
                bytes[place] ^= 1 << random.below(8);
            });
        });
        let before = files(dir.path());
        match options().check_pages(check).open(dir.path()) {
            Err(error) => {
                refusals += 1;
                assert!(before == files(dir.path()), "{round}: {error}");
            }
            Ok(store) => then(&store),
        }
    }
    refusals
}

#[test]
fn any_flipped_bit_of_the_state_is_an_error_or_a_store_and_never_a_panic() {
    let Images { closed, killed, .. } = images();
    for image in [closed, killed] {
        flip_state(image, 60, false, |store| {
            // Whatever they say; a database that trusts its pages may meet anything in them.
            let _ = store.verify();
            let _ = project(store).unlink("view-1", Batch::flags([key(2), "no".into()]));
            let _ = project(store).delete_view("view-2");
            let _ = store.checkpoint();
        });
    }
}

#[test]
fn a_check_of_all_pages_finds_a_flipped_bit_or_it_was_in_none() {
    let Images { closed, killed, contents } = images();
    for image in [closed, killed] {
        let refusals = flip_state(image, 100, true, |store| {
            assert_eq!(&content_of(store), contents.last().unwrap());
            assert_eq!(journal(store).len(), contents.len() - 1);
            assert_clean(store);
        });
        assert!(refusals > 5, "{refusals}");
    }
}

/// A store with a bit of its state flipped where something stands: the killed one, or every other
/// time the closed one.
fn flipped(seed: u64) -> TempDir {
    let mut random = Random(seed);
    let Images { closed, killed, .. } = images();
    broken(if seed.is_multiple_of(2) { killed } else { closed }, |dir| {
        edit(&dir.join("state.redb"), |bytes| {
            let mut place = random.below(bytes.len());
            while bytes[place] == 0 {
                place = random.below(bytes.len());
            }
            bytes[place] ^= 1 << random.below(8);
        });
    })
}

/// The first hundred, times `VIEWLINK_CASES` where that is set, and some that are known to hit pages
/// the database only reads when it writes or closes.
fn seeds() -> impl Iterator<Item = u64> {
    (0..cases(100).into()).chain([468, 1_258, 1_356, 1_986, 4_532, 5_847, 6_237])
}

/// Opens the store, for tests that ask for something else than panics.
fn opened(dir: &TempDir) -> Option<Result<Store, Error>> {
    catch_unwind(AssertUnwindSafe(|| options().open(dir.path()))).ok()
}

/// Drops a store, for tests that ask for something else than panics.
fn drop_contained<T>(store: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(store)));
}

#[test]
fn an_open_over_a_flipped_bit_does_not_panic() {
    for seed in seeds() {
        let dir = flipped(seed);
        match catch_unwind(AssertUnwindSafe(|| options().open(dir.path()))) {
            Ok(result) => drop_contained(result),
            Err(_) => panic!("{seed}"),
        }
    }
}

#[test]
fn an_open_that_fails_on_a_flipped_bit_calls_it_damage() {
    for seed in seeds() {
        match opened(&flipped(seed)) {
            Some(Err(error)) => {
                let damage = matches!(error, Error::Damaged { .. } | Error::NewerFormat { .. });
                assert!(damage, "{seed}: {error:?}");
            }
            other => drop_contained(other),
        }
    }
}

#[test]
fn dropping_a_store_with_a_flipped_bit_does_not_panic() {
    for seed in seeds() {
        let dir = flipped(seed);
        if let Some(Ok(store)) = opened(&dir) {
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(store)));
            assert!(dropped.is_ok(), "{seed}");
        }
    }
}

/// Everything that reads or writes much. Not a word about what it comes to: a database that
/// trusts its pages may meet anything in them.
fn use_all(store: &Store) {
    let project = project(store);
    for (number, view) in ["view-1", "view-7"].iter().enumerate() {
        let keys = [key(number), key(40 * number + 1), "new".into(), "no key".into()];
        let _ = project.link(view, Batch::flags(keys.clone())).map(drop);
        let _ = project.unlink(view, Batch::flags(keys)).map(drop);
    }
    let _ = project.delete_view("view-2");
    let _ = project.remove_resource(&Resource::flag(&key(0)).unwrap());
    let _ = store.checkpoint();
    let _ = store.compact();
    let _ = store.recover();
    let _ = store.verify();
}

#[test]
fn using_a_store_with_a_flipped_bit_does_not_panic() {
    for seed in seeds() {
        let dir = flipped(seed);
        if let Some(Ok(store)) = opened(&dir) {
            let used = catch_unwind(AssertUnwindSafe(|| use_all(&store)));
            assert!(used.is_ok(), "{seed}");
            drop_contained(store);
        }
    }
}

/// The journal reaches back to the first change, so that a verification replays all of it.
#[test]
fn a_verification_that_finds_nothing_is_right() {
    let (mut clean, mut found) = (0, 0);
    for seed in seeds() {
        let dir = flipped(seed);
        let Some(Ok(store)) = opened(&dir) else { continue };
        match store.verify() {
            Ok(verification) if verification.is_clean() => {
                clean += 1;
                assert_eq!(&content_of(&store), images().contents.last().unwrap(), "{seed}");
            }
            _ => found += 1,
        }
        drop_contained(store);
    }
    assert!(clean > 10 && found > 0, "{clean} {found}");
}

#[test]
fn closing_a_store_with_a_flipped_bit_closes_it_or_tells_why_not_all_went_well() {
    for seed in seeds() {
        let dir = flipped(seed);
        if let Some(Ok(store)) = opened(&dir) {
            let other = store.clone();
            let closed = catch_unwind(AssertUnwindSafe(|| store.close()));
            assert!(closed.is_ok(), "{seed}");
            assert!(matches!(other.snapshot(), Err(Error::Closed)), "{seed}");
            // Its files are free for the next one either way.
            let again = opened(&dir);
            assert!(!matches!(again, Some(Err(Error::AlreadyOpen { .. }))), "{seed}");
            drop_contained(again);
        }
    }
}
