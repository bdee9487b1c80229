//! Blocks that lose most of their entries are put together with their neighbours.

use redb::backends::InMemoryBackend;
use redb::{Database, ReadableTableMetadata, TableDefinition};

use super::*;

mod many_changes;

const TABLE: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("blocks");
const OWNER: u32 = 4;

/// Lets a test change the names of an owner, and see how many rows there are and how many changed.
fn on_table(act: impl FnOnce(&mut Table<'_, Bytes, Bytes>)) {
    let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
    let transaction = database.begin_write().unwrap();
    act(&mut transaction.open_table(TABLE).unwrap());
    transaction.commit().unwrap();
}

fn name(number: usize) -> Vec<u8> {
    format!("name-{number:04}").into_bytes()
}

/// Puts or removes entries; tells how many blocks changed.
fn change(
    table: &mut Table<'_, Bytes, Bytes>,
    numbers: impl IntoIterator<Item = usize>,
    put: bool,
) -> u64 {
    let names: Vec<_> = numbers.into_iter().map(name).collect();
    edit(
        table,
        OWNER,
        &names,
        |name| name,
        |name, _, packer| {
            if put {
                packer.push(&[name], 0, &[7; 40]);
            }
            Ok(Fate::Replace)
        },
    )
    .unwrap()
}

fn rows(table: &Table<'_, Bytes, Bytes>) -> usize {
    usize::try_from(table.len().unwrap()).unwrap()
}

fn is_there(table: &Table<'_, Bytes, Bytes>, number: usize) -> bool {
    get(table, OWNER, &name(number), |_, _| Ok(())).unwrap().is_some()
}

/// The number of the first entry of each block.
fn firsts(table: &Table<'_, Bytes, Bytes>, count: usize) -> Vec<usize> {
    let mut firsts = vec![0];
    let row = |number| holding(table, OWNER, &name(number)).unwrap().unwrap().0.value().to_vec();
    firsts.extend((1..count).filter(|&number| row(number) != row(number - 1)));
    firsts
}

#[test]
fn names_in_one_block_are_edited_at_once() {
    on_table(|table| {
        assert_eq!(change(table, 0..20, true), 1);
        assert_eq!(change(table, [3, 7, 9], false), 1);
        assert_eq!((0..20).filter(|&number| is_there(table, number)).count(), 17);
        assert_eq!(change(table, 0..20, false), 1);
        assert_eq!(rows(table), 0);
    });
}

#[test]
fn few_entries_join_the_block_behind_them() {
    on_table(|table| {
        change(table, 0..400, true);
        let (before, firsts) = (rows(table), firsts(table, 400));
        assert!(before > 5 && firsts.len() == before, "{firsts:?}");
        change(table, 1..firsts[1], false);
        assert_eq!(rows(table), before - 1);
        let there: Vec<_> = (0..400).filter(|&number| is_there(table, number)).collect();
        assert!(there.into_iter().eq([0].into_iter().chain(firsts[1]..400)));
    });
}

#[test]
fn few_entries_that_are_the_last_join_the_block_before_them() {
    on_table(|table| {
        change(table, 0..400, true);
        let (before, firsts) = (rows(table), firsts(table, 400));
        let last = *firsts.last().unwrap();
        change(table, last + 1..400, false);
        assert_eq!(rows(table), before - 1);
        assert!((0..=last).all(|number| is_there(table, number)));
        assert!((last + 1..400).all(|number| !is_there(table, number)));
    });
}
