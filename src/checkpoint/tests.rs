mod history;

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use self::backend::Backend;
use self::history::{history, resource, rich_history, step, take, view};
use super::*;
use crate::codec;
use crate::disk::{Disk, DiskFile, MemoryDisk};
use crate::filter::ViewFilter;
use crate::journal::Reader;
use crate::model::ChangeRecord;
use crate::parallel::Threads;
use crate::{
    Batch, Cursor, KeySort, LinkSort, NewView, Options, Paging, ResourceFilter, ResourceSort,
    ResourceType, Result, Store, ViewSort,
};

/// The store of the checkpoints in these tests.
const IDENTITY: Identity = Identity { store_id: StoreId([7; 16]), lineage: Lineage([9; 16]) };

/// A checkpoint of a store, without its identity.
fn checkpoint_of(store: &Store) -> Checkpoint {
    let (open, _guard) = store.engine().snapshot().unwrap();
    Checkpoint { identity: IDENTITY, hash: open.hash, mark: open.mark, state: open.state }
}

/// An empty state.
fn empty() -> Checkpoint {
    let (hash, mark, state) = Default::default();
    Checkpoint { identity: IDENTITY, hash, mark, state }
}

/// The changes of a store from a revision on, from its journal.
fn changes_from(store: &Store, revision: u64) -> Vec<Vec<u8>> {
    let (open, _guard) = store.engine().snapshot().unwrap();
    let changes = Reader::new(open.segments, revision, open.state.head().revision).unwrap();
    changes.map(|change| change.unwrap().1).collect()
}

fn file_of(bytes: &[u8]) -> Arc<dyn DiskFile> {
    let file = MemoryDisk::default().create("checkpoint").unwrap();
    file.write_at(0, bytes).unwrap();
    file
}

fn bytes_of(file: &dyn DiskFile) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_at(0, &mut bytes).unwrap();
    bytes
}

fn written(checkpoint: &Checkpoint) -> Vec<u8> {
    let file = file_of(&[]);
    write(checkpoint, Arc::clone(&file)).unwrap();
    bytes_of(&*file)
}

fn load_within(bytes: &[u8], memory_limit: Option<u64>) -> Result<Checkpoint> {
    let file = file_of(bytes);
    let path = Path::new("checkpoint");
    let found = load(Arc::clone(&file), path, Threads::all_cores(), memory_limit);
    assert!(bytes_of(&*file) == bytes, "loading wrote to the file");
    found
}

fn load_bytes(bytes: &[u8]) -> Result<Checkpoint> {
    load_within(bytes, None)
}

fn digest(checkpoint: &Checkpoint) -> String {
    checkpoint.state.digest().unwrap().to_string()
}

/// Pages of all lists, as text; those of links begin after the cursors, if there are any.
fn pages(state: &State, cursors: &[Cursor]) -> Vec<String> {
    let mut pages = vec![format!("{:?}", state.projects(&Paging::first(100)))];
    for name in ["first", "second"] {
        let Ok(held) = state.project(&name.parse().unwrap()) else { continue };
        let reader = held.read();
        let views = Paging::first(100).sort(ViewSort::Key);
        pages.push(format!("{:?}", reader.views(&ViewFilter::all(), &views)));
        for of in ResourceType::ALL {
            let registered = Paging::first(100).sort(ResourceSort::Key);
            pages.push(format!("{:?}", reader.resources(of, &ResourceFilter::all(), &registered)));
            let tagged = ResourceFilter::parse(of, "tags:x").unwrap();
            pages.push(format!("{:?}", reader.resources(of, &tagged, &Paging::first(100))));
            for number in 0..60 {
                let views = Paging::first(100).sort(KeySort::Key);
                pages.push(format!("{:?}", reader.linked_view_keys(&resource(of, number), &views)));
            }
            for number in 0..4 {
                let starts = [LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt]
                    .map(|sort| Paging::first(3).sort(sort));
                let behind = cursors.iter().map(|cursor| Paging::after(cursor.clone(), 5));
                for paging in starts.into_iter().chain(behind) {
                    let all = ResourceFilter::all();
                    let key = view(number).parse().unwrap();
                    let found = reader.linked_resources(&key, of, &all, &paging);
                    pages.push(format!("{found:?}"));
                }
            }
        }
    }
    pages
}

/// Cursors of lists of links, in each order.
fn cursors(state: &State) -> Vec<Cursor> {
    let mut cursors = Vec::new();
    for name in ["first", "second"] {
        let Ok(held) = state.project(&name.parse().unwrap()) else { continue };
        for (number, of) in (0..4).flat_map(|view| ResourceType::ALL.map(|of| (view, of))) {
            for sort in [LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt] {
                let (all, paging) = (ResourceFilter::all(), Paging::first(2).sort(sort));
                let key = view(number).parse().unwrap();
                let page = held.read().linked_resources(&key, of, &all, &paging);
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
    fn a_loaded_state_is_equal_to_the_written_one_and_behaves_in_the_same_way(
        before in prop::collection::vec(step(), 0..60),
        after in prop::collection::vec(step(), 0..30),
    ) {
        let store = history(&before);
        let original = checkpoint_of(&store);
        let loaded = load_bytes(&written(&original)).unwrap();
        prop_assert_eq!((loaded.identity, loaded.hash), (IDENTITY, original.hash));
        prop_assert_eq!(loaded.state.check(), Ok(()));
        prop_assert_eq!(digest(&loaded), digest(&original));
        let cursors = cursors(&original.state);
        prop_assert_eq!(pages(&loaded.state, &cursors), pages(&original.state, &cursors));
        after.iter().for_each(|step| take(&store, step));
        let mut other = loaded;
        for change in changes_from(&store, original.state.head().revision + 1) {
            other.hash = other.hash.after(&change);
            let change = ChangeRecord::decode(&change).unwrap();
            other.state.apply_chained(&change, other.hash).unwrap();
        }
        let later = checkpoint_of(&store);
        prop_assert_eq!(other.state.check(), Ok(()));
        prop_assert_eq!((digest(&other), other.hash), (digest(&later), later.hash));
        prop_assert_eq!(pages(&other.state, &cursors), pages(&later.state, &cursors));
        let again = load_bytes(&written(&other)).unwrap();
        prop_assert_eq!(digest(&again), digest(&later));
    }
}

/// Checks that loading returns an error, or the state that was written.
fn assert_noticed(bytes: &[u8], expected: &str, what: &str) {
    match load_bytes(bytes) {
        Ok(loaded) => {
            assert_eq!(digest(&loaded), expected, "{what}");
            loaded.state.check().unwrap();
        }
        Err(Error::Damaged { .. } | Error::NotAStore { .. } | Error::NewerFormat { .. }) => {}
        Err(error) => panic!("{what}: {error:?}"),
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_does_not_matter() {
    let checkpoint = checkpoint_of(&rich_history());
    let (mut bytes, expected) = (written(&checkpoint), digest(&checkpoint));
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
fn a_truncated_file_is_an_error() {
    let checkpoint = checkpoint_of(&rich_history());
    let (bytes, expected) = (written(&checkpoint), digest(&checkpoint));
    let lengths = (0..bytes.len()).step_by(bytes.len() / 97);
    for length in lengths.chain([1, 9, 320, bytes.len() - 1]) {
        assert_noticed(&bytes[..length], &expected, &format!("cut at {length}"));
    }
}

#[test]
fn a_file_that_is_not_a_checkpoint_has_its_own_error() {
    for bytes in [&b""[..], b"x", &[0; 10_000], &[0xff; 10_000]] {
        let error = load_bytes(bytes).unwrap_err();
        assert!(matches!(error, Error::NotAStore { .. } | Error::Damaged { .. }), "{error:?}");
    }
    let table = redb::TableDefinition::<u64, u64>::new("other");
    let bytes = changed(&written(&empty()), |transaction| {
        transaction.open_table(table).unwrap().insert(1, 1).unwrap();
        transaction.delete_table(tables::HEAD).unwrap();
    });
    assert!(matches!(load_bytes(&bytes), Err(Error::NotAStore { .. })));
}

/// The file after a transaction: its pages are valid, but its rows may not be.
fn changed(bytes: &[u8], change: impl FnOnce(&redb::WriteTransaction)) -> Vec<u8> {
    let file = file_of(bytes);
    let backend = Backend::writing(Arc::clone(&file));
    let database = redb::Database::builder().create_with_backend(backend).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
    database.close().unwrap();
    bytes_of(&*file)
}

#[test]
fn a_newer_format_has_its_own_error() {
    let bytes = changed(&written(&empty()), |transaction| {
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
    let backend = Backend::writing(file_of(bytes));
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
fn rows_that_are_missing_duplicated_or_without_an_owner_are_errors() {
    let bytes = written(&checkpoint_of(&rich_history()));
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
fn changed_rows_are_errors_or_decode_to_the_same_state() {
    let checkpoint = checkpoint_of(&rich_history());
    let (bytes, expected) = (written(&checkpoint), digest(&checkpoint));
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

/// A checkpoint of [`rich_history`], written when format 1 was made.
const KEPT: &[u8] = include_bytes!("../../tests/formats/checkpoint-1.redb");
const KEPT_DIGEST: &str = "4046f194b348d4a8720642af0a82846de6469e34c73e5ddfdb5c89d390d4c666";

/// The checkpoint of which that file was written.
fn to_keep() -> Checkpoint {
    let mark = Mark::new(b"a mark").unwrap();
    Checkpoint { mark, ..checkpoint_of(&rich_history()) }
}

#[test]
fn a_stored_checkpoint_of_format_1_is_loaded_and_written_unchanged() {
    let checkpoint = to_keep();
    let loaded = load_bytes(KEPT).unwrap();
    assert_eq!((loaded.mark, loaded.hash), (checkpoint.mark, checkpoint.hash));
    assert_eq!(digest(&loaded), KEPT_DIGEST);
    assert_eq!(digest(&checkpoint), KEPT_DIGEST, "the history or the digest has changed");
    let now = written(&checkpoint);
    for table in all_tables() {
        assert_eq!(rows_of(&now, table), rows_of(KEPT, table), "{table}");
    }
    for key in [tables::FORMAT_KEY, tables::STATE_KEY] {
        assert_eq!(head_row(&now, key), head_row(KEPT, key), "{key}");
    }
}

fn head_row(bytes: &[u8], key: &str) -> Vec<u8> {
    use redb::ReadableDatabase;
    let backend = Backend::writing(file_of(bytes));
    let database = redb::Database::builder().create_with_backend(backend).unwrap();
    let table = database.begin_read().unwrap().open_table(tables::HEAD).unwrap();
    table.get(key).unwrap().unwrap().value().to_vec()
}

#[test]
#[ignore = "writes the stored file; run it for a new format"]
fn keep_a_checkpoint() {
    let checkpoint = to_keep();
    std::fs::write("tests/formats/checkpoint-1.redb", written(&checkpoint)).unwrap();
    println!("{}", digest(&checkpoint));
}

#[test]
fn a_state_that_cannot_fit_into_memory_is_refused_before_it_is_loaded() {
    let checkpoint = checkpoint_of(&rich_history());
    let (bytes, expected) = (written(&checkpoint), digest(&checkpoint));
    let used = checkpoint.state.memory_use().total();
    assert_eq!(digest(&load_within(&bytes, Some(used)).unwrap()), expected);
    let refused = load_within(&bytes, Some(1_000)).map(|_| ());
    assert!(
        matches!(refused, Err(Error::MemoryLimit { limit: 1_000, needed }) if needed <= used),
        "{refused:?}"
    );
}

#[test]
fn a_state_with_many_links_for_each_resource_is_loaded_within_the_memory_that_it_takes() {
    let store = Options::new().open_in_memory().unwrap();
    let project = store.project("p").unwrap();
    let keys: Vec<_> = (0..1_000).map(|number| format!("flag-{number}")).collect();
    for number in 0..200 {
        let view = format!("view-{number}");
        project.create_view(NewView::new(&view, "")).unwrap();
        project.link(&view, Batch::flags(keys.clone())).unwrap().all_ok().unwrap();
    }
    let bytes = written(&checkpoint_of(&store));
    let used = load_bytes(&bytes).unwrap().state.memory_use().total();
    assert!(load_within(&bytes, Some(used)).is_ok());
}
