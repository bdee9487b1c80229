mod history;

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use self::history::{Step, history, options, resource, rich_history, step, take, view};
use super::*;
use crate::codec;
use crate::disk::{Disk, MemoryDisk};
use crate::parallel::Threads;
use crate::state::State;
use crate::storage::Backend;
use crate::testing::MemoryImage;
use crate::{
    Cursor, KeySort, LinkSort, Paging, ResourceFilter, ResourceSort, ResourceType, Result, ViewSort,
};

fn written(state: &State) -> Vec<u8> {
    let file = MemoryDisk::default().create("checkpoint").unwrap();
    write(state, Backend::direct(Arc::clone(&file))).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_at(0, &mut bytes).unwrap();
    bytes
}

fn load_bytes(bytes: &[u8]) -> Result<State> {
    let file = MemoryDisk::default().create("checkpoint").unwrap();
    file.write_at(0, bytes).unwrap();
    let held = Backend::read_only(Arc::clone(&file)).unwrap();
    let found = load(held, Path::new("checkpoint"), Threads::all_cores());
    let mut after = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_at(0, &mut after).unwrap();
    assert!(after == bytes, "loading wrote to the file");
    found
}

fn digest(state: &State) -> String {
    state.digest().unwrap().to_string()
}

/// Pages of everything, as text; those of links begin behind cursors where there are some.
fn pages(image: &MemoryImage, cursors: &[Cursor]) -> Vec<String> {
    let snapshot = image.snapshot();
    let mut pages = vec![format!("{:?}", snapshot.projects(Paging::first(100)))];
    for name in ["first", "second"] {
        let Ok(reader) = snapshot.project(name) else { continue };
        pages.push(format!("{:?}", reader.views(Paging::first(100).sort(ViewSort::Key))));
        for of in ResourceType::ALL {
            let registered = Paging::first(100).sort(ResourceSort::Key);
            pages.push(format!("{:?}", reader.resources(of, &ResourceFilter::all(), registered)));
            let tagged = ResourceFilter::parse(of, "tags:x").unwrap();
            pages.push(format!("{:?}", reader.resources(of, &tagged, Paging::first(100))));
            for number in 0..60 {
                let views = Paging::first(100).sort(KeySort::Key);
                pages.push(format!("{:?}", reader.linked_view_keys(&resource(of, number), views)));
            }
            for number in 0..4 {
                let starts = [LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt]
                    .map(|sort| Paging::first(3).sort(sort));
                let behind = cursors.iter().map(|cursor| Paging::after(cursor.clone(), 5));
                for paging in starts.into_iter().chain(behind) {
                    let all = ResourceFilter::all();
                    let found = reader.linked_resources_matching(&view(number), of, &all, paging);
                    pages.push(format!("{found:?}"));
                }
            }
        }
    }
    pages
}

/// Cursors of lists of links, in each order.
fn cursors(image: &MemoryImage) -> Vec<Cursor> {
    let snapshot = image.snapshot();
    let mut cursors = Vec::new();
    for name in ["first", "second"] {
        let Ok(reader) = snapshot.project(name) else { continue };
        for (number, of) in (0..4).flat_map(|view| ResourceType::ALL.map(|of| (view, of))) {
            for sort in [LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt] {
                let (all, paging) = (ResourceFilter::all(), Paging::first(2).sort(sort));
                let page = reader.linked_resources_matching(&view(number), of, &all, paging);
                cursors.extend(page.ok().and_then(|page| page.next));
            }
        }
    }
    cursors
}

fn cases() -> ProptestConfig {
    let factor = std::env::var("VIEWLINK_CASES").map_or(1, |cases| cases.parse().unwrap());
    ProptestConfig::with_cases(48 * factor)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_loaded_state_is_the_written_one_and_answers_and_goes_on_as_it(
        before in prop::collection::vec(step(), 0..60),
        after in prop::collection::vec(step(), 0..30),
    ) {
        let image = history(&before);
        let loaded = load_bytes(&written(&image.state())).unwrap();
        prop_assert_eq!(loaded.check(), Ok(()));
        prop_assert_eq!(digest(&loaded), digest(&image.state()));
        let other = MemoryImage::of(loaded, options());
        let cursors = cursors(&image);
        prop_assert_eq!(pages(&other, &cursors), pages(&image, &cursors));
        // One clock for both: the times of changes are those of the image that is first.
        for step in &after {
            let at = image.snapshot().revision();
            take(&image, step);
            for change in image.changes_from(at + 1) {
                other.apply_change(&change).unwrap();
            }
        }
        prop_assert_eq!(other.check(), Ok(()));
        prop_assert_eq!(digest(&other.state()), digest(&image.state()));
        prop_assert_eq!(pages(&other, &cursors), pages(&image, &cursors));
        let again = load_bytes(&written(&other.state())).unwrap();
        prop_assert_eq!(digest(&again), digest(&image.state()));
    }
}

/// An error, or the state that was written.
fn assert_noticed(bytes: &[u8], expected: &str, what: &str) {
    match load_bytes(bytes) {
        Ok(state) => {
            assert_eq!(digest(&state), expected, "{what}");
            state.check().unwrap();
        }
        Err(Error::Damaged { .. } | Error::NotAStore { .. } | Error::NewerFormat { .. }) => {}
        Err(error) => panic!("{what}: {error:?}"),
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_does_not_matter() {
    let state = rich_history().state();
    let (mut bytes, expected) = (written(&state), digest(&state));
    let factor = std::env::var("VIEWLINK_CASES").map_or(1, |cases| cases.parse().unwrap());
    let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let some = (0..400 * factor).map(|case: usize| used[case * 7_919 % used.len()]);
    for (case, at) in (0..320).chain(some).enumerate() {
        let bit = 1 << (case % 8);
        bytes[at] ^= bit;
        assert_noticed(&bytes, &expected, &format!("bit {bit} of byte {at}"));
        bytes[at] ^= bit;
    }
}

#[test]
fn a_cut_file_is_an_error() {
    let state = rich_history().state();
    let (bytes, expected) = (written(&state), digest(&state));
    let lengths = (0..bytes.len()).step_by(bytes.len() / 97);
    for length in lengths.chain([1, 9, 320, bytes.len() - 1]) {
        assert_noticed(&bytes[..length], &expected, &format!("cut at {length}"));
    }
}

#[test]
fn a_file_of_something_else_is_an_error_that_says_so() {
    for bytes in [&b""[..], b"x", &[0; 10_000], &[0xff; 10_000]] {
        let error = load_bytes(bytes).unwrap_err();
        assert!(matches!(error, Error::NotAStore { .. } | Error::Damaged { .. }), "{error:?}");
    }
    let table = redb::TableDefinition::<u64, u64>::new("other");
    let bytes = changed(&written(&State::default()), |transaction| {
        transaction.open_table(table).unwrap().insert(1, 1).unwrap();
        transaction.delete_table(tables::HEAD).unwrap();
    });
    assert!(matches!(load_bytes(&bytes), Err(Error::NotAStore { .. })));
}

/// The file with what a transaction does to it: its pages are right, what is in them may not be.
fn changed(bytes: &[u8], change: impl FnOnce(&redb::WriteTransaction)) -> Vec<u8> {
    let file = MemoryDisk::default().create("checkpoint").unwrap();
    file.write_at(0, bytes).unwrap();
    let backend = Backend::direct(Arc::clone(&file));
    let database = redb::Database::builder().create_with_backend(backend).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
    database.close().unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_at(0, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_newer_format_is_an_error_that_says_so() {
    let bytes = changed(&written(&State::default()), |transaction| {
        let newer = codec::encode(&(FORMAT + 1)).unwrap();
        let mut table = transaction.open_table(tables::HEAD).unwrap();
        table.insert(tables::FORMAT_KEY, newer.as_slice()).unwrap();
        table.remove(tables::STATE_KEY).unwrap();
    });
    let error = load_bytes(&bytes).unwrap_err();
    assert!(matches!(error, Error::NewerFormat { found: 2, supported: 1, .. }), "{error:?}");
}

fn rows_of(bytes: &[u8], table: tables::Definition) -> Vec<(u64, Vec<u8>)> {
    use redb::{ReadableDatabase, ReadableTable};
    let file = MemoryDisk::default().create("checkpoint").unwrap();
    file.write_at(0, bytes).unwrap();
    let backend = Backend::direct(file);
    let database = redb::Database::builder().create_with_backend(backend).unwrap();
    let table = database.begin_read().unwrap().open_table(table).unwrap();
    let rows = table.iter().unwrap().map(|row| {
        let (key, row) = row.unwrap();
        (key.value(), row.value().to_vec())
    });
    rows.collect()
}

/// The file with another row under a key, or without one.
fn with_row(bytes: &[u8], table: tables::Definition, key: u64, row: Option<&[u8]>) -> Vec<u8> {
    changed(bytes, |transaction| {
        let mut table = transaction.open_table(table).unwrap();
        drop(match row {
            Some(row) => table.insert(key, row).unwrap(),
            None => table.remove(key).unwrap(),
        });
    })
}

fn all_tables() -> impl Iterator<Item = tables::Definition> {
    let types = ResourceType::ALL.into_iter();
    let typed = types.flat_map(|of| [tables::names(of), tables::links(of), tables::registry(of)]);
    typed.chain([tables::PROJECTS, tables::VIEWS])
}

#[test]
fn rows_that_are_missing_twice_there_or_of_nothing_are_errors() {
    let bytes = written(&rich_history().state());
    for table in all_tables() {
        for (key, row) in rows_of(&bytes, table) {
            let elsewhere = [key + 1, key + (77 << 32)].map(|key| (key, Some(row.as_slice())));
            for (key, row) in elsewhere.into_iter().chain([(key, None)]) {
                let found = load_bytes(&with_row(&bytes, table, key, row));
                let what = format!("{table}, row {key:x}");
                assert!(matches!(found, Err(Error::Damaged { .. })), "{what}: {:?}", found.err());
            }
        }
    }
}

#[test]
fn rows_that_were_changed_are_errors_or_say_the_same() {
    let state = rich_history().state();
    let (bytes, expected) = (written(&state), digest(&state));
    for table in all_tables() {
        for (key, row) in rows_of(&bytes, table) {
            for at in (0..row.len()).step_by(1 + row.len() / 40) {
                let mut row = row.clone();
                row[at] ^= 1 << (at % 8);
                let bytes = with_row(&bytes, table, key, Some(&row));
                assert_noticed(&bytes, &expected, &format!("{table}, row {key:x}: {row:?}"));
            }
        }
    }
}

/// A checkpoint of [`rich_history`] as it was written when format 1 was made.
const KEPT: &[u8] = include_bytes!("../../tests/formats/checkpoint-1.redb");
const KEPT_DIGEST: &str = "86042bba12146b467d6dca34cbedf5922bcaa20f3742c375cf183dd5747b5038";

#[test]
fn a_checkpoint_of_format_1_that_was_kept_is_loaded_and_written_as_then() {
    let state = rich_history().state();
    assert_eq!(digest(&load_bytes(KEPT).unwrap()), KEPT_DIGEST);
    assert_eq!(digest(&state), KEPT_DIGEST, "the history or the digest is another one");
    let now = written(&state);
    for table in all_tables() {
        assert_eq!(rows_of(&now, table), rows_of(KEPT, table), "{table}");
    }
    for key in [tables::FORMAT_KEY, tables::STATE_KEY] {
        assert_eq!(head_row(&now, key), head_row(KEPT, key), "{key}");
    }
}

fn head_row(bytes: &[u8], key: &str) -> Vec<u8> {
    use redb::ReadableDatabase;
    let file = MemoryDisk::default().create("checkpoint").unwrap();
    file.write_at(0, bytes).unwrap();
    let backend = Backend::direct(file);
    let database = redb::Database::builder().create_with_backend(backend).unwrap();
    let table = database.begin_read().unwrap().open_table(tables::HEAD).unwrap();
    table.get(key).unwrap().unwrap().value().to_vec()
}

#[test]
#[ignore = "makes the file that is kept, when there is a new format"]
fn keep_a_checkpoint() {
    let state = rich_history().state();
    std::fs::write("tests/formats/checkpoint-1.redb", written(&state)).unwrap();
    println!("{}", digest(&state));
}

#[test]
fn a_file_takes_a_file_s_place_only_when_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("checkpoint");
    let image = rich_history();
    let length = image.write_checkpoint(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), length);
    let loaded = MemoryImage::load_checkpoint(&path, options()).unwrap();
    take(&loaded, &Step::Link(0, 0, ResourceType::Flag, vec![59]));
    assert_eq!(loaded.changes(1).unwrap().len(), 1);
    let before = loaded.digest().unwrap();
    loaded.replay().unwrap();
    assert_eq!(loaded.digest().unwrap(), before);
    loaded.write_checkpoint(&path).unwrap();
    let again = MemoryImage::load_checkpoint(&path, options()).unwrap();
    assert_eq!(again.digest().unwrap(), before);
    let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["checkpoint"]);
    let missing = MemoryImage::load_checkpoint(dir.path().join("none"), options());
    assert!(matches!(missing.err(), Some(Error::Io { .. })));
}
